// The journey through a network that is too large to compute with here: the program evaluates it, and sends what is drawn.

import { activate, value } from './math.js';
import { levelSet } from './geometry.js';
import { activation, bordersOf, readOff } from './model.js';
import { Journey } from './journey.js';

/** @typedef {import('./math.js').Layer} Layer */
/** @typedef {import('./model.js').Run} Run */
/** Arrays by name, in the order in which they came. @typedef {Record<string, Float64Array[]>} Arrays */

/** The arrays of a message. @param {[string, 'f64' | 'f32' | 'u16' | 'i8', number, number, number][]} list @param {ArrayBuffer} numbers */
export function arraysOf(list, numbers) {
  /** @type {Arrays} */
  const arrays = {};
  let at = 0;
  for (const [name, kind, count, low, high] of list) {
    const size = { f64: 8, f32: 4, u16: 2, i8: 1 }[kind] * count;
    const part = numbers.slice(at, (at += size));
    let plain = kind === 'f64' ? new Float64Array(part) : new Float64Array(0);
    if (kind === 'f32') plain = Float64Array.from(new Float32Array(part));
    if (kind === 'u16') plain = Float64Array.from(new Uint16Array(part), (x) => low + ((high - low) * x) / 65535);
    if (kind === 'i8') plain = Float64Array.from(new Int8Array(part), (x) => x / 127);
    (arrays[name] ??= []).push(plain);
  }
  return arrays;
}

/** Room for the weights of a network, of which those of some units are known. @param {Run} run */
export function roomFor(run) {
  return run.description.layers.map((/** @type {any} */ l) => ({ weight: new Float64Array(l.units * l.inputs), bias: new Float64Array(l.units), rows: /** @type {number[]} */ ([]) }));
}

/** The layers with the weights of the units that the page shows; all others are 0. @param {Run} run
 * @param {ReturnType<typeof roomFor>} room @param {number[][]} rows @param {Float64Array} weights @returns {Layer[]} */
function layersOf(run, room, rows, weights) {
  let from = 0;
  return run.description.layers.map((/** @type {any} */ l, /** @type {number} */ k) => {
    const { weight, bias, rows: before } = room[k];
    for (const j of before) {
      weight.fill(0, j * l.inputs, (j + 1) * l.inputs);
      bias[j] = 0;
    }
    room[k].rows = rows[k];
    for (const j of rows[k]) {
      weight.set(weights.subarray(from, (from += l.inputs)), j * l.inputs);
      bias[j] = weights[from++];
    }
    return { name: l.name, inputs: l.inputs, units: l.units, activation: activation(l.activation), weight, bias };
  });
}

/** A journey as a program has computed it. Curves of input space ride on the points of the paper. */
export class Sent extends Journey {
  /** @param {Run} run @param {ReturnType<typeof roomFor>} room @param {any} sight @param {Arrays} arrays */
  constructor(run, room, sight, arrays) {
    super(run, layersOf(run, room, sight.rows, arrays.weights[0]));
    this.room = room;
    this.into = 'next layer’s input';
    this.arrays = arrays;
    this.sight = sight;
    this.epoch = sight.epoch;
    this.fine = sight.stride === 1;
    /** @type {Arrays | null} */
    this.detail = null;
    /** @type {ReturnType<Journey['arithmetic']>} */
    this.rows = [];
    this.numbers(sight, arrays);
    const { n, lattice, moments } = run;
    const last = moments.length - 1;
    const end = this.layers[this.layers.length - 1];
    for (const [spaces, scores] of /** @type {[Float64Array[], Float64Array][]} */ ([[this.samples, arrays['samples scores'][0]], [this.lattice, this.spread(arrays['paper scores'][0], end.units)]])) {
      spaces[this.scores] = scores;
      if (last === this.scores) continue;
      spaces[last] = scores.slice();
      activate(end.activation, spaces[last], end.units, true);
    }
    let views = 0;
    for (let m = 1; m <= last; m++) {
      const share = sight.shown[m - 1];
      if (share !== null) {
        const [mean, axes] = [arrays.mean[views], arrays.axes[views++]];
        this.views.set(m, { mean, axes: [axes.subarray(0, mean.length), axes.subarray(mean.length)], share });
      }
      const samples = arrays.samples[m - 1];
      if (this.width(m) === 1) for (let i = 0; i < n; i++) samples[2 * i + 1] = this.lane(i);
      this.pictures.set(`${m}samples`, samples);
      this.pictures.set(`${m}lattice`, this.spread(arrays.paper[m - 1], 2));
    }
    this.samples[0] = run.features;
    this.lattice[0] = lattice.points;
    this.carriedAt = -1;
    /** @type {Float64Array} */
    this.carrier = lattice.points;
  }

  /** @returns {Float64Array[][]} */
  spaces() {
    return [[], []];
  }

  /** The followed point, and the weights of the units that are shown. @param {any} sight @param {Arrays} arrays */
  numbers(sight, arrays) {
    this.layers = layersOf(this.run, this.room, sight.rows, arrays.weights[0]);
    this.planar = this.run.onPlane(this.layers);
    let from = 0;
    let input = new Float64Array(0);
    this.rows = this.layers.map((layer) => {
      const z = arrays.sums[0].slice(from, (from += layer.units));
      const h = z.slice();
      activate(layer.activation, h, layer.units, false);
      const row = { layer, input, z, h };
      input = h;
      return row;
    });
  }

  /** One point's numbers: those of the point that the program was asked for. @param {Float64Array} x */
  arithmetic(x) {
    return this.rows.map((row, l) => (l ? row : { ...row, input: x }));
  }

  /** Numbers at points of a coarser paper, `wide` a point, for all points of the paper. @param {Float64Array} values @param {number} wide */
  spread(values, wide) {
    const { stride } = this.sight;
    if (stride === 1) return values;
    const { nx, ny } = this.run.lattice;
    const across = (nx - 1) / stride + 1;
    const all = new Float64Array(nx * ny * wide);
    for (let r = 0, at = 0; r < ny; r++) {
      for (let c = 0; c < nx; c++, at += wide) blend(values, wide, across, (ny - 1) / stride + 1, c / stride, r / stride, all, at);
    }
    return all;
  }

  /** @param {number} l @returns {any} */
  shares(l) {
    return this.arrays.shares[l];
  }

  /** @param {[number, number]} unit */
  isChosen([l, j]) {
    return this.sight.unit?.[0] === l && this.sight.unit[1] === j;
  }

  /** @param {[number, number]} unit */
  sums(unit) {
    return this.isChosen(unit) ? this.spread(this.arrays.unit[0], 1) : null;
  }

  /** @param {[number, number]} unit @returns {ArrayLike<number>} */
  answers([l, j]) {
    const sums = this.sums([l, j]);
    if (sums) return sums.map((x) => value(this.layers[l].activation, x));
    const tiles = /** @type {number[][]} */ (this.sight.tiles);
    const place = tiles.slice(0, l).flat().length + tiles[l].indexOf(j);
    return tiles[l].includes(j) ? this.spread(this.arrays.tile[place], 1) : new Float64Array(this.run.lattice.n);
  }

  range() {
    return this.sight.range ?? [0, 0];
  }

  /** @param {ArrayLike<number>} places @param {number} depth */
  carried(places, depth) {
    const { flat, lattice: { nx, ny }, window: [x0, x1, y0, y1] } = this.run;
    if (this.carriedAt !== depth) {
      this.carrier = this.moving(depth, (m) => this.still(m, 'lattice'));
      this.carriedAt = depth;
    }
    const count = places.length / flat;
    const image = new Float64Array(2 * count);
    for (let i = 0; i < count; i++) {
      const c = ((places[flat * i] - x0) / (x1 - x0)) * (nx - 1);
      const r = flat === 2 ? ((places[2 * i + 1] - y0) / (y1 - y0)) * (ny - 1) : 0;
      blend(this.carrier, 2, nx, ny, c, r, image, 2 * i);
    }
    return image;
  }

  /** What the network, or the chosen unit, says of many places of the window. */
  get field() {
    if (!this.detail) return null;
    const { run, layers } = this;
    const end = layers[layers.length - 1];
    const scores = this.detail.field[0];
    const n = Math.sqrt(scores.length / end.units);
    const values = readOff(end, scores, n * n, run.decision);
    const unit = this.detail['field of the unit']?.[0] ?? null;
    return { n, values, borders: bordersOf(layers, values, n, n, run.window, run.decision, null), unit, curve: unit ? levelSet(unit, n, n, run.window, null) : [] };
  }
}

/** What lies between the points of a grid, `across` by `up` of them, at column c and row r.
 * @param {Float64Array} values @param {number} wide @param {number} across @param {number} up @param {number} c @param {number} r
 * @param {Float64Array} to @param {number} at */
function blend(values, wide, across, up, c, r, to, at) {
  const [left, low] = [Math.min(across - 1, Math.max(0, Math.floor(c))), Math.min(up - 1, Math.max(0, Math.floor(r)))];
  const [s, t] = [Math.min(1, Math.max(0, c - left)), Math.min(1, Math.max(0, r - low))];
  const place = (/** @type {number} */ x, /** @type {number} */ y) => (Math.min(up - 1, low + y) * across + Math.min(across - 1, left + x)) * wide;
  const [a, b, d, e] = [place(0, 0), place(1, 0), place(0, 1), place(1, 1)];
  for (let k = 0; k < wide; k++) {
    to[at + k] = (1 - t) * ((1 - s) * values[a + k] + s * values[b + k]) + t * ((1 - s) * values[d + k] + s * values[e + k]);
  }
}
