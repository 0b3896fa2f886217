// One point with all its arithmetic, as a table and as formulas.

import { heightOf, layerName, winner } from './model.js';
import { activationName, at, element, num } from './panels.js';

/** @typedef {import('./model.js').Run} Run */
/** @typedef {import('./journey.js').Journey} Journey */

/** The followed point through every layer. @param {Journey} journey @param {Float64Array} x @param {number[][]} tiles */
export function showArithmetic(journey, x, tiles) {
  const { run } = journey;
  const rows = journey.arithmetic(x);
  const count = rows.length;
  const parts = [];
  rows.forEach(({ layer, input, z, h }, l) => {
    parts.push(element('h3', { textContent: `${layerName(layer, l, count)}: z = W ${l ? 'h' : 'x'} + b, then ${activationName(layer.activation)}` }));
    const table = element('table', {}, element('tr', {}, ...['unit', 'products', 'bias b', 'sum z', 'after the activation'].map((t) => element('th', { textContent: t, scope: 'col' }))));
    for (const j of tiles[l]) {
      const terms = Array.from({ length: layer.inputs }, (_, k) => k);
      const product = (/** @type {number} */ k) => layer.weight[j * layer.inputs + k] * input[k];
      const SHOWN = 4;
      let rest = '';
      if (terms.length > SHOWN) {
        terms.sort((a, b) => Math.abs(product(b)) - Math.abs(product(a)));
        rest = ` + (${terms.length - 3} more: ${num(terms.splice(3).reduce((sum, k) => sum + product(k), 0))})`;
      }
      const text = terms.map((k) => `${bracket(layer.weight[j * layer.inputs + k])} · ${bracket(input[k])}`).join(' + ') + rest;
      table.append(element('tr', {}, ...[String(j + 1), text, num(layer.bias[j]), num(z[j])].map((t) => element('td', { textContent: t })), element('td', {}, element('b', { textContent: num(h[j], 6) }))));
    }
    parts.push(table);
    if (tiles[l].length < layer.units) parts.push(element('p', { className: 'more', textContent: `${layer.units - tiles[l].length} more units, computed the same way.` }));
  });
  const { layer, z, h } = rows[count - 1];
  parts.push(element('p', { className: 'answer', id: 'answer', textContent: answerOf(run, layer, z, h) }));
  at('arithmetic').replaceChildren(...parts);
}

/** @param {number} x */
function bracket(x) {
  return x < 0 ? `(${num(x)})` : num(x);
}

/** What the network says. @param {Run} run @param {any} layer @param {Float64Array} z @param {Float64Array} h */
export function answerOf(run, layer, z, h) {
  if (run.decision.kind === 'two') {
    const height = heightOf(layer, z, 0);
    return `So the network says ${run.classes[height > 0 ? 1 : 0]}: ${layer.units === 1 ? `its output is ${num(h[0], 6)}, the border is at 0.5` : `its scores differ by ${num(height)}`}.`;
  }
  if (run.decision.kind === 'several') return `So the network says ${run.classes[winner(z, 0, layer.units)]}: the largest of ${layer.units} scores.`;
  if (run.classes.length) return `So the network’s output is ${Array.from(h, (x) => num(x, 6)).join(', ')}.`;
  return `So the network says ${run.decision.names.map((name, k) => `${name} = ${num(h[Math.min(k, h.length - 1)], 6)}`).join(', ')}.`;
}

const MATH = 'http://www.w3.org/1998/Math/MathML';

/** @param {string} tag @param {(Node | string)[]} children */
function math(tag, ...children) {
  const made = document.createElementNS(MATH, tag);
  made.append(...children);
  return made;
}

/** A matrix in brackets, dots in place of what is beyond four rows or columns. @param {ArrayLike<number>} numbers
 * @param {number} rows @param {number} columns */
function matrix(numbers, rows, columns) {
  const places = (/** @type {number} */ n) => (n <= 5 ? Array.from({ length: n }, (_, k) => k) : [0, 1, 2, -1, n - 1]);
  const table = math('mtable');
  for (const r of places(rows)) {
    table.append(math('mtr', ...places(columns).map((c) => math('mtd', r < 0 || c < 0 ? math('mo', r < 0 && c < 0 ? '⋱' : r < 0 ? '⋮' : '⋯') : math('mn', num(numbers[r * columns + c], 3))))));
  }
  // Brackets are the table's own borders: not every system has a font whose brackets grow.
  table.setAttribute('class', 'bracket');
  return table;
}

/** The formula of the layer that the depth stands in. @param {Journey} journey @param {number} l @param {Float64Array} x */
export function showFormula(journey, l, x) {
  const rows = journey.arithmetic(x);
  const { layer, input, z, h } = rows[l];
  const sup = (/** @type {string} */ letter, /** @type {number} */ k) => (k === 0 ? math('mi', 'x') : math('msup', math('mi', letter), math('mrow', math('mo', '('), math('mn', String(k)), math('mo', ')'))));
  const times = math('mo', '+');
  const line = math('math', math('mrow', sup('z', l + 1), math('mo', '='), matrix(layer.weight, layer.units, layer.inputs), matrix(input, layer.inputs, 1), times, matrix(layer.bias, layer.units, 1), math('mo', '='), matrix(z, layer.units, 1)));
  const second = math('math', math('mrow', sup('h', l + 1), math('mo', '='), math('mi', activationName(layer.activation)), math('mo', '('), sup('z', l + 1), math('mo', ')'), math('mo', '='), matrix(h, layer.units, 1)));
  for (const formula of [line, second]) formula.setAttribute('display', 'block');
  const note = layer.units > 5 || layer.inputs > 5 ? ` Dots stand for the rest of ${layer.units} × ${layer.inputs} weights.` : '';
  const l2 = layerName(layer, l, rows.length);
  at('formula').replaceChildren(
    element('p', { textContent: `${l2[0].toUpperCase()}${l2.slice(1)}: an affine map of ${layer.inputs} number${layer.inputs === 1 ? '' : 's'} to ${layer.units}, then ${activationName(layer.activation)}, for the followed point.${note}` }),
    line,
    second,
  );
}
