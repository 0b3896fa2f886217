// Work that is put off, once however often it is asked for.

export class Later {
  constructor() {
    /** @type {Map<() => void, number>} */
    this.timers = new Map();
  }

  /** @param {() => void} work @param {number} wait in milliseconds */
  do(work, wait) {
    if (this.timers.has(work)) return;
    this.timers.set(work, setTimeout(() => {
      this.timers.delete(work);
      work();
    }, wait));
  }

  end() {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }
}
