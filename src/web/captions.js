// What the page says of its state, in sentences.

import { layerName } from './model.js';
import { percent } from './stage.js';
import { activationName, num } from './panels.js';
import { answerOf } from './arithmetic.js';

/** @typedef {import('./model.js').Run} Run */
/** @typedef {import('./journey.js').Journey} Journey */

/** The sentences. @param {Run} run @param {any} state @param {() => Journey} current @param {() => { x: Float64Array }} followed */
export function sentences(run, state, current, followed) {
  const { description } = run;
  const count = description.layers.length;

  function momentName(/** @type {number} */ m) {
    const { kind, layer } = run.moments[m];
    if (kind === 'input') return 'input';
    const name = layerName(description.layers[layer], layer, count);
    return kind === 'affine' ? `${name}: W ${layer ? 'h' : 'x'} + b` : `${name}: ${activationName(current().layers[layer].activation)}`;
  }

  function depthWords() {
    const m = Math.floor(state.depth);
    const t = state.depth - m;
    if (t === 0) return m === 0 ? 'input space' : `after ${momentName(m)}`;
    return `${Math.round(100 * t)} % of the way through ${momentName(m + 1)}`;
  }

  function metricsAt() {
    const epoch = run.epochs[Math.round(state.at)];
    return description.metrics.find((/** @type {number[]} */ row) => row[0] === epoch);
  }

  function epochWords() {
    const row = metricsAt();
    const accuracy = row && row[2] !== null ? `, accuracy ${percent(row[2])}` : '';
    return `${run.epochName(state.at)} of ${description.planned ?? run.epochs[run.last]}${row && row[1] !== null ? `: loss ${num(row[1], 3)}${accuracy}` : ': before training'}`;
  }

  function motionWords() {
    const m = Math.floor(state.depth);
    const t = state.depth - m;
    if (state.depth === 0) {
      const note = description.plane?.note;
      return run.flat === 2 ? `The plane that the network is given, on graph paper. ${note ?? ''}` : `The one feature the network is given, as a line; the height of a sample is its ${run.classes.length ? 'class’s lane' : 'target'}.`;
    }
    if (t === 0) {
      const k = current().width(m);
      const { kind, layer } = run.moments[m];
      const view = current().view(m);
      const where = `${kind === 'affine' ? 'After the affine part of' : 'After'} ${layerName(description.layers[layer], layer, count)}, space has ${k} dimension${k === 1 ? '' : 's'}`;
      if (view) return `${where}; shown is a plane through it with ${percent(view.share)} of the samples’ variance.`;
      const straight = m === current().scores - 1 && run.decision.kind === 'two' ? ' Here the output cuts space along a straight line, dashed: the curved border, seen from inside.' : '';
      const right = !run.classes.length && k === 1 && m === run.moments.length - 1 ? ' On the dashed diagonal the output is the target.' : '';
      return `${where}.${straight}${right}`;
    }
    const { kind, layer } = run.moments[m + 1];
    if (kind === 'activation') return `The activation ${activationName(current().layers[layer].activation)} bends space: each coordinate by itself. This is the only step that bends; straight paper lines curve here.`;
    const motion = current().motion(m + 1);
    const degrees = (/** @type {number} */ angle) => `${num((angle * 180) / Math.PI, 3)}°`;
    if (motion) {
      const { inward, scale, out } = motion.parts;
      const steps = [`turn by ${degrees(inward)}`, `scale by ${num(scale[0], 3)} and ${num(scale[1], 3)}`, `turn by ${degrees(out)}`, `shift by (${[...motion.bias].map((b) => num(b, 3)).join(', ')})`];
      const k = Math.min(3, Math.floor(4 * t));
      return `The affine part W ${layer ? 'h' : 'x'} + b, as ${steps.map((step, i) => (i === k ? `→ ${step} ←` : step)).join(', ')}. Straight lines stay straight.`;
    }
    return `The affine part W ${layer ? 'h' : 'x'} + b leads from ${m === 0 ? run.d : current().width(m)} to ${current().width(m + 1)} dimensions: every point goes straight from its place before to its place after. Straight lines stay straight.`;
  }

  function verdictWords() {
    const verdicts = description.verdicts;
    const k = Math.round(state.at);
    const said = [];
    if (state.edits.size) said.push('The weights are edited: no certificate speaks of them.');
    else if (state.at === k && verdicts.separable[k] !== null) {
      said.push(verdicts.separable[k] ? 'Before the output the classes are linearly separable, which is proved.' : 'Before the output the classes are not linearly separable, which is proved.');
    }
    if (state.at === k && !state.edits.size) {
      verdicts.dead[k].forEach((/** @type {number} */ dead, /** @type {number} */ l) => {
        if (dead > 0) said.push(`${dead} of ${description.layers[l].units} units of ${layerName(description.layers[l], l, count)} ${dead === 1 ? 'is' : 'are'} dead: the same for every training sample.`);
      });
      verdicts.rank[k].forEach((/** @type {number | null} */ rank, /** @type {number} */ l) => {
        const full = Math.min(description.layers[l].units, description.layers[l].inputs);
        if (rank !== null && rank < full) said.push(`The weight of ${layerName(description.layers[l], l, count)} has rank ${rank}, not ${full}.`);
      });
    }
    return said.join(' ');
  }

  function summary() {
    const verdicts = description.verdicts;
    if (!run.classes.length) return 'A regression: there are no classes to separate.';
    const judged = verdicts.separable.filter((/** @type {boolean | null} */ v) => v !== null).length;
    if (!judged) return 'Separability was not judged.';
    const basis = `decided by linear programming with a certificate, ${verdicts.all_judged ? `for each of the ${judged} epochs here` : `for ${judged} of the ${run.epochs.length} epochs here`}`;
    if (verdicts.from === null) return `At the end the classes are not linearly separable before the output (${basis}).`;
    return `Linearly separable before the output from epoch ${verdicts.from} on (${basis}): the coloured bar.`;
  }

  function caption() {
    const shown = Number.isInteger(state.at) && !state.edits.size ? `After epoch ${run.epochs[state.at]}` : state.edits.size ? `At epoch ${run.epochName(state.at)}, with edited weights` : `Between two epochs, at ${run.epochName(state.at)}`;
    const train = current().quality(0, run.train);
    const test = run.n > run.train ? current().quality(run.train, run.n) : null;
    const as = (/** @type {{ name: string, value: number }} */ q) => (q.name === 'accuracy' ? percent(q.value) : num(q.value, 3));
    const quality = Number.isNaN(train.value) ? '' : `: ${train.name} ${as(train)} on the shown training samples${test ? `, ${as(test)} on held-out ones` : ''}`;
    return `${motionWords()} ${shown}${quality}. ${verdictWords()}`;
  }

  function inputWords() {
    const verb = run.decision.kind === 'value' ? 'predicts' : 'decides';
    const unit = state.unit && `unit ${state.unit[1] + 1} of ${layerName(description.layers[state.unit[0]], state.unit[0], count)}`;
    if (run.flat === 1) return `What the network ${verb}${unit ? `; dashed: ${state.unit?.[0] === count - 2 && current().layers[count - 1].units === 1 ? 'what it adds of' : 'the answer of'} ${unit}` : ''}`;
    return unit ? `Input space, as ${unit} sees it` : `Input space, as the network ${verb} it`;
  }

  function pointWords() {
    const { x } = followed();
    const names = description.features;
    const said = Array.from(x.subarray(0, 6), (value, k) => `${names[k]} ${num(value, 3)}`).join(', ') + (run.d > 6 ? ` and ${run.d - 6} more` : '');
    const rows = current().arithmetic(x);
    const { layer, z, h } = rows[rows.length - 1];
    const who = state.place ? 'A place of your choice' : `Sample ${state.sample + 1} of ${run.n}${state.sample >= run.train ? ', held out' : ''}, ${run.classes.length ? `class ${run.classes[run.targets[state.sample]]}` : `target ${num(run.targets[state.sample], 3)}`}`;
    return `${who}: ${said}${description.standardised ? ' (standardised)' : ''}. ${answerOf(run, layer, z, h)}`;
  }

  return { momentName, depthWords, epochWords, summary, caption, inputWords, pointWords };
}
