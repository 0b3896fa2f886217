// Points drawn with the pointer, and another branch's border over input space.

import { affine, forward } from './math.js';
import { bordersOf, readOff } from './model.js';

/** How one feature was standardised. @param {import('./model.js').Run} run */
function scaleOf(run) {
  const scale = run.d === 1 ? run.description.standardised : null;
  return { mean: scale?.means[0] ?? 0, deviation: scale?.deviations[0] ?? 1 };
}

/** The points on their way to the program. */
export class Drawing {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.on = false;
    this.chosen = '';
    /** Strokes of points: where, and which class or target. @type {{ at: number[], class?: string, value?: number }[][]} */
    this.strokes = [];
  }

  get points() {
    return this.strokes.flat();
  }

  /** @param {import('./model.js').Run} run @param {[number, number]} place */
  pointAt(run, place) {
    // Two features are shown in the data's own units, one as the network sees it.
    const { mean, deviation } = scaleOf(run);
    const at = run.d === 1 ? [place[0] * deviation + mean] : [...place];
    return run.classes.length ? { at, class: this.chosen } : { at, value: place[1] };
  }

  /** A stroke begins. @param {PointerEvent} event @param {import('./stage.js').Map2} map @param {import('./model.js').Run} run */
  begin(event, map, run) {
    if (!this.on || !run.description.live.drawable) return null;
    /** @type {any[]} */
    const stroke = [];
    this.strokes.push(stroke);
    let last = [-Infinity, -Infinity];
    const put = (/** @type {PointerEvent} */ e) => {
      const r = /** @type {Element} */ (e.currentTarget).getBoundingClientRect();
      const here = [e.clientX - r.left, e.clientY - r.top];
      if (Math.hypot(here[0] - last[0], here[1] - last[1]) < 9 || this.points.length >= 2000) return;
      last = here;
      stroke.push(this.pointAt(run, map.back(here[0], here[1])));
      this.changed();
    };
    put(event);
    return put;
  }

  undo() {
    this.strokes.pop();
    this.changed();
  }

  clear() {
    this.strokes = [];
    this.changed();
  }
}

/** The points that were drawn, as rings. @param {import('./pen.js').Pen} pen @param {import('./stage.js').Map2} map
 * @param {import('./model.js').Run} run @param {any} palette @param {Drawing} drawing */
export function drawPoints(pen, map, run, palette, drawing) {
  const names = [...run.classes];
  const { mean, deviation } = scaleOf(run);
  for (const point of drawing.points) {
    if (point.class !== undefined && !names.includes(point.class)) names.push(point.class);
    const k = point.class === undefined ? 0 : names.indexOf(point.class);
    const at = [map.x((point.at[0] - mean) / deviation), map.y(point.at[1] ?? point.value ?? 0.5)];
    pen.signs(at, k, 5.5, { fill: palette.classes[k % 10], stroke: palette.text, width: 1.6 });
  }
}

/** Where another network of the same shape decides otherwise. @param {import('./pen.js').Pen} pen
 * @param {import('./stage.js').Map2} map @param {any} scene @param {Float64Array} weights */
export function drawOther(pen, map, scene, weights) {
  const { run, palette } = scene;
  if (run.flat !== 2) return;
  let start = 0;
  const layers = scene.journey.layers.map((/** @type {import('./math.js').Layer} */ layer) => {
    const bias = start + layer.units * layer.inputs;
    const other = { ...layer, weight: weights.subarray(start, bias), bias: weights.subarray(bias, bias + layer.units) };
    start = bias + layer.units;
    return other;
  });
  const planar = run.onPlane(layers);
  const end = planar[planar.length - 1];
  const { nx, ny, points, n } = run.lattice;
  const scores = affine(end, forward(planar.slice(0, -1), points, n, true), n);
  const borders = bordersOf(planar, readOff(end, scores, n, run.decision), nx, ny, run.window, run.decision, null);
  const lines = borders.map((border) => border.map((x, k) => (k % 2 ? map.y(x) : map.x(x))));
  pen.path(lines, { stroke: palette.paper, width: 4.5, alpha: 0.7 });
  pen.path(lines, { stroke: palette.hot, width: 2.2, dash: [3, 4] });
}
