// Everything beside the pictures: tiles, fields to edit, formulas, arithmetic, captions, tables. Text from data goes in
// through textContent only.

import { value } from './math.js';
import { layerName } from './model.js';
import { mix } from './colours.js';
import { percent } from './stage.js';

/** @typedef {import('./model.js').Run} Run */
/** @typedef {import('./journey.js').Journey} Journey */

/** A number as people write it. @param {number} x */
export function num(x, digits = 4) {
  if (!Number.isFinite(x)) return String(x);
  const size = Math.abs(x);
  const text = x === 0 ? '0' : size >= 1e5 || size < 1e-4 ? x.toExponential(digits - 2) : Number(x.toPrecision(digits)).toString();
  return text.replace('-', '−').replace(/e\+?(.*)/, ' · 10^$1');
}

/** A new element. @param {string} tag @param {{ [key: string]: any }} properties @param {(Node | string)[]} children
 * @returns {any} */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, x] of Object.entries(properties)) {
    if (key.includes('-') || key === 'role' || key === 'for') made.setAttribute(key, x);
    else /** @type {any} */ (made)[key] = x;
  }
  made.append(...children);
  return made;
}

/** A place that shows what it is given. @param {string} id @returns {any} */
export function at(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}

/** @param {import('./math.js').Activation} activation */
export function activationName(activation) {
  const names = /** @type {Record<string, string>} */ ({ relu: 'ReLU', leaky_relu: 'leaky ReLU', elu: 'ELU', gelu: 'GELU', silu: 'SiLU', sigmoid: 'σ', identity: 'identity' });
  if (activation.name === 'clip') return `clip to ${activation.a} … ${activation.b}`;
  if (activation.name === 'scaled_tanh') return `${activation.a} tanh(${activation.b} ·)`;
  return names[activation.name] ?? activation.name;
}

/** Which units get a tile: all of few, else those with the largest share at the end of training. @param {Journey} journey */
export function tilesOf(journey) {
  const MOST = 8;
  return journey.layers.map((layer, l) => {
    const all = Array.from({ length: layer.units }, (_, j) => j);
    if (layer.units <= MOST) return all;
    const shares = l + 1 < journey.layers.length ? journey.shares(l) : new Float64Array(layer.units);
    return all.sort((a, b) => shares[b] - shares[a] || a - b).slice(0, MOST).sort((a, b) => a - b);
  });
}

/** The network as columns of tiles. @param {Journey} journey @param {number[][]} tiles @param {(unit: [number, number]) => void} choose */
export function buildNetwork(journey, tiles, choose) {
  const { run } = journey;
  const box = at('network');
  const names = run.description.plane?.names ?? run.description.features;
  const inputs = element('div', { className: 'column' }, element('h3', { textContent: 'input' }));
  for (const name of names.slice(0, 2)) inputs.append(element('p', { className: 'more', textContent: name.length > 26 ? `${name.slice(0, 24)}…` : name }));
  const columns = journey.layers.map((layer, l) => {
    const column = element('div', { className: 'column' }, element('h3', { textContent: layerName(layer, l, journey.layers.length) }));
    const grid = element('div', { className: 'tiles' });
    for (const j of tiles[l]) {
      const tile = element('button', { type: 'button', className: 'tile', 'aria-pressed': 'false', title: `unit ${j + 1}` }, element('canvas', { width: 22, height: 22 }));
      tile.setAttribute('aria-label', `${layerName(layer, l, journey.layers.length)}, unit ${j + 1}`);
      tile.dataset.unit = `${l}.${j}`;
      tile.addEventListener('click', () => choose([l, j]));
      grid.append(tile);
    }
    column.append(grid);
    const rest = layer.units - tiles[l].length;
    if (rest > 0) {
      const field = element('input', { type: 'number', min: 1, max: layer.units, placeholder: '1' });
      field.setAttribute('aria-label', `choose a unit of ${layer.name}, 1 to ${layer.units}`);
      field.addEventListener('change', () => {
        const j = Math.round(Number(field.value)) - 1;
        if (j >= 0 && j < layer.units) choose([l, j]);
      });
      column.append(element('p', { className: 'more', textContent: `the ${tiles[l].length} with the largest share of ${layer.units}; any other:` }), field);
    }
    column.append(element('p', { className: 'more', textContent: activationName(layer.activation) }));
    return column;
  });
  box.replaceChildren(element('canvas', { id: 'edges', 'aria-hidden': 'true' }), inputs, ...columns);
}

/** Paints every tile with its unit's answer over the plane. @param {Journey} journey @param {[number, number] | null} chosen
 * @param {any} palette */
export function paintTiles(journey, chosen, palette) {
  const { run } = journey;
  const { nx, ny } = run.lattice;
  const SIZE = 22;
  const hex = (/** @type {string} */ c) => [1, 3, 5].map((k) => parseInt(c.slice(k, k + 2), 16));
  const [paper, plus, minus] = [palette.paper, palette.third, palette.second].map(hex);
  for (const tile of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.tile'))) {
    const [l, j] = (tile.dataset.unit ?? '0.0').split('.').map(Number);
    tile.setAttribute('aria-pressed', String(chosen !== null && chosen[0] === l && chosen[1] === j));
    const answers = journey.answers([l, j]);
    const canvas = /** @type {HTMLCanvasElement} */ (tile.firstChild);
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    const image = context.createImageData(SIZE, SIZE);
    let most = 1e-12;
    for (let i = 0; i < run.lattice.n; i++) most = Math.max(most, Math.abs(answers[i]));
    for (let r = 0; r < SIZE; r++) {
      for (let c = 0; c < SIZE; c++) {
        const column = Math.round((c * (nx - 1)) / (SIZE - 1));
        const i = ny > 1 ? Math.round(((SIZE - 1 - r) * (ny - 1)) / (SIZE - 1)) * nx + column : column;
        const x = answers[i] / most;
        const lit = ny > 1 || Math.abs(x - (1 - (2 * r) / (SIZE - 1))) < 0.08 ? (ny > 1 ? x : Math.sign(x) || 1) : 0;
        const goal = lit > 0 ? plus : minus;
        for (let k = 0; k < 3; k++) image.data[4 * (r * SIZE + c) + k] = paper[k] + Math.min(1, Math.abs(lit)) * (goal[k] - paper[k]);
        image.data[4 * (r * SIZE + c) + 3] = 255;
      }
    }
    context.putImageData(image, 0, 0);
  }
  paintEdges(journey, palette);
}

/** Weights between the tiles as lines: width is size, colour is sign. @param {Journey} journey @param {any} palette */
function paintEdges(journey, palette) {
  const box = at('network');
  const canvas = /** @type {HTMLCanvasElement} */ (at('edges'));
  const [width, height] = [box.scrollWidth, box.clientHeight];
  canvas.width = width;
  canvas.height = height;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const origin = box.getBoundingClientRect();
  const centre = (/** @type {Element} */ tile, /** @type {'left' | 'right'} */ side) => {
    const r = tile.getBoundingClientRect();
    return [r[side] - origin.left + box.scrollLeft, (r.top + r.bottom) / 2 - origin.top];
  };
  const places = /** @type {{ l: number, j: number, left: number[], right: number[] }[]} */ ([]);
  for (const tile of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.tile'))) {
    const [l, j] = (tile.dataset.unit ?? '0.0').split('.').map(Number);
    places.push({ l, j, left: centre(tile, 'left'), right: centre(tile, 'right') });
  }
  for (let l = 1; l < journey.layers.length; l++) {
    const layer = journey.layers[l];
    const most = layer.weight.reduce((a, w) => Math.max(a, Math.abs(w)), 1e-12);
    for (const from of places.filter((p) => p.l === l - 1)) {
      for (const to of places.filter((p) => p.l === l)) {
        const w = layer.weight[to.j * layer.inputs + from.j] / most;
        context.globalAlpha = 0.15 + 0.75 * Math.abs(w);
        context.strokeStyle = w > 0 ? palette.third : palette.second;
        context.lineWidth = 0.4 + 4 * Math.abs(w);
        context.beginPath();
        const middle = (from.right[0] + to.left[0]) / 2;
        context.moveTo(from.right[0], from.right[1]);
        context.bezierCurveTo(middle, from.right[1], middle, to.left[1], to.left[0], to.left[1]);
        context.stroke();
      }
    }
  }
}

/** A number that can be dragged and typed. @param {string} label @param {number} x @param {boolean} changed
 * @param {(x: number) => void} change */
export function numberField(label, x, changed, change) {
  const reach = Math.max(1, 2 * Math.abs(x));
  const name = element('span', { textContent: label });
  const range = element('input', { type: 'range', min: -reach, max: reach, step: reach / 400, value: x });
  const number = element('input', { type: 'number', step: 'any', value: Number(x.toPrecision(7)) });
  for (const input of [range, number]) {
    input.setAttribute('aria-label', label);
    input.addEventListener('input', () => {
      const wanted = Number(input.value);
      if (input.value === '' || !Number.isFinite(wanted)) return;
      (input === range ? number : range).value = input === range ? String(Number(wanted.toPrecision(6))) : String(wanted);
      row.classList.add('changed');
      change(wanted);
    });
  }
  const row = element('div', { className: changed ? 'field changed' : 'field' }, name, range, number);
  return row;
}

/** What feeds a layer's unit, by name. @param {Journey} journey @param {number} l @param {number} k */
export function inputName(journey, l, k) {
  return l === 0 ? journey.run.description.features[k] : `h${subscript(k + 1)}`;
}

/** @param {number} k */
export function subscript(k) {
  return String(k).replace(/\d/g, (digit) => '₀₁₂₃₄₅₆₇₈₉'[Number(digit)]);
}

/** The chosen unit: formula, share, weights to edit. @param {Journey} journey @param {[number, number] | null} unit
 * @param {Map<string, number>} edits @param {(key: string, x: number) => void} edit */
export function showUnit(journey, unit, edits, edit) {
  const box = at('unit');
  if (!unit) {
    box.replaceChildren(element('p', { textContent: 'None is chosen. Choose a tile above: input space then shows where that unit is positive, and here stand its weights.' }));
    return;
  }
  const [l, j] = unit;
  const layer = journey.layers[l];
  const count = journey.layers.length;
  const parts = [element('p', { textContent: describeUnit(journey, unit) })];
  if (l + 1 < count) {
    const shares = journey.shares(l);
    const bar = element('i');
    bar.style.width = `${100 * shares[j]}%`;
    parts.push(
      element('p', { id: 'share-says', textContent: `Share in the ${journey.into}: ${percent(shares[j])} of what the ${layer.units} units of ${layerName(layer, l, count)} move it, each held at its mean in turn (an equal share would be ${percent(1 / layer.units)}).` }),
      element('div', { className: 'share' }, bar),
    );
  }
  const fields = element('div', { className: 'fields' });
  const key = (/** @type {string | number} */ input) => `${l}.${j}.${input}`;
  fields.append(numberField('bias', layer.bias[j], edits.has(key('b')), (x) => edit(key('b'), x)));
  const SHOWN = 12;
  const order = Array.from({ length: layer.inputs }, (_, k) => k);
  if (layer.inputs > SHOWN) order.sort((a, b) => Math.abs(layer.weight[j * layer.inputs + b]) - Math.abs(layer.weight[j * layer.inputs + a]));
  const field = (/** @type {number} */ k) =>
    numberField(`w of ${inputName(journey, l, k)}`, layer.weight[j * layer.inputs + k], edits.has(key(k)), (x) => edit(key(k), x));
  fields.append(...order.slice(0, SHOWN).map(field));
  parts.push(fields);
  if (layer.inputs > SHOWN) {
    const more = element('div', { className: 'fields' });
    const rest = element('details', {}, element('summary', { textContent: `the other ${layer.inputs - SHOWN} weights, smaller ones` }), more);
    rest.addEventListener('toggle', () => more.replaceChildren(...order.slice(SHOWN).map(field)));
    parts.push(rest);
  }
  if (l + 1 < count) {
    const next = journey.layers[l + 1];
    const out = element('div', { className: 'fields' });
    for (let k = 0; k < Math.min(next.units, 6); k++) {
      const outward = `${l + 1}.${k}.${j}`;
      out.append(numberField(`to unit ${k + 1} of ${layerName(next, l + 1, count)}`, next.weight[k * next.inputs + j], edits.has(outward), (x) => edit(outward, x)));
    }
    parts.push(element('p', { textContent: 'What the next layer makes of it:' }), out);
  }
  box.replaceChildren(...parts);
}

/** @param {Journey} journey @param {[number, number]} unit */
export function describeUnit(journey, [l, j]) {
  const { run } = journey;
  const layer = journey.layers[l];
  const [low, high] = journey.range([l, j]);
  const shape = l === 0 ? (run.flat === 2 ? 'a half-plane: positive before its activation on the arrow’s side of a straight line' : 'a threshold on the line') : 'a curve in input space, where it is 0 before its activation';
  const dead = low === high ? ' It says the same of every training sample: it is dead.' : '';
  return `Unit ${j + 1} of ${layerName(layer, l, journey.layers.length)} is ${shape}. Over the training samples it runs from ${num(low, 3)} to ${num(high, 3)}.${dead}`;
}

/** The picture's samples in rows. @param {Journey} journey @param {number} m @param {[string, string]} names */
export function showTable(journey, m, names) {
  const { run } = journey;
  const picture = journey.still(m, 'samples');
  const outputs = journey.samples[journey.samples.length - 1];
  const units = journey.layers[journey.layers.length - 1].units;
  const MOST = 200;
  const heads = ['sample', run.classes.length ? 'class' : run.decision.names[0], names[0], names[1] || 'second direction', 'output'];
  const table = element('table', {}, element('tr', {}, ...heads.map((text) => element('th', { textContent: text, scope: 'col' }))));
  for (let i = 0; i < Math.min(run.n, MOST); i++) {
    const said = Array.from(outputs.subarray(i * units, (i + 1) * units), (x) => num(x, 3)).join(', ');
    const cells = [`${i + 1}${i < run.train ? '' : ' (held out)'}`, run.classes.length ? run.classes[run.targets[i]] : num(run.targets[i]), num(picture[2 * i]), num(picture[2 * i + 1]), said];
    table.append(element('tr', {}, ...cells.map((text) => element('td', { textContent: text }))));
  }
  const rest = run.n > MOST ? [element('p', { textContent: `The first ${MOST} of ${run.n}.` })] : [];
  at('rows').replaceChildren(table, ...rest);
}

/** Signs and names of the classes. @param {Run} run @param {any} palette */
export function showKey(run, palette) {
  const sign = (/** @type {number} */ k) => {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('viewBox', '0 0 16 16');
    svg.setAttribute('aria-hidden', 'true');
    const paths = ['M3 8a5 5 0 1 0 10 0a5 5 0 1 0-10 0Z', 'M3.5 3.5h9v9h-9Z', 'M8 1.5L14.5 12.5H1.5Z', 'M8 1.5L14.5 8L8 14.5L1.5 8Z', 'M8 14.5L14.5 3.5H1.5Z', 'M8 1L10 6H15L11 9L12.5 14.5L8 11L3.5 14.5L5 9L1 6H6Z', 'M8 1L10 6L15 8L10 10L8 15L6 10L1 8L6 6Z', 'M8 2L14 6.5L11.8 13.5H4.2L2 6.5Z'];
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    path.setAttribute('d', paths[k % paths.length]);
    path.setAttribute('fill', palette.classes[k % 10]);
    svg.append(path);
    return svg;
  };
  const entries = run.classes.map((name, k) => element('span', {}, sign(k), /^-?[\d.]+$/.test(name) ? `class ${name}` : name));
  if (!run.classes.length) {
    entries.push(element('span', { textContent: `colour: ${run.decision.names[run.decision.output]}, from dark (low) to bright (high)` }));
  }
  at('key').replaceChildren(...entries);
}

/** @param {string | null} loss */
function lossName(loss) {
  const names = /** @type {Record<string, string>} */ ({ mse: 'mean squared error', bce: 'binary cross-entropy', cross_entropy: 'cross-entropy', huber: 'Huber loss' });
  return names[loss ?? ''] ?? 'loss';
}

/** What the curves were last painted for. */
let paintedFor = '';

/** Has the curves painted again when they are next asked for. */
export function repaintHistory() {
  paintedFor = '';
}

/** Losses over the epochs, and under them where the classes are separable; with a mark at a place between the epochs.
 * @param {HTMLCanvasElement} canvas @param {Run} run @param {number} place @param {any} palette @param {number} scale */
export function paintHistory(canvas, run, place, palette, scale) {
  // The mark is an element, so that a drag moves it and paints nothing.
  const share = place / Math.max(1, run.epochs.length - 1);
  at('mark').style.left = `calc(${PAD}px + ${share} * (100% - ${2 * PAD}px))`;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const key = `${width} ${height} ${scale} ${palette.paper}`;
  if (!width || paintedFor === key) return;
  paintedFor = key;
  Object.assign(canvas, { width: Math.round(width * scale), height: Math.round(height * scale) });
  paintCurves(/** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')), run, width, height, palette, scale);
}

/** The room that a slider leaves at either end of its track. */
const PAD = 8;

/** @param {CanvasRenderingContext2D} c @param {Run} run @param {number} width @param {number} height @param {any} palette @param {number} scale */
function paintCurves(c, run, width, height, palette, scale) {
  c.setTransform(scale, 0, 0, scale, 0, 0);
  const last = run.epochs.length - 1;
  const x = (/** @type {number} */ k) => PAD + ((width - 2 * PAD) * k) / Math.max(1, last);
  // Metrics know every epoch; the slider only those whose weights are here.
  const where = (/** @type {number} */ epoch) => {
    let k = run.epochs.findIndex((e) => e >= epoch);
    if (k < 0) k = last;
    const [from, to] = [run.epochs[Math.max(0, k - 1)], run.epochs[k]];
    return x(k === 0 || to === from ? k : k - 1 + (epoch - from) / (to - from));
  };
  let rows = /** @type {(number | null)[][]} */ (run.description.metrics);
  const [top, bottom] = [14, height - 16];
  const losses = [...rows, ...(run.beside ?? []).filter((row) => Number(row[0]) <= run.epochs[last])].flatMap((row) => [row[1], row[3] ?? null]).filter((y) => y !== null && y > 0).map((y) => Math.log10(/** @type {number} */ (y)));
  const [low, high] = [Math.min(...losses), Math.max(...losses)];
  const y = (/** @type {number} */ loss) => bottom - ((bottom - top) * (Math.log10(loss) - low)) / (high - low || 1);
  const curve = (/** @type {number} */ column, /** @type {string} */ colour, /** @type {number[]} */ dash) => {
    c.beginPath();
    for (const row of rows) if (row[column] !== null && /** @type {number} */ (row[column]) > 0) c.lineTo(where(/** @type {number} */ (row[0])), y(/** @type {number} */ (row[column])));
    c.strokeStyle = colour;
    c.lineWidth = 1.8;
    c.setLineDash(dash);
    c.stroke();
    c.setLineDash([]);
  };
  curve(1, palette.accent, []);
  curve(3, palette.second, [5, 3]);
  if (run.beside) {
    // Another branch's loss, as far as the epochs go.
    rows = run.beside.filter((row) => Number(row[0]) <= run.epochs[last]);
    curve(1, palette.hot, [2, 3]);
  }
  c.font = '11px system-ui, sans-serif';
  c.fillStyle = palette.muted;
  const held = run.description.metrics.some((/** @type {any[]} */ row) => row[3] !== null);
  const loss = lossName(run.description.loss);
  const labels = [`${loss}, logarithmic${held ? ': training (line), held out (dashes)' : ''}`, `${loss} (log)${held ? ', dashes: held out' : ''}`, loss];
  c.fillText(labels.find((label) => c.measureText(label).width < width - 2 * PAD) ?? '', PAD, 10);
  const verdicts = /** @type {(boolean | null)[]} */ (run.description.verdicts.separable);
  verdicts.forEach((verdict, k) => {
    if (verdict === null) return;
    const half = (width - 2 * PAD) / Math.max(1, last) / 2;
    c.fillStyle = verdict ? palette.accent : mix(palette.paper, palette.muted, 0.25);
    c.fillRect(x(k) - half, height - 9, Math.max(1.5, 2 * half), verdict ? 6 : 3);
  });
}

/** A unit's own answer, for its tint: signed share of the largest. @param {Float64Array} z @param {any} activation */
export function unitTints(z, activation) {
  const softmax = activation.name === 'softmax';
  const h = z.map((x) => (softmax ? x : value(activation, x)));
  const most = h.reduce((a, x) => Math.max(a, Math.abs(x)), 1e-12);
  return h.map((x) => x / most);
}

/** The colour of a decision, or of a unit's answer. @param {number} x @param {any} palette */
export function signed(x, palette) {
  return mix(palette.paper, x > 0 ? palette.third : palette.second, 0.55 * Math.min(1, Math.abs(x)));
}
