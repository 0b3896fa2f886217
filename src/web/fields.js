// Fields over input space: asked of a worker, coarse until it answers, and what colour each value has.

import { opinion } from './model.js';
import { painted, tint } from './colours.js';
import { rangeOf } from './stage.js';
import { at, signed, unitTints } from './panels.js';

/** The worker that computes fields, one at a time; where there can be none, the coarse field stays. */
export class Fields {
  /** @param {(number: number, field: ReturnType<typeof import('./model.js').fieldOf>) => void} answered */
  constructor(answered) {
    this.busy = false;
    /** @type {Worker | null} */
    this.worker = null;
    try {
      const program = new Blob([at('program').textContent], { type: 'text/javascript' });
      this.worker = new Worker(URL.createObjectURL(program));
    } catch {
      return;
    }
    this.worker.onmessage = ({ data }) => {
      this.busy = false;
      answered(data.asked, data.field);
    };
    this.worker.onerror = () => {
      this.worker = null;
      this.busy = false;
    };
  }

  /** Asks, unless an answer is awaited. @param {number} asked @param {any} request */
  ask(asked, request) {
    if (!this.worker || this.busy) return;
    this.busy = true;
    this.worker.postMessage({ asked, request });
  }

  end() {
    this.worker?.terminate();
  }
}

/** The colours of a field of the output, or of the chosen unit where there is one.
 * @param {any} scene @param {Float64Array} values @param {Float64Array | null} unit @param {number} nx @param {number} ny */
export function tintsOf(scene, values, unit, nx, ny) {
  const { run, journey, palette: colours } = scene;
  if (unit && scene.unit) {
    const lit = unitTints(unit, journey.layers[scene.unit[0]].activation);
    return painted(lit, nx, ny, (i) => signed(lit[i], colours));
  }
  const units = journey.layers[journey.layers.length - 1].units;
  const range = run.decision.kind === 'value' ? rangeOf(run) : /** @type {[number, number]} */ ([0, 1]);
  // Few distinct colours: each is mixed once.
  const known = new Map();
  return painted(values, nx, ny, (i) => {
    const [side, sure] = opinion(values, i, run.decision, units, range);
    const key = side * 256 + Math.round(sure * 100);
    let colour = known.get(key);
    if (!colour) known.set(key, (colour = tint([side, Math.round(sure * 100) / 100], colours)));
    return colour;
  });
}
