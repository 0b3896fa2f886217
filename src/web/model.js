// The run: its description, the network at any epoch with the reader's edits, and everything computed from it.

import { affine, activate, forward, sigmoid } from './math.js';
import { unpack } from './archive.js';
import { levelSet, refined, roundStep } from './geometry.js';

/** @typedef {import('./math.js').Layer} Layer */
/** @typedef {import('./geometry.js').Window} Window */
/** One moment of the journey through the network. @typedef {{ kind: 'input' | 'affine' | 'activation', layer: number }} Moment */
/** @typedef {{ kind: 'two' | 'several' | 'value', output: number, names: string[] }} Decision */

export class Run {
  /** @param {any} description @param {Float64Array} samples @param {Float64Array} weights */
  constructor(description, samples, weights) {
    this.description = description;
    this.epochs = /** @type {number[]} */ (description.epochs);
    this.weights = weights;
    this.size = weights.length / this.epochs.length;
    this.d = description.features.length;
    this.train = description.samples.train;
    this.n = this.train + description.samples.test;
    this.classes = description.target.kind === 'classes' ? /** @type {string[]} */ (description.target.names) : [];
    const slice = description.plane?.slice ?? null;
    this.slice = slice;
    const columns = this.n ? samples.length / this.n : 0;
    const column = (/** @type {number} */ from, /** @type {number} */ to) => {
      const part = new Float64Array(this.n * (to - from));
      for (let i = 0, at = 0; i < this.n; i++) for (let j = from; j < to; j++) part[at++] = samples[i * columns + j];
      return part;
    };
    /** What the network sees, n x d. */
    this.features = column(0, this.d);
    const after = this.d + (slice ? 2 : 0);
    /** Where samples lie in the picture of input space: n x 2, or n x 1. */
    this.places = slice ? column(this.d, after) : this.features;
    /** Labels, or the first target. */
    this.targets = column(after, after + 1);
    this.allTargets = column(after, columns);
    this.targetCount = columns - after;
    this.flat = this.d > 1 ? 2 : 1;
    /** @type {Moment[]} */
    this.moments = [{ kind: 'input', layer: -1 }];
    description.layers.forEach((/** @type {any} */ layer, /** @type {number} */ l) => {
      this.moments.push({ kind: 'affine', layer: l });
      if (activation(layer.activation).name !== 'identity') this.moments.push({ kind: 'activation', layer: l });
    });
    this.decision = decisionOf(description);
    const { window, steps } = paperOf(this.places, this.flat, this.n);
    /** The curve of another branch, to compare with. @type {(number | null)[][] | null} */
    this.beside = null;
    /** The journey as a program computes it. @type {any} */
    this.sent = null;
    this.window = window;
    this.steps = steps;
    this.lattice = latticeOf(window, steps, this.flat);
  }

  /** The outputs among which one is shown, where each is a number of its own. */
  outputNames() {
    const units = this.description.layers[this.description.layers.length - 1].units;
    return this.decision.kind === 'value' ? this.decision.names.slice(0, units) : [];
  }

  /** The place of the last epoch. */
  get last() {
    return this.epochs.length - 1;
  }

  /** The layers at a place between the embedded epochs, edits applied. @param {number} at @param {Map<string, number>} edits
   * @returns {Layer[]} */
  layers(at, edits) {
    const low = Math.min(Math.floor(at), this.epochs.length - 1);
    const t = at - low;
    const row = this.weights.slice(low * this.size, (low + 1) * this.size);
    if (t > 0) {
      const next = this.weights.subarray((low + 1) * this.size, (low + 2) * this.size);
      for (let p = 0; p < row.length; p++) row[p] = (1 - t) * row[p] + t * next[p];
    }
    let start = 0;
    const layers = this.description.layers.map((/** @type {any} */ l) => {
      const bias = start + l.units * l.inputs;
      const layer = {
        name: l.name, inputs: l.inputs, units: l.units, activation: activation(l.activation),
        weight: row.subarray(start, bias), bias: row.subarray(bias, bias + l.units),
      };
      start = bias + l.units;
      return layer;
    });
    for (const [key, x] of edits) {
      const [l, unit, input] = key.split('.');
      const layer = layers[Number(l)];
      if (input === 'b') layer.bias[Number(unit)] = x;
      else layer.weight[Number(unit) * layer.inputs + Number(input)] = x;
    }
    return layers;
  }

  /** The layers as they act on the plane that is shown. @param {Layer[]} layers @returns {Layer[]} */
  onPlane(layers) {
    if (!this.slice) return layers;
    const first = layers[0];
    const origin = Float64Array.from(this.slice.origin);
    const bias = affine(first, origin, 1);
    const weight = new Float64Array(first.units * 2);
    for (let j = 0; j < first.units; j++) {
      for (let a = 0; a < 2; a++) {
        const axis = this.slice.axes[a];
        for (let k = 0; k < this.d; k++) weight[2 * j + a] += first.weight[j * this.d + k] * axis[k];
      }
    }
    return [{ ...first, inputs: 2, weight, bias }, ...layers.slice(1)];
  }

  /** What the network sees at a place of the picture. @param {ArrayLike<number>} place */
  lift(place) {
    if (!this.slice) return Float64Array.from(place);
    const [a, b] = this.slice.axes;
    return Float64Array.from(this.slice.origin, (/** @type {number} */ o, /** @type {number} */ k) => o + place[0] * a[k] + place[1] * b[k]);
  }

  /** The shortest way to say where an epoch stands. @param {number} at */
  epochName(at) {
    const low = Math.floor(at);
    return at === low ? `${this.epochs[low]}` : `${(this.epochs[low] + (at - low) * (this.epochs[low + 1] - this.epochs[low])).toFixed(1)}`;
  }
}

/** Reads the page's data blocks. */
export async function readRun() {
  const text = (/** @type {string} */ id) => document.getElementById(id)?.textContent ?? '';
  const description = JSON.parse(text('run'));
  const size = description.layers.reduce((/** @type {number} */ sum, /** @type {any} */ l) => sum + l.units * (l.inputs + 1), 0);
  const targets = description.target.kind === 'classes' ? 1 : description.target.names.length;
  const columns = description.features.length + (description.plane?.slice ? 2 : 0) + targets;
  const [samples, weights] = await Promise.all([
    unpack(text('samples'), description.sampleWidth, columns),
    unpack(text('weights'), description.weightWidth, size),
  ]);
  return new Run(description, samples, weights);
}

/** @param {any} spelt @returns {import('./math.js').Activation} */
export function activation(spelt) {
  if (spelt === 'relu6') return { name: 'clip', a: 0, b: 6 };
  if (spelt === 'hard_tanh') return { name: 'clip', a: -1, b: 1 };
  if (typeof spelt === 'string') return { name: spelt, a: spelt === 'leaky_relu' ? 0.01 : 1, b: 1 };
  const [name] = Object.keys(spelt);
  const { slope, alpha, low, high, a = slope ?? alpha ?? low, b = high } = spelt[name];
  return { name, a, b };
}

/** A layer in words. @param {any} layer @param {number} l @param {number} count */
export function layerName(layer, l, count) {
  const plain = /^layers?\.?\d+$/.test(layer.name);
  return plain ? (l === count - 1 ? 'output' : `layer ${l + 1}`) : layer.name;
}

/** How the output is read: as figures::Decision. @param {any} description @returns {Decision} */
function decisionOf(description) {
  const last = description.layers[description.layers.length - 1];
  const kind = activation(last.activation).name;
  const names = description.target.names;
  if (description.target.kind === 'classes') {
    if (last.units === 1 && (kind === 'sigmoid' || kind === 'identity')) return { kind: 'two', output: 0, names };
    if (last.units === 2 && (kind === 'softmax' || kind === 'identity')) return { kind: 'two', output: 0, names };
    if (last.units > 2 && (kind === 'softmax' || kind === 'identity')) return { kind: 'several', output: 0, names };
  }
  return { kind: 'value', output: 0, names };
}

/** Positive where the second of two classes wins, from the last layer's affine part. @param {Layer} last
 * @param {ArrayLike<number>} z @param {number} i */
export function heightOf(last, z, i) {
  if (last.units === 2) return z[2 * i + 1] - z[2 * i];
  return last.activation.name === 'identity' ? 4 * (z[i] - 0.5) : z[i];
}

/** The hyperplane of a two-class output: w . h + b = 0 in the space before it. @param {Layer} last */
export function hyperplane(last) {
  const k = last.inputs;
  if (last.units === 2) {
    return { normal: Array.from({ length: k }, (_, j) => last.weight[k + j] - last.weight[j]), offset: last.bias[1] - last.bias[0] };
  }
  return { normal: Array.from(last.weight), offset: last.bias[0] - (last.activation.name === 'identity' ? 0.5 : 0) };
}

/** Graph paper around the samples: a window of whole squares. @param {Float64Array} places @param {number} flat
 * @param {number} n @returns {{ window: Window, steps: [number, number] }} */
function paperOf(places, flat, n) {
  const range = (/** @type {number} */ axis) => {
    let [low, high] = [Infinity, -Infinity];
    for (let i = 0; i < n; i++) {
      low = Math.min(low, places[flat * i + axis]);
      high = Math.max(high, places[flat * i + axis]);
    }
    const size = high - low || 1;
    return [low - 0.1 * size, high + 0.1 * size];
  };
  const [x, y] = [range(0), flat === 2 ? range(1) : [-1, 1]];
  const ratio = (x[1] - x[0]) / (y[1] - y[0]);
  const step = roundStep(Math.max(x[1] - x[0], y[1] - y[0]), 10);
  const square = flat === 2 && ratio >= 0.5 && ratio <= 2;
  const steps = /** @type {[number, number]} */ (square ? [step, step] : [roundStep(x[1] - x[0], 10), roundStep(y[1] - y[0], 10)]);
  const whole = (/** @type {number[]} */ r, /** @type {number} */ s) => [Math.floor(r[0] / s + 1e-9) * s, Math.ceil(r[1] / s - 1e-9) * s];
  return { window: /** @type {Window} */ ([...whole(x, steps[0]), ...whole(y, steps[1])]), steps };
}

/** @param {Window} window @param {[number, number]} steps @param {number} flat */
function latticeOf(window, steps, flat) {
  const count = (/** @type {number} */ axis) => Math.round((window[2 * axis + 1] - window[2 * axis]) / steps[axis]);
  // Points per square of the paper, along a side.
  const fine = Math.max(3, Math.ceil(60 / Math.max(count(0), count(1))));
  const nx = flat === 2 ? fine * count(0) + 1 : 401;
  const ny = flat === 2 ? fine * count(1) + 1 : 1;
  const points = new Float64Array(nx * ny * flat);
  for (let r = 0, at = 0; r < ny; r++) {
    for (let c = 0; c < nx; c++) {
      points[at++] = window[0] + ((window[1] - window[0]) * c) / (nx - 1);
      if (flat === 2) points[at++] = window[2] + ((window[3] - window[2]) * r) / (ny - 1);
    }
  }
  return { nx, ny, points, n: nx * ny, fine };
}

/** The place of the largest of `units` scores of row i. @param {ArrayLike<number>} scores @param {number} i @param {number} units */
export function winner(scores, i, units) {
  let best = 0;
  for (let k = 1; k < units; k++) if (scores[i * units + k] > scores[i * units + best]) best = k;
  return best;
}

/** What is asked of the worker, and what this computes without one: the field, its borders, and a unit's curve.
 * @typedef {{ layers: Layer[], window: Window, n: number, decision: Decision, unit: [number, number] | null }} FieldRequest
 * @param {FieldRequest} request */
export function fieldOf({ layers, window, n, decision, unit }) {
  const points = new Float64Array(2 * n * n);
  for (let r = 0, at = 0; r < n; r++) {
    for (let c = 0; c < n; c++) {
      points[at++] = window[0] + ((window[1] - window[0]) * c) / (n - 1);
      points[at++] = window[2] + ((window[3] - window[2]) * r) / (n - 1);
    }
  }
  const values = valuesOf(layers, points, n * n, decision);
  const one = (/** @type {Float64Array} */ p) => /** @type {[Float64Array, number]} */ ([p, p.length / 2]);
  const borders = bordersOf(layers, values, n, n, window, decision, (p) => valuesOf(layers, ...one(p), decision));
  const of = (/** @type {Float64Array} */ p) => unitOf(layers, p, p.length / 2, /** @type {[number, number]} */ (unit));
  const zero = unit ? of(points) : null;
  return { n, values, borders, unit: zero, curve: zero ? refined(levelSet(zero, n, n, window, of), of) : [] };
}

/** A unit before its activation. @param {Layer[]} layers @param {Float64Array} points @param {number} n
 * @param {[number, number]} unit */
export function unitOf(layers, points, n, [l, j]) {
  const layer = layers[l];
  const before = forward(layers.slice(0, l), points, n, true);
  const single = { ...layer, units: 1, weight: layer.weight.subarray(j * layer.inputs, (j + 1) * layer.inputs), bias: layer.bias.subarray(j, j + 1) };
  return affine(single, before, n);
}

/** Heights of two classes; scores of several, row by row; one output of a regression.
 * @param {Layer[]} layers @param {Float64Array} points @param {number} n @param {Decision} decision */
function valuesOf(layers, points, n, decision) {
  const last = layers[layers.length - 1];
  const scores = affine(last, forward(layers.slice(0, -1), points, n, true), n);
  return readOff(last, scores, n, decision);
}

/** The same from the last layer's affine part. @param {Layer} last @param {Float64Array} scores @param {number} n
 * @param {Decision} decision */
export function readOff(last, scores, n, decision) {
  if (decision.kind === 'two') return Float64Array.from({ length: n }, (_, i) => heightOf(last, scores, i));
  if (decision.kind === 'several') return scores;
  const outputs = scores.slice();
  activate(last.activation, outputs, last.units, true);
  return Float64Array.from({ length: n }, (_, i) => outputs[i * last.units + decision.output]);
}

/** Where the answer changes. @param {Layer[]} layers @param {Float64Array} values @param {number} nx @param {number} ny
 * @param {Window} window @param {Decision} decision @param {((points: Float64Array) => Float64Array) | null} again */
export function bordersOf(layers, values, nx, ny, window, decision, again) {
  const curved = (/** @type {Float64Array} */ heights, /** @type {((points: Float64Array) => Float64Array) | null} */ f) => {
    const curves = levelSet(heights, nx, ny, window, f);
    return f ? refined(refined(curves, f), f) : curves;
  };
  if (decision.kind === 'two') return curved(values, again);
  if (decision.kind === 'value') return [];
  const units = layers[layers.length - 1].units;
  const lead = (/** @type {Float64Array} */ scores, /** @type {number} */ n, /** @type {number} */ c) =>
    Float64Array.from({ length: n }, (_, i) => {
      let other = -Infinity;
      for (let k = 0; k < units; k++) if (k !== c) other = Math.max(other, scores[i * units + k]);
      return scores[i * units + c] - other;
    });
  const curves = [];
  for (let c = 0; c < units; c++) {
    curves.push(...curved(lead(values, nx * ny, c), again && ((p) => lead(again(p), p.length / 2, c))));
  }
  return curves;
}

/** From 0 to 1: how sure, and of which class; for a regression where in the range.
 * @param {Float64Array} values @param {number} i @param {Decision} decision @param {number} units @param {[number, number]} range
 * @returns {[number, number]} class (or -1) and certainty */
export function opinion(values, i, decision, units, range) {
  if (decision.kind === 'two') {
    const p = sigmoid(values[i]);
    return p > 0.5 ? [1, 2 * p - 1] : [0, 1 - 2 * p];
  }
  if (decision.kind === 'value') return [-1, Math.min(1, Math.max(0, (values[i] - range[0]) / (range[1] - range[0])))];
  const best = winner(values, i, units);
  let sum = 0;
  for (let k = 0; k < units; k++) sum += Math.exp(values[i * units + k] - values[i * units + best]);
  return [best, Math.max(0, (units / sum - 1) / (units - 1))];
}
