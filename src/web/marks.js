// The marks along the depth, in two rows, as many as there is room for.

/** The least space between two marks of a row, in pixels. */
const APART = 4;

/** Keeps marks of a row apart, in the order given: each in the first of its rows where it runs into none that stands there, else in none.
 * @param {{ left: number, right: number, rows: number[] }[]} marks @returns {number[]} the row of each, or -1 */
function apart(marks) {
  /** @type {{ left: number, right: number }[][]} */
  const taken = [[], []];
  return marks.map(({ left, right, rows }) => {
    const row = rows.find((r) => taken[r].every((other) => right + APART <= other.left || other.right + APART <= left)) ?? -1;
    if (row >= 0) taken[row].push({ left, right });
    return row;
  });
}

/** Shows the ends, then what layers give, the last before the first, then what lies between, that where there is room in the second
 * row. All are measured bold, as the one is where the depth stands. @param {HTMLElement} parent of the buttons */
export function arrangeMarks(parent) {
  const buttons = /** @type {HTMLElement[]} */ ([...parent.children]);
  const last = buttons.length - 1;
  for (const button of buttons) button.hidden = false;
  parent.classList.add('measured');
  const rank = (/** @type {number} */ m) => (m === 0 || m === last ? 0 : buttons[m].className === 'minor' ? 2 : 1);
  const order = [...buttons.keys()].sort((a, b) => rank(a) - rank(b) || b - a);
  const { clientWidth } = document.documentElement;
  const marks = order.map((m) => {
    const { left, right } = buttons[m].getBoundingClientRect();
    const rows = rank(m) === 2 && last > 3 ? [1, 0] : [0, 1];
    // On a narrow page what lies between is not shown at all.
    const isSeen = right > left && left >= 0 && right <= clientWidth;
    return { left, right, rows: isSeen ? rows : [] };
  });
  parent.classList.remove('measured');
  for (const [k, row] of apart(marks).entries()) {
    const button = buttons[order[k]];
    button.hidden = row < 0;
    button.style.top = row === 1 ? '1.2rem' : '';
  }
}
