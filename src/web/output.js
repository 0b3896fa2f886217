// The output's bias: visible, and to be changed.

import { at, element, numberField } from './panels.js';

/** @param {import('./model.js').Run} run @param {import('./model.js').Layer[]} layers @param {Map<string, number>} edits
 * @param {(key: string, x: number) => void} edit */
export function showOutput(run, layers, edits, edit) {
  const last = layers.length - 1;
  const output = layers[last];
  const fields = element('div', { className: 'fields' });
  for (let k = 0; k < Math.min(output.units, 10); k++) {
    const name = output.units === 1 ? 'b' : `b of ${run.classes[k] ?? run.decision.names[k] ?? k + 1}`;
    const key = `${last}.${k}.b`;
    fields.append(numberField(name, output.bias[k], edits.has(key), (x) => edit(key, x)));
  }
  const drag = run.decision.kind === 'two' && output.units === 1 && output.inputs === 2 && last > 0 ? ' Or, at the depth before the output, drag the dashed line itself.' : '';
  at('output').replaceChildren(element('p', { textContent: `Added to the last sum whatever the input is: it moves the border without turning it.${drag}` }), fields);
}
