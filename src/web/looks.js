// What the page asks to see of a network that is too large to compute with here.

import { readAddress } from './address.js';
import { Sent, arraysOf, roomFor } from './sent.js';

/** Places along a side of a field at rest. */
const PLACES = 128;

/** Looks whose answers may still come. */
const MOST_LOOKS = 30;

/** Asks for what the page lacks: first something coarse, then all points of the paper, then a field. */
export class Looks {
  /** @param {import('./wire.js').Wire} wire */
  constructor(wire) {
    this.wire = wire;
    this.number = 0;
    /** @type {Map<number, any>} */
    this.looks = new Map();
    this.asked = '';
    this.answered = true;
    /** @type {any} */
    this.frame = null;
    /** @type {import('./model.js').Run | null} */
    this.run = null;
    /** @type {ReturnType<typeof roomFor>} */
    this.room = [];
    /** What the page will show first. @type {any} */
    this.first = null;
  }

  /** A network of another scene. @param {import('./model.js').Run} run */
  begin(run) {
    this.run = run;
    this.room = roomFor(run);
    this.asked = '';
    this.first = { sample: 0, place: null, unit: null, edits: new Map() };
    readAddress(run, this.first);
    this.first.at = run.last;
  }

  /** What a state of the page is about; without a page, what it will begin with. @param {any} state */
  aim(state) {
    const run = /** @type {import('./model.js').Run} */ (this.run);
    state ??= this.first;
    const at = Math.round(state.at);
    return { epoch: at === run.last ? null : run.epochs[at], unit: state.unit, point: state.place ? { place: state.place } : { sample: Math.min(state.sample, run.n - 1) } };
  }

  /** Whether an answer is about what a state is about. @param {any} state @param {('epoch' | 'unit' | 'point')[]} keys */
  has(state, keys) {
    const look = this.run?.sent?.look;
    const aim = this.aim(state);
    return Boolean(look) && keys.every((key) => JSON.stringify(look[key]) === JSON.stringify(aim[key]));
  }

  /** Asks for what a state of the page lacks; where it lacks nothing, for the next epoch. @param {any} state */
  ask(state) {
    const { run, frame } = this;
    if (!run) return;
    const { sent, lattice } = run;
    const aim = this.aim(state);
    /** @type {any} */
    let what = 'coarse';
    let wait = false;
    if (!sent || sent.number !== frame.number || !this.has(state, ['epoch', 'unit'])) wait = false;
    else if (!this.has(state, ['point'])) what = 'point';
    else if (frame.training && aim.epoch === null) wait = true;
    else if (!sent.fine) what = 'fine';
    else if (run.flat === 2 && !sent.detail) what = { field: PLACES };
    else wait = true;
    const look = { ...aim, what, tiles: sent?.sight.tiles ?? [], window: run.window, grid: [lattice.nx, lattice.ny] };
    const asked = JSON.stringify([look, frame.number, wait]);
    if (asked === this.asked && !this.answered) return;
    this.asked = asked;
    this.answered = false;
    const number = ++this.number;
    this.looks.set(number, look);
    if (this.looks.size > MOST_LOOKS) this.looks.delete(number - MOST_LOOKS);
    this.wire.say({ pull: { ...this.wire.has, frame: wait ? frame.number : 0, look: { ...look, number } } });
  }

  /** Takes an answer; what is new. @param {any} head @param {ArrayBuffer} numbers
   * @returns {'pictures' | 'point' | 'field' | null} */
  take(head, numbers) {
    this.frame = head;
    this.answered = true;
    const { sight } = head;
    const look = sight && this.looks.get(sight.look);
    const { run } = this;
    if (!look || !run) return null;
    const arrays = arraysOf(sight.parts, numbers);
    const { sent } = run;
    const same = sent?.number === head.number && JSON.stringify([sent.look.epoch, sent.look.unit]) === JSON.stringify([look.epoch, look.unit]);
    // With a note comes what is known already.
    const known = same && sight.what === 'coarse';
    if (!known && (sight.what === 'coarse' || sight.what === 'fine')) {
      sight.unit = look.unit;
      run.sent = Object.assign(new Sent(run, this.room, sight, arrays), { number: head.number, look });
      return 'pictures';
    }
    if (!sent || !same) return null;
    if (sight.what === 'field') {
      sent.detail = arrays;
      return 'field';
    }
    sent.look = look;
    sent.numbers(sight, arrays);
    return 'point';
  }
}
