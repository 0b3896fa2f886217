// The page that a program feeds: frames in, changes out. In a worker: fields, and nothing else.

import { at } from './panels.js';
import { open, serve } from './main.js';
import { saveFile } from './files.js';
import { Wire, begin, grow, keep, weightsOf } from './wire.js';
import { Looks } from './looks.js';
import { Drawing, drawOther, drawPoints } from './draw.js';
import { buildControls } from './controls.js';

/** The token, out of the address at once: it is nobody's to copy. */
function tokenOf() {
  const given = /(?:^#|&)token=([0-9a-f]{32})/.exec(location.hash);
  if (given) {
    sessionStorage.setItem('token', given[1]);
    history.replaceState(null, '', location.hash.replace(/token=[0-9a-f]+&?/, ''));
  }
  return given?.[1] ?? sessionStorage.getItem('token') ?? '';
}

/** Takes out of the address what was said of another network. @param {string[]} keys */
function forgetInAddress(keys) {
  const parts = new URLSearchParams(location.hash.slice(1));
  for (const key of keys) parts.delete(key);
  history.replaceState(null, '', `#${parts}`);
}

/** What is different where the program computes. @param {import('./model.js').Run} run */
function largeWords(run) {
  return `A network of ${String(run.description.live.large).replace(/\B(?=(\d{3})+$)/g, '\u202f')} parameters is more than a page computes with: foldspace evaluates it, and this page draws what it is sent, on coarser paper while it trains. Drag the depth: space moves through the network, straight until an activation bends it. The epoch slider holds the epochs that foldspace keeps. A unit’s share is in the next layer’s input; of another branch the loss can be compared, not the border.`;
}

function play() {
  const main = /** @type {HTMLElement} */ (document.querySelector('main'));
  const blank = /** @type {HTMLElement} */ (main.cloneNode(true));
  let shown = main;
  main.querySelectorAll('section, footer').forEach((part) => (/** @type {HTMLElement} */ (part).hidden = true));
  at('title').textContent = 'foldspace play';
  at('lead').textContent = 'Waiting for the program …';

  /** @type {any} */
  let scene = null;
  /** @type {any} */
  let frame = null;
  /** @type {import('./model.js').Run | null} */
  let run = null;
  /** @type {ReturnType<typeof open> | null} */
  let page = null;
  let stale = false;
  let looked = /** @type {number | null} */ (null);
  let frames = 0;

  const redraw = () => page?.ask('picture');
  const drawing = new Drawing(redraw);
  const controls = buildControls(say, drawing, redraw, compare);
  const wire = new Wire(tokenOf(), heard, lost);
  const looks = new Looks(wire);

  /** Tells the program; the speed stands in the address too. @param {any} message */
  function say(message) {
    if (message.pace && page) {
      page.state.pace = message.pace.epochs;
      page.ask('words');
    }
    wire.say(message);
  }

  function compare() {
    if (run) run.beside = controls.compared?.curve ?? null;
    page?.grown(page.state.at === run?.last);
  }

  const live = {
    awaits: (/** @type {any} */ state) => Boolean(run?.sent) && !looks.has(state, ['epoch', 'unit', 'point']),
    edit: (/** @type {string} */ key, /** @type {number} */ value, /** @type {number} */ epoch) => {
      const [layer, unit, input] = key.split('.');
      wire.say({ change: { edit: { epoch, layer: Number(layer), unit: Number(unit), ...(input === 'b' ? {} : { input: Number(input) }), value } } });
    },
    train: () => {
      if (frame.training) return wire.say({ train: { on: false } });
      if (looked !== null) wire.say({ change: { rewind: { epoch: looked } } });
      wire.say({ train: { on: true } });
    },
    looked: (/** @type {number} */ epoch, /** @type {boolean} */ newest) => {
      looked = newest ? null : epoch;
      if (!newest && frame.training) wire.say({ train: { on: false } });
      controls.showTransport(frame, looked);
    },
    training: () => Boolean(frame?.training),
    over: (/** @type {any} */ pen, /** @type {any} */ map, /** @type {any} */ all) => {
      // Where the page was moved to is seen with the next answer.
      if (page && run === looks.run && !stale) looks.ask(page.state);
      const other = controls.compared;
      if (other?.weights) drawOther(pen, map, all, Float64Array.from(other.weights));
      if (drawing.points.length && run) drawPoints(pen, map, run, all.palette, drawing);
    },
    begin: (/** @type {PointerEvent} */ event, /** @type {any} */ map) => (run ? drawing.begin(event, map, run) : null),
  };

  /** @param {any} head @param {ArrayBuffer} numbers */
  async function heard(head, numbers) {
    if (head.kind === 'log') return saveFile('play.json', new Blob([numbers], { type: 'application/json' }));
    if (head.kind === 'scene') {
      scene = head;
      stale = true;
      wire.has.scene = head.number;
      wire.has.epoch = 0; // all of the curve
      wire.pull();
      return;
    }
    frame = head;
    wire.has.frame = head.number;
    wire.has.epoch = head.epoch;
    for (const [number, text] of head.notes) {
      wire.has.note = number;
      controls.status.textContent = text;
    }
    const large = scene?.run.live.large;
    if (large) {
      if (head.scene === scene.number) await follow(head, numbers);
    } else if (!stale && run && page) {
      const follow = page.state.at === run.last;
      grow(run, head, weightsOf(head, numbers));
      if (!follow) page.state.at = Math.max(0, run.epochs.findLastIndex((/** @type {number} */ e) => e <= (looked ?? 0)));
      if (page.state.edits.size) settleEdits(page.state.edits, run.layers(run.last, new Map()));
      page.grown(follow);
    } else if (scene && head.scene === scene.number) {
      run = await begin(scene, head, weightsOf(head, numbers), run);
      reopen();
    }
    frames++;
    if (page) controls.showTransport(frame, looked);
    // The next one when this one is drawn.
    requestAnimationFrame(() => (large && looks.run && !stale ? looks.ask(run === looks.run ? page?.state : null) : wire.pull()));
  }

  /** A frame of a network that the program computes. @param {any} head @param {ArrayBuffer} numbers */
  async function follow(head, numbers) {
    if (stale || !looks.run) {
      looks.begin(await begin(scene, head, new Float64Array(0), null));
      stale = false;
    }
    const next = /** @type {import('./model.js').Run} */ (looks.run);
    const newest = page?.state.at === run?.last;
    keep(next, head);
    const news = looks.take(head, numbers);
    if (run !== next || !page) {
      if (news) {
        run = next;
        reopen();
      }
      return;
    }
    const { state } = page;
    state.at = newest ? run.last : Math.max(0, run.epochs.findLastIndex((e) => e <= (looked ?? 0)));
    if (news === 'pictures') {
      settleEdits(state.edits, run.sent.layers);
      page.grown(newest);
      page.ask('network');
    } else if (news === 'field') page.askField();
    else page.ask('words');
    page.ask('picture');
  }

  /** What was changed by hand stays on the page until the program has it, or has refused it. @param {Map<string, number>} edits
   * @param {import('./math.js').Layer[]} layers */
  function settleEdits(edits, layers) {
    for (const [key, value] of edits) {
      const [l, unit, input] = key.split('.').map(Number);
      const { weight, bias, inputs } = layers[l];
      const there = Number.isNaN(input) ? bias[unit] : weight[unit * inputs + input];
      if (frame.training || frame.notes.length || there === value) edits.delete(key);
    }
  }

  /** The page around another run; depth, unit and point stay, as the address has them. */
  function reopen() {
    if (!run) return;
    stale = false;
    looked = null;
    const before = page?.state;
    page?.close();
    page = null;
    if (before) forgetInAddress(['edits', 'hold', 'output']);
    const focus = document.activeElement?.id;
    const scroll = scrollY;
    const fresh = /** @type {HTMLElement} */ (blank.cloneNode(true));
    shown.replaceWith(fresh);
    shown = fresh;
    at('verdict').after(controls.transport, controls.status);
    document.querySelector('.figure')?.after(controls.root);
    document.querySelector('.toggles')?.after(controls.drawBox);
    controls.show(scene);
    run.beside = controls.compared?.curve ?? null;
    page = open(run, 0, live);
    const { state } = page;
    state.at = run.last;
    if (!before && state.pace !== null) {
      wire.say({ pace: { epochs: state.pace } });
      frame.pace = state.pace;
    }
    if (before) {
      state.depth = Math.min(before.depth, run.moments.length - 1);
      state.theme = before.theme;
    }
    page.grown(true);
    page.sentence(run.sent && run.classes.length ? 'Whether the classes are separable is not judged of a network this large.' : 'Verdicts are given when training stands still.');
    if (run.sent) at('lead').textContent = largeWords(run);
    scrollTo(0, scroll);
    if (focus && document.activeElement === document.body) document.getElementById(focus)?.focus();
  }

  function lost() {
    const trouble = at('trouble');
    trouble.hidden = false;
    trouble.textContent = 'The program has ended, or this page lacks its token. Start foldspace play again and open the address that it prints.';
  }

  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', (event) => {
    event.preventDefault();
    controls.takeFile(event.dataTransfer?.files[0]);
  });
  Object.assign(globalThis, { played: { get frame() { return frame; }, get frames() { return frames; }, get run() { return run; }, get page() { return page; }, wire, drawing } });
}

if (typeof document === 'undefined') serve();
else play();
