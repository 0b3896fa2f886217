// What the network makes of points, moment by moment, and pictures of it.

import { affine, activate, forward } from './math.js';
import { decompose, ease, principalView, project, turned } from './geometry.js';
import { heightOf, unitOf, winner } from './model.js';

/** @typedef {import('./math.js').Layer} Layer */
/** @typedef {import('./model.js').Run} Run */

/** All moments of some points: what lies in each space, and pictures of them. */
export class Journey {
  /** @param {Run} run @param {Layer[]} layers */
  constructor(run, layers) {
    this.run = run;
    this.layers = layers;
    this.planar = run.onPlane(layers);
    const [samples, lattice] = this.spaces();
    this.samples = samples;
    this.lattice = lattice;
    /** What a unit has a share in. */
    this.into = 'output';
    /** @type {Map<number, import('./geometry.js').View>} */
    this.views = new Map();
    /** @type {Map<string, Float64Array>} */
    this.pictures = new Map();
  }

  /** What the samples and the points of the paper are in every space. @returns {Float64Array[][]} */
  spaces() {
    const { run } = this;
    return [this.through(this.layers, run.features, run.n), this.through(this.planar, run.lattice.points, run.lattice.n)];
  }

  /** A unit before its activation, all over the paper. @param {[number, number]} unit @returns {Float64Array | null} */
  sums(unit) {
    const { points, n } = this.run.lattice;
    return unitOf(this.planar, points, n, unit);
  }

  /** A unit's answers: all over the paper, or of the samples. @param {[number, number]} unit
   * @param {Float64Array[]} spaces @returns {ArrayLike<number>} */
  answers([l, j], spaces = this.lattice) {
    const rows = spaces[this.run.moments.findLastIndex((moment) => moment.layer === l)];
    const { units } = this.layers[l];
    return Float64Array.from({ length: rows.length / units }, (_, i) => rows[i * units + j]);
  }

  /** Between which numbers a unit answers the training samples. @param {[number, number]} unit */
  range(unit) {
    const answers = /** @type {Float64Array} */ (this.answers(unit, this.samples)).subarray(0, this.run.train);
    return [Math.min(...answers), Math.max(...answers)];
  }

  /** What lies in every space. @param {Layer[]} layers @param {Float64Array} points @param {number} n */
  through(layers, points, n) {
    const spaces = [points];
    let x = points;
    for (const layer of layers) {
      x = affine(layer, x, n);
      spaces.push(x);
      if (layer.activation.name === 'identity') continue;
      x = x.slice();
      activate(layer.activation, x, layer.units, true);
      spaces.push(x);
    }
    return spaces;
  }

  /** The number of dimensions at a moment. @param {number} m */
  width(m) {
    const { kind, layer } = this.run.moments[m];
    return kind === 'input' ? this.run.d : this.layers[layer].units;
  }

  /** How a moment is looked at: null for the plane and the line, as they are. @param {number} m */
  view(m) {
    const k = this.width(m);
    if (m === 0 || k <= 2) return null;
    let view = this.views.get(m);
    if (!view) {
      view = principalView(this.samples[m], this.run.n, k, this.still(m - 1, 'samples'));
      this.views.set(m, view);
    }
    return view;
  }

  /** Rows of a space as points of its picture. @param {number} m @param {Float64Array} rows @param {number} n */
  show(m, rows, n) {
    const k = m === 0 ? this.run.flat : this.width(m);
    if (k === 2) return rows;
    if (k > 2) return project(rows, n, k, /** @type {import('./geometry.js').View} */ (this.view(m)));
    const line = new Float64Array(2 * n);
    for (let i = 0; i < n; i++) line[2 * i] = rows[i];
    return line;
  }

  /** The picture of a moment. On a line, samples stand in a lane per class, or at the height of their target.
   * @param {number} m @param {'samples' | 'lattice'} which @returns {Float64Array} */
  still(m, which) {
    const key = `${m}${which}`;
    let picture = this.pictures.get(key);
    if (!picture) {
      const { run } = this;
      picture = which === 'samples'
        ? this.show(m, m === 0 ? run.places : this.samples[m], run.n)
        : this.show(m, this.lattice[m], run.lattice.n);
      if (which === 'samples' && (m === 0 ? run.flat : this.width(m)) === 1) {
        for (let i = 0; i < run.n; i++) picture[2 * i + 1] = this.lane(i);
      }
      this.pictures.set(key, picture);
    }
    return picture;
  }

  /** The height at which a sample stands over a line. @param {number} i */
  lane(i) {
    const { run } = this;
    if (!run.classes.length) return run.targets[i];
    const scatter = ((i * 0.6180339887498949) % 1) - 0.5;
    return (run.classes.length - 1) / 2 - run.targets[i] + 0.5 * scatter;
  }

  /** Pictures between two moments. @param {number} depth @param {(m: number) => Float64Array} still */
  moving(depth, still) {
    const m = Math.min(Math.floor(depth), this.run.moments.length - 1);
    const t = depth - m;
    if (t === 0) return still(m);
    const motion = this.motion(m + 1);
    if (motion) return turned(still(m), motion.parts, motion.bias, t);
    const [from, to, s] = [still(m), still(m + 1), ease(t)];
    const between = new Float64Array(from.length);
    for (let i = 0; i < from.length; i++) between[i] = (1 - s) * from[i] + s * to[i];
    return between;
  }

  /** The turning and stretching that leads to a moment, where plane goes to plane. @param {number} m */
  motion(m) {
    const { kind, layer } = this.run.moments[m];
    const planar = this.planar[layer];
    if (kind !== 'affine' || planar.inputs !== 2 || planar.units !== 2 || (m === 1 && this.run.slice && this.run.d > 2)) return null;
    const [a, b, c, d] = planar.weight;
    return { parts: decompose(a, b, c, d), bias: planar.bias };
  }

  /** Any places of input space in the picture at a depth. @param {ArrayLike<number>} places @param {number} depth */
  carried(places, depth) {
    const points = Float64Array.from(places);
    const n = points.length / this.run.flat;
    const spaces = this.through(this.planar, points, n);
    return this.moving(depth, (m) => this.show(m, spaces[m], n));
  }

  /** One point's numbers in every space, by the careful formulas. @param {Float64Array} x */
  arithmetic(x) {
    const rows = [];
    for (const layer of this.layers) {
      const z = affine(layer, x, 1);
      const h = z.slice();
      activate(layer.activation, h, layer.units, false);
      rows.push({ layer, input: x, z, h });
      x = h;
    }
    return rows;
  }

  /** The last space of affine kind: scores before the output's activation. */
  get scores() {
    return this.run.moments.length - (this.run.moments[this.run.moments.length - 1].kind === 'activation' ? 2 : 1);
  }

  /** Accuracy, or the root mean square error, over the shown samples from `from` to `to`. @param {number} from @param {number} to */
  quality(from, to) {
    const { run } = this;
    const last = this.layers[this.layers.length - 1];
    const scores = this.samples[this.scores];
    const outputs = this.samples[this.samples.length - 1];
    let sum = 0;
    for (let i = from; i < to; i++) {
      if (run.decision.kind === 'two') sum += Number(heightOf(last, scores, i) > 0 === (run.targets[i] === 1));
      else if (run.decision.kind === 'several') sum += Number(winner(scores, i, last.units) === run.targets[i]);
      else if (run.classes.length) sum += Number((last.units === 1 ? Number(outputs[i] > 0.5) : winner(outputs, i, last.units)) === run.targets[i]);
      else for (let k = 0; k < last.units; k++) sum += (outputs[i * last.units + k] - run.allTargets[i * run.targetCount + k]) ** 2;
    }
    if (run.classes.length) return { name: 'accuracy', value: sum / Math.max(1, to - from) };
    return { name: 'root mean square error', value: Math.sqrt(sum / Math.max(1, (to - from) * last.units)) };
  }

  /** How far the output moves on average when a unit of a layer is held at its mean: a share per unit, that sum to 1.
   * @param {number} l the layer, not the last */
  shares(l) {
    const { run, layers } = this;
    const units = layers[l].units;
    let m = run.moments.findLastIndex((moment) => moment.layer === l);
    const rows = this.samples[m];
    const step = Math.max(1, Math.floor(run.train / 60));
    const used = [];
    for (let i = 0; i < run.train; i += step) used.push(i);
    const mean = new Float64Array(units);
    for (const i of used) for (let j = 0; j < units; j++) mean[j] += rows[i * units + j] / used.length;
    const next = layers[l + 1];
    const rest = layers.slice(l + 2);
    const z = this.samples[m + 1];
    const outputOf = (/** @type {Float64Array} */ s) => {
      const h = s.slice();
      if (!rest.length) return h; // scores, before the output's activation
      activate(next.activation, h, next.units, true);
      const scores = forward(rest.slice(0, -1), h, used.length, true);
      return affine(rest[rest.length - 1], scores, used.length);
    };
    const before = new Float64Array(used.length * next.units);
    used.forEach((i, r) => before.set(z.subarray(i * next.units, (i + 1) * next.units), r * next.units));
    const base = outputOf(before);
    const moved = new Float64Array(units);
    const held = new Float64Array(before.length);
    for (let j = 0; j < units; j++) {
      used.forEach((i, r) => {
        const change = mean[j] - rows[i * units + j];
        for (let k = 0; k < next.units; k++) held[r * next.units + k] = before[r * next.units + k] + change * next.weight[k * units + j];
      });
      const output = outputOf(held);
      for (let i = 0; i < output.length; i++) moved[j] += Math.abs(output[i] - base[i]);
    }
    const sum = moved.reduce((a, b) => a + b, 0);
    return moved.map((x) => (sum > 0 ? x / sum : 0));
  }
}

/** The journey at a place between the epochs; a program that computes it in place of the page has left it at the run.
 * @param {Run} run @param {number} at @param {Map<string, number>} edits @returns {Journey} */
export function journeyOf(run, at, edits) {
  return run.sent ?? new Journey(run, run.layers(at, edits));
}
