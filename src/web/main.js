// The page's state, and what moves it: sliders, pointer, keys, the address.

import { forward, value } from './math.js';
import { levelSet } from './geometry.js';
import { CanvasPen } from './pen.js';
import { activation, fieldOf } from './model.js';
import { journeyOf } from './journey.js';
import { PALETTES } from './colours.js';
import { Fields, tintsOf } from './fields.js';
import { Later } from './later.js';
import { Player } from './player.js';
import { bindSliders } from './sliders.js';
import { showOutput } from './output.js';
import { bindFiles } from './files.js';
import { showForeword } from './foreword.js';
import { axisNames, cellsOf, coarseBorders, coarseOf, drawInput, drawStage, inputHeight, pointAt } from './stage.js';
import { at, buildNetwork, describeUnit, element, paintHistory, paintTiles, repaintHistory, showKey, showTable, showUnit, tilesOf } from './panels.js';
import { showArithmetic, showFormula } from './arithmetic.js';
import { sentences } from './captions.js';
import { bindPictures } from './pointer.js';
import { addressOf, readAddress } from './address.js';

/** @typedef {import('./model.js').Run} Run */

/** The resolution of a field at rest. */
const FIELD = 128;

/** What a page that a server feeds does besides: it hands changes on, and draws over input space.
 * @typedef {{ awaits: (state: any) => boolean, edit: (key: string, x: number, epoch: number) => void, train: () => void, looked: (epoch: number, newest: boolean) => void,
 *   training: () => boolean, over: (pen: import('./pen.js').Pen, map: import('./stage.js').Map2, scene: any) => void,
 *   begin: (event: PointerEvent, map: import('./stage.js').Map2) => ((event: PointerEvent) => void) | null }} Live */

/** Opens a run. @param {Run} run @param {number} began @param {Live | null} live */
export function open(run, began, live) {
  const stage = /** @type {HTMLCanvasElement} */ (at('stage'));
  const inputCanvas = /** @type {HTMLCanvasElement} */ (at('input'));
  const depthSlider = /** @type {HTMLInputElement} */ (at('depth'));
  const epochSlider = /** @type {HTMLInputElement} */ (at('epoch'));
  const description = run.description;
  const count = description.layers.length;
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  const darkness = matchMedia('(prefers-color-scheme: dark)');
  const closing = new AbortController();
  const { signal } = closing;
  const state = {
    at: run.last, depth: 0, sample: 0, place: /** @type {number[] | null} */ (null), unit: /** @type {[number, number] | null} */ (null),
    edits: /** @type {Map<string, number>} */ (new Map()), heldOut: false, theme: /** @type {'light' | 'dark' | null} */ (null),
    held: /** @type {Map<number, [number, number, number, number]> | null} */ (null), table: false, pace: /** @type {number | null} */ (null),
  };
  readAddress(run, state);
  /** The address as this page knows it. */
  let known = location.hash;

  let journey = journeyOf(run, state.at, state.edits);
  const { momentName, depthWords, epochWords, summary, caption, inputWords, pointWords } = sentences(run, state, () => journey, followed);
  const tiles = tilesOf(state.at === run.last && !state.edits.size ? journey : journeyOf(run, run.last, new Map()));
  /** @type {any} */
  let scene = {};
  let stale = { network: true, picture: true, words: true };
  let wordsAt = 0;
  let frames = 0;
  let firstPicture = 0;
  /** @type {ReturnType<typeof drawStage>} */
  let stageMap;
  /** @type {ReturnType<typeof drawInput>} */
  let inputMap;
  let asked = 0;
  const later = new Later();

  const fields = new Fields((number, field) => {
    // What was changed since is computed with the next frame, which asks anew.
    if (stale.network) return;
    if (number !== asked) return later.do(askField, 30);
    refine(field);
  });

  /** @param {ReturnType<typeof fieldOf>} field */
  function refine(field) {
    scene.borders = field.borders;
    if (state.unit) scene.curve = field.curve;
    scene.tints = tintsOf(whole(), field.values, field.unit, field.n, field.n);
    scene.fine = true;
    ask('picture');
  }

  function askField() {
    if (signal.aborted || run.flat !== 2) return;
    if (run.sent) {
      const { field } = run.sent;
      return field && refine(field);
    }
    fields.ask(asked, { layers: journey.planar, window: run.window, n: FIELD, decision: run.decision, unit: state.unit });
  }

  // -- what is shown ------------------------------------------------------------------------------------------------
  function palette() {
    const theme = state.theme ?? (darkness.matches ? 'dark' : 'light');
    return PALETTES[theme];
  }

  function followed() {
    if (state.place) return { place: state.place, x: run.lift(state.place), lane: 0 };
    const i = Math.min(state.sample, run.n - 1);
    return {
      place: Array.from(run.places.subarray(i * run.flat, (i + 1) * run.flat)),
      x: run.features.slice(i * run.d, (i + 1) * run.d),
      lane: journey.lane(i),
    };
  }

  /** @param {'network' | 'picture' | 'words'} what */
  function ask(what) {
    stale[what] = true;
    if (what === 'network') stale.picture = stale.words = true;
    schedule();
  }

  let waiting = false;
  function schedule() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(frame);
  }

  function compute() {
    stale.network = false;
    stale.picture = true;
    journey = journeyOf(run, state.at, state.edits);
    const coarse = coarseOf(journey);
    const { nx, ny } = run.lattice;
    const unit = state.unit && run.flat === 2 ? journey.sums(state.unit) : null;
    scene = {
      coarse, cells: cellsOf(journey, coarse), borders: coarseBorders(journey, coarse), fine: false,
      curve: unit ? levelSet(unit, nx, ny, run.window, null) : [],
      tints: run.flat === 2 ? tintsOf(whole(), coarse, unit, nx, ny) : null,
    };
    asked++;
    later.do(askField, 60);
  }

  /** All that a picture shows, of one and the same state: what was changed since the last frame is computed first. */
  function whole() {
    if (stale.network) compute();
    return { ...scene, run, journey, depth: state.depth, palette: palette(), heldOut: state.heldOut, held: state.held, unit: state.unit, point: followed(), field: null };
  }

  function draw() {
    const scale = Math.min(3, window.devicePixelRatio || 1);
    const all = whole();
    inputCanvas.style.height = `${inputHeight(run, inputCanvas.clientWidth)}px`;
    stageMap = drawStage(new CanvasPen(stage, stage.clientWidth, stage.clientHeight, scale), all);
    const pen = new CanvasPen(inputCanvas, inputCanvas.clientWidth, inputCanvas.clientHeight, scale);
    inputMap = drawInput(pen, all);
    live?.over(pen, inputMap, all);
  }

  /** @param {number} now */
  function frame(now) {
    waiting = false;
    if (signal.aborted) return;
    player.advance(now);
    if (stale.network) compute();
    if (stale.picture) {
      stale.picture = false;
      draw();
      frames++;
      if (!firstPicture) firstPicture = performance.now() - began;
      sliders();
    }
    if (stale.words) {
      // The first words come with the picture, later ones follow at a reading pace.
      if (wordsAt) later.do(words, Math.max(30, 180 - (now - wordsAt)));
      else words();
    }
    if (player.what) schedule();
  }

  // -- words --------------------------------------------------------------------------------------------------------
  function sliders() {
    depthSlider.value = String(state.depth);
    epochSlider.value = String(Math.round(state.at));
    at('depth-says').textContent = depthWords();
    at('epoch-says').textContent = epochWords();
    depthSlider.setAttribute('aria-valuetext', depthWords());
    epochSlider.setAttribute('aria-valuetext', `epoch ${epochWords()}`);
    for (const [m, tick] of [...at('moments').children].entries()) tick.setAttribute('aria-current', String(Math.abs(state.depth - m) < 0.01));
    paintHistory(at('history'), run, state.at, palette(), Math.min(3, window.devicePixelRatio || 1));
  }

  function words() {
    if (signal.aborted || live?.awaits(state)) return;
    stale.words = false;
    wordsAt = performance.now();
    const all = whole();
    const text = caption();
    at('caption').textContent = text;
    const nearest = Math.round(state.depth);
    at('stage-title').textContent = `Space: ${depthWords()}`;
    stage.setAttribute('aria-label', `Space, ${depthWords()}, epoch ${run.epochName(state.at)}. ${pointWords()}`);
    at('input-title').textContent = inputWords();
    inputCanvas.setAttribute('aria-label', `Input space with ${run.n} samples. ${state.unit ? describeUnit(journey, state.unit) : pointWords()}`);
    const layer = Math.max(0, run.moments[Math.min(run.moments.length - 1, Math.ceil(state.depth) || 1)].layer);
    paintTiles(journey, state.unit, palette());
    showFormula(journey, layer, all.point.x);
    const shownTiles = tiles.map((units, l) => (state.unit && state.unit[0] === l && !units.includes(state.unit[1]) ? [...units, state.unit[1]] : units));
    showArithmetic(journey, all.point.x, shownTiles);
    at('point-says').textContent = pointWords();
    if (!document.activeElement?.closest('#unit')) showUnit(journey, state.unit, state.edits, edit);
    if (!document.activeElement?.closest('#output')) showOutput(run, journey.layers, state.edits, edit);
    if (at('table').open) showTable(journey, nearest, axisNames(all, nearest));
    const edited = at('edited');
    edited.hidden = !state.edits.size || live !== null;
    edited.textContent = state.edits.size ? `${state.edits.size} number${state.edits.size === 1 ? '' : 's'} changed by you; the same at every epoch.` : '';
    /** @type {HTMLButtonElement} */ (at('reset')).disabled = !state.edits.size;
    at('reset').hidden = live !== null;
    writeAddress();
  }

  // -- changes ------------------------------------------------------------------------------------------------------
  /** @param {string} key @param {number} x */
  function edit(key, x) {
    // A network that is trained holds floats of 32 bits.
    state.edits.set(key, live ? Math.fround(x) : x);
    live?.edit(key, x, run.epochs[Math.round(state.at)]);
    ask('network');
  }

  /** @param {[number, number]} unit */
  function choose(unit) {
    state.unit = state.unit && state.unit[0] === unit[0] && state.unit[1] === unit[1] ? null : unit;
    ask('network');
  }

  /** @param {number} depth */
  function setDepth(depth) {
    state.depth = Math.min(run.moments.length - 1, Math.max(0, Math.round(depth * 1000) / 1000));
    ask('picture');
    ask('words');
  }

  /** @param {number} epoch */
  function setEpoch(epoch) {
    const next = Math.min(run.last, Math.max(0, epoch));
    if (next === state.at) return;
    state.at = next;
    live?.looked(run.epochs[Math.round(next)], next === run.last);
    ask('network');
  }

  const player = new Player({
    calm,
    ends: () => ({ epoch: [state.at, run.last], depth: [state.depth, run.moments.length - 1] }),
    move: (what, place) => (what === 'epoch' ? setEpoch(place) : place !== state.depth && setDepth(place)),
    changed: () => {
      buttons();
      ask('words');
    },
  });

  function buttons() {
    for (const [id, what, idle] of [['play', 'epoch', 'Train'], ['walk', 'depth', 'Walk']]) {
      const on = live && what === 'epoch' ? live.training() : player.what === what;
      at(id).setAttribute('aria-pressed', String(on));
      at(id).textContent = on ? 'Pause' : idle;
    }
  }

  // -- pointer and keys ---------------------------------------------------------------------------------------------
  /** @param {number} i */
  function follow(i) {
    state.sample = i;
    state.place = null;
    ask('picture');
    ask('words');
  }

  bindPictures({ run, state, stage, inputCanvas, journey: () => journey, whole, follow, stageMap: () => stageMap, inputMap: () => inputMap, ask, edit, begin: live ? live.begin : null });

  const stop = () => player.stop();
  bindSliders({ stop, setDepth, setEpoch, depth: () => state.depth });
  at('play').addEventListener('click', () => (live ? live.train() : player.toggle('epoch')));
  at('walk').addEventListener('click', () => player.toggle('depth'));
  at('held-out').addEventListener('change', (/** @type {any} */ e) => {
    state.heldOut = e.target.checked;
    ask('picture');
    ask('words');
  });
  at('hold').addEventListener('change', (/** @type {any} */ e) => {
    state.held = e.target.checked ? new Map() : null;
    ask('picture');
    ask('words');
  });
  at('which').addEventListener('change', (/** @type {any} */ e) => {
    run.decision.output = Number(e.target.value);
    showKey(run, palette());
    ask('network');
  });
  at('reset').addEventListener('click', () => {
    state.edits.clear();
    /** @type {HTMLElement} */ (document.activeElement)?.blur();
    ask('network');
  });
  at('table').addEventListener('toggle', () => {
    state.table = at('table').open;
    ask('words');
  });
  at('theme').addEventListener('click', () => {
    state.theme = palette() === PALETTES.dark ? 'light' : 'dark';
    dress();
  });
  darkness.addEventListener('change', () => dress(), { signal });
  const sizes = new ResizeObserver(() => ask('picture'));
  sizes.observe(at('stage'));
  addEventListener('hashchange', () => {
    known = location.hash;
    readAddress(run, state);
    showToggles();
    dress();
  }, { signal });

  /** The settings' controls as the state has them. */
  function showToggles() {
    at('held-out').checked = state.heldOut;
    at('hold').checked = state.held !== null;
    at('which').value = String(run.decision.output ?? 0);
    at('table').open = state.table;
  }

  function dress() {
    if (state.theme) document.documentElement.dataset.theme = state.theme;
    else delete document.documentElement.dataset.theme;
    showKey(run, palette());
    ask('network');
  }

  // -- files and the address ----------------------------------------------------------------------------------------
  const vector = bindFiles({ run, state, stage, whole, palette, caption, depthWords, writeAddress });

  function writeAddress() {
    const wanted = addressOf(run, state);
    // Another link, which is about to be read, is not written over.
    if (location.hash !== known || location.hash === wanted || player.what) return;
    try {
      history.replaceState(null, '', wanted);
      known = location.hash;
    } catch {
      // Some places have no address to write to.
    }
  }

  // -- the first picture --------------------------------------------------------------------------------------------
  showForeword(run, live !== null, momentName, (m) => {
    stop();
    setDepth(m);
  });
  showToggles();
  at('verdict').textContent = summary();
  buildNetwork(journey, tiles, choose);
  if (state.theme) document.documentElement.dataset.theme = state.theme;
  showKey(run, palette());
  frame(performance.now());

  /** For a console: the page's own numbers. */
  Object.assign(globalThis, {
    foldspace: {
      epochs: run.epochs,
      /** @param {number} k @param {number[]} x */
      forward: (k, x) => Array.from(forward(run.layers(k, new Map()), Float64Array.from(x), 1, false)),
      /** @param {any} spelt @param {number[]} z */
      activation: (spelt, z) => z.map((x) => value(activation(spelt), x)),
      point: () => Array.from(pointAt(whole(), Math.round(state.depth))),
      layers: (/** @type {number} */ k) => run.layers(k, state.edits).map((l) => ({ weight: Array.from(l.weight), bias: Array.from(l.bias) })),
      sample: (/** @type {number} */ i) => Array.from(run.features.subarray(i * run.d, (i + 1) * run.d)),
      get state() { return { ...state, frames, firstPicture, fine: scene.fine && !stale.network, dark: palette() === PALETTES.dark, edits: [...state.edits] }; },
      svg: vector,
      /** Where a place of the stage lies in the window. @param {number} x @param {number} y */
      onStage: (x, y) => [stage.getBoundingClientRect().left + stageMap.x(x), stage.getBoundingClientRect().top + stageMap.y(y)],
    },
  });

  return {
    /** The state, to be taken over by the page of another run. */
    get state() { return state; },
    get journey() { return journey; },
    /** An epoch has come; with `follow` it is shown. @param {boolean} follow */
    grown: (follow) => {
      epochSlider.max = String(run.last);
      if (follow) {
        state.at = run.last;
        ask('network');
      } else ask('picture');
      repaintHistory();
      buttons();
    },
    /** @param {'network' | 'picture' | 'words'} what */
    ask,
    askField,
    stop,
    sentence: (/** @type {string} */ text) => (at('verdict').textContent = text),
    summary,
    edit,
    close: () => {
      closing.abort();
      sizes.disconnect();
      fields.end();
      later.end();
    },
  };
}

/** Answers for fields. */
export function serve() {
  globalThis.onmessage = (event) => {
    /** @type {any} */ (globalThis).postMessage({ asked: event.data.asked, field: fieldOf(event.data.request) });
  };
}
