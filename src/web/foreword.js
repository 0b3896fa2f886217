// What stands on the page once and for all: title, lead, the marks along the depth, notes.

import { arrangeMarks } from './marks.js';
import { at, element } from './panels.js';

/** @param {import('./model.js').Run} run @param {boolean} live whether a program feeds the page
 * @param {(m: number) => string} momentName @param {(m: number) => void} goTo */
export function showForeword(run, live, momentName, goTo) {
  const { description } = run;
  const widths = [run.d, ...description.layers.map((/** @type {any} */ l) => l.units)].join(' → ');
  at('title').textContent = description.name;
  at('kind').textContent = `· ${widths} · ${description.data}`;
  const aim = run.classes.length ? `tell ${run.classes.length} classes apart` : `predict ${run.decision.names.join(', ')}`;
  at('lead').textContent = `A network that learns to ${aim}, every epoch of it and every layer. Drag the depth: space moves through the network, straight until an activation bends it. Drag the epoch: training happens.`;
  const last = run.moments.length - 1;
  at('depth').max = String(last);
  at('epoch').max = String(run.last);
  at('moments').append(
    ...run.moments.map((moment, m) => {
      const tick = element('button', { type: 'button', textContent: momentName(m), className: moment.kind === 'affine' && m < last ? 'minor' : '' });
      tick.style.left = `${(100 * m) / Math.max(1, last)}%`;
      tick.addEventListener('click', () => goTo(m));
      return tick;
    }),
  );
  new ResizeObserver(() => arrangeMarks(at('moments'))).observe(at('moments'));
  at('held-out-label').hidden = run.n === run.train;
  at('which-label').hidden = run.outputNames().length < 2;
  at('which').append(...run.outputNames().map((name, k) => element('option', { value: String(k), textContent: name })));
  at('config').textContent = description.config;
  const { train, test, allTrain, allTest } = description.samples;
  const chosen = train + test < allTrain + allTest ? `${train + test} of ${allTrain + allTest} samples are shown, evenly chosen; ` : '';
  const notes = live ? [
    chosen && `${chosen}losses speak of all.`,
    `Trained by foldspace ${description.program} on this machine. Nothing is loaded from anywhere else.`,
  ] : [
    description.captured > run.epochs.length ? `The weights of ${run.epochs.length} of ${description.captured} captured epochs are in this file, evenly spread: all of them would make it too large.` : `The weights of all ${run.epochs.length} captured epochs are in this file, bit for bit.`,
    chosen && `${chosen}verdicts and losses speak of all.`,
    `Made by foldspace ${description.program}. Nothing is loaded from anywhere.`,
  ];
  at('notes').textContent = notes.filter(Boolean).join(' ');
}
