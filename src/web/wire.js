// The socket to the program, and the run as it grows.

import { unpack } from './archive.js';
import { Run } from './model.js';

/** Numbers in the weights of all epochs that the page holds. */
const MOST_NUMBERS = 3_000_000;

/** A connection: says things, and asks for the next frame when the last is drawn. */
export class Wire {
  /** @param {string} token @param {(head: any, numbers: ArrayBuffer) => void} heard @param {() => void} lost */
  constructor(token, heard, lost) {
    this.has = { scene: 0, frame: 0, epoch: 0, note: 0 };
    this.socket = new WebSocket(`ws://${location.host}/socket`);
    this.socket.binaryType = 'arraybuffer';
    this.socket.onopen = () => {
      this.socket.send(JSON.stringify({ token }));
      this.pull();
    };
    this.socket.onmessage = ({ data }) => {
      const length = new DataView(data).getUint32(0, true);
      const head = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
      heard(head, data.slice(4 + length));
    };
    this.socket.onclose = lost;
  }

  /** @param {any} message */
  say(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  pull() {
    this.say({ pull: this.has });
  }
}

/** The weights of a frame, widened. @param {any} head @param {ArrayBuffer} numbers */
export function weightsOf(head, numbers) {
  return head.width === 4 ? Float64Array.from(new Float32Array(numbers)) : new Float64Array(numbers);
}

/** Whether two descriptions are of networks of one shape. @param {any} a @param {any} b */
function sameShape(a, b) {
  const shape = (/** @type {any} */ d) => JSON.stringify([d.features.length, d.layers.map((/** @type {any} */ l) => [l.inputs, l.units])]);
  return shape(a) === shape(b);
}

/** A run that begins with a frame; what an older run knows of the same past is taken over.
 * @param {any} scene @param {any} head @param {Float64Array} weights @param {Run | null} before */
export async function begin(scene, head, weights, before) {
  const description = scene.run;
  const { branch, from } = description.live;
  const old = before?.description;
  const kin = before && sameShape(old, description) && (old.live.branch === branch || (from !== null && old.live.branch === from));
  Object.assign(description, { epochs: [head.epoch], captured: 1, weightWidth: head.width, metrics: [], verdicts: { separable: [null], from: null, all_judged: false, rank: [[]], dead: [[]] } });
  const targets = description.target.kind === 'classes' ? 1 : description.target.names.length;
  const columns = description.features.length + (description.plane?.slice ? 2 : 0) + targets;
  const run = new Run(description, await unpack(scene.samples, description.sampleWidth, columns), weights);
  if (kin) {
    let rows = 0;
    while (rows < before.epochs.length && before.epochs[rows] < head.epoch) rows++;
    const size = run.size;
    const joined = new Float64Array((rows + 1) * size);
    joined.set(before.weights.subarray(0, rows * size));
    joined.set(weights, rows * size);
    run.weights = joined;
    run.epochs.unshift(...before.epochs.slice(0, rows));
    for (const key of ['separable', 'rank', 'dead']) description.verdicts[key].unshift(...old.verdicts[key].slice(0, rows));
  }
  settle(run, head);
  return run;
}

/** An epoch more. Where the rows become too many, every other one goes. @param {Run} run @param {any} head
 * @param {Float64Array} weights */
export function grow(run, head, weights) {
  const { verdicts } = run.description;
  const columns = ['separable', 'rank', 'dead'];
  while (run.epochs.length && run.epochs[run.last] >= head.epoch) {
    run.epochs.pop();
    for (const key of columns) verdicts[key].pop();
  }
  const most = Math.min(240, Math.max(16, Math.floor(MOST_NUMBERS / run.size)));
  if (run.epochs.length >= most) {
    let kept = 0;
    for (let k = 0; k < run.epochs.length; k += 2, kept++) {
      run.weights.copyWithin(kept * run.size, k * run.size, (k + 1) * run.size);
      run.epochs[kept] = run.epochs[k];
      for (const key of columns) verdicts[key][kept] = verdicts[key][k];
    }
    run.epochs.length = kept;
    for (const key of columns) verdicts[key].length = kept;
  }
  const needed = (run.epochs.length + 1) * run.size;
  if (run.weights.length < needed) {
    const larger = new Float64Array(Math.min(most, 2 * (run.epochs.length + 1)) * run.size);
    larger.set(run.weights.subarray(0, run.epochs.length * run.size));
    run.weights = larger;
  }
  run.weights.set(weights, run.epochs.length * run.size);
  run.epochs.push(head.epoch);
  verdicts.separable.push(null);
  verdicts.rank.push([]);
  verdicts.dead.push([]);
  settle(run, head);
}

/** An epoch more of a network that the program computes: the epochs that can be looked at are those it keeps.
 * @param {Run} run @param {any} head */
export function keep(run, head) {
  const { verdicts } = run.description;
  const places = head.kept.map((/** @type {number} */ epoch) => run.epochs.indexOf(epoch));
  for (const [key, none] of Object.entries({ separable: null, rank: [], dead: [] })) {
    verdicts[key] = places.map((/** @type {number} */ k) => verdicts[key][k] ?? none);
  }
  run.epochs.splice(0, run.epochs.length, ...head.kept);
  settle(run, head);
}

/** The curve, and what was proved of a network that stands still. @param {Run} run @param {any} head */
function settle(run, head) {
  const { description } = run;
  const { verdicts } = description;
  description.planned = head.epochs;
  if (head.verdict) {
    verdicts.separable[run.last] = head.verdict.separable ?? null;
    verdicts.rank[run.last] = head.verdict.rank ?? [];
    verdicts.dead[run.last] = head.verdict.dead ?? [];
  }
  const held = new Set(run.epochs);
  const fresh = new Set(head.curve.map((/** @type {number[]} */ row) => row[0]));
  const rows = description.metrics.filter((/** @type {number[]} */ row) => row[0] < head.epoch && !fresh.has(row[0]) && (row[0] % head.stride === 0 || held.has(row[0])));
  rows.push(...head.curve);
  if (head.last && !fresh.has(head.epoch)) rows.push(head.last);
  description.metrics = rows.sort((/** @type {number[]} */ a, /** @type {number[]} */ b) => a[0] - b[0]);
}
