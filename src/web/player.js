// What moves by itself: the epoch or the depth, from where it is to its end.

/** @typedef {'epoch' | 'depth'} Moving */

/** Moves one of the two at a time; nothing moves before it is told to. */
export class Player {
  /** `ends` are where each is and where it ends, `move` takes it to a place, `changed` hears of beginnings and ends.
   * @param {{ calm: MediaQueryList, ends: () => Record<Moving, [number, number]>, move: (what: Moving, place: number) => void, changed: () => void }} world */
  constructor(world) {
    this.world = world;
    /** @type {Moving | null} */
    this.what = null;
    this.since = 0;
    this.from = 0;
  }

  /** @param {Moving} what */
  toggle(what) {
    const on = this.what !== what;
    this.what = on ? what : null;
    this.since = 0;
    const [here, end] = this.world.ends()[what];
    this.from = here >= end ? 0 : here;
    if (!on && what === 'epoch') this.world.move(what, Math.round(here));
    this.world.changed();
  }

  stop() {
    if (!this.what) return;
    this.what = null;
    this.world.changed();
  }

  /** To where it is by now. @param {number} now */
  advance(now) {
    const { what } = this;
    if (!what) return;
    if (!this.since) this.since = now;
    const seconds = (now - this.since) / 1000;
    const [, end] = this.world.ends()[what];
    const speed = what === 'epoch' ? Math.max(2, end / 12) : 0.5;
    let place = Math.min(end, this.from + seconds * speed);
    // Without motion, the pictures change once a second and nothing glides.
    if (this.world.calm.matches) place = Math.min(end, Math.floor(this.from) + Math.floor(seconds) * Math.max(1, Math.round(speed)));
    this.world.move(what, place);
    if (place >= end) this.stop();
  }
}
