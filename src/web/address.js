// The state in the address: written as it changes, read as far as it makes sense.

/** @param {import('./model.js').Run} run @param {any} state */
export function addressOf(run, state) {
  const parts = new URLSearchParams();
  parts.set('epoch', run.epochName(Math.round(state.at)));
  parts.set('depth', String(state.depth));
  if (state.place) parts.set('place', state.place.map((/** @type {number} */ x) => Number(x.toPrecision(8))).join(','));
  else parts.set('sample', String(state.sample + 1));
  if (state.unit) parts.set('unit', state.unit.map((/** @type {number} */ k) => k + 1).join('.'));
  if (state.heldOut) parts.set('heldout', '1');
  if (state.held) parts.set('hold', [...state.held].map(([m, window]) => [m, ...window.map((/** @type {number} */ x) => Number(x.toPrecision(8)))].join(':')).join(',') || '1');
  if (run.decision.output) parts.set('output', String(run.decision.output + 1));
  if (state.table) parts.set('table', '1');
  if (state.pace !== null) parts.set('pace', String(state.pace));
  if (state.theme) parts.set('theme', state.theme);
  if (state.edits.size) parts.set('edits', [...state.edits].map((/** @type {[string, number]} */ [key, x]) => `${key}:${x}`).join(','));
  return `#${parts}`;
}

/** Takes what makes sense in the address; what it does not say is as on a fresh page, epoch, depth and point aside. @param {import('./model.js').Run} run @param {any} state */
export function readAddress(run, state) {
  const { description } = run;
  const count = description.layers.length;
  const parts = new URLSearchParams(location.hash.slice(1));
  const number = (/** @type {string} */ key) => (parts.has(key) && parts.get(key) !== '' ? Number(parts.get(key)) : NaN);
  const k = run.epochs.indexOf(number('epoch'));
  if (k >= 0) state.at = k;
  if (number('depth') >= 0) state.depth = Math.min(number('depth'), run.moments.length - 1);
  const sample = number('sample');
  if (Number.isInteger(sample) && sample >= 1 && sample <= run.n) [state.sample, state.place] = [sample - 1, null];
  const place = (parts.get('place') ?? '').split(',').map(Number);
  if (parts.get('place') && place.length === run.flat && place.every(Number.isFinite)) state.place = place;
  state.unit = null;
  const [l, j] = (parts.get('unit') ?? '').split('.').map(Number);
  if (Number.isInteger(l) && Number.isInteger(j) && l >= 1 && l <= count && j >= 1 && j <= description.layers[l - 1].units) state.unit = [l - 1, j - 1];
  const theme = parts.get('theme');
  state.theme = theme === 'light' || theme === 'dark' ? theme : null;
  state.heldOut = parts.get('heldout') === '1';
  state.table = parts.get('table') === '1';
  state.pace = number('pace') >= 0 && number('pace') <= 1e6 ? number('pace') : null;
  const output = number('output');
  run.decision.output = Number.isInteger(output) && output >= 1 && output <= run.outputNames().length ? output - 1 : 0;
  state.held = parts.has('hold') ? new Map() : null;
  for (const part of (parts.get('hold') ?? '').split(',')) {
    const [m, ...window] = part.split(':').map(Number);
    if (Number.isInteger(m) && m >= 0 && m < run.moments.length && window.length === 4 && window.every(Number.isFinite)) state.held?.set(m, window);
  }
  state.edits.clear();
  for (const part of (parts.get('edits') ?? '').split(',')) {
    const found = /^(\d+)\.(\d+)\.(\d+|b):(-?[\d.]+(?:e[+-]?\d+)?)$/.exec(part);
    const layer = found && description.layers[Number(found[1])];
    if (!found || !layer || Number(found[2]) >= layer.units || (found[3] !== 'b' && Number(found[3]) >= layer.inputs) || !Number.isFinite(Number(found[4]))) continue;
    state.edits.set(`${found[1]}.${found[2]}.${found[3]}`, Number(found[4]));
  }
}
