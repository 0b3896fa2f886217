// The two sliders, by pointer and by keys.

import { at } from './panels.js';

/** How far a key moves the depth. @type {Record<string, number>} */
const STEPS = { ArrowRight: 0.1, ArrowUp: 0.1, ArrowLeft: -0.1, ArrowDown: -0.1, PageUp: 1, PageDown: -1 };

/** @param {{ stop: () => void, setDepth: (depth: number) => void, setEpoch: (epoch: number) => void, depth: () => number }} page */
export function bindSliders({ stop, setDepth, setEpoch, depth }) {
  const [deep, epoch] = [at('depth'), at('epoch')];
  deep.addEventListener('input', () => {
    stop();
    setDepth(Number(deep.value));
  });
  deep.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    stop();
    if (Math.abs(step) === 1) setDepth(step > 0 ? Math.floor(depth() + 1) : Math.ceil(depth() - 1));
    else setDepth(Math.round(10 * (depth() + step)) / 10);
  });
  epoch.addEventListener('input', () => {
    stop();
    setEpoch(Number(epoch.value));
  });
}
