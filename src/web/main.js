// The page's state, and what moves it: sliders, pointer, keys, the address.

import { forward, value } from './math.js';
import { levelSet } from './geometry.js';
import { CanvasPen, SvgPen } from './pen.js';
import { activation, fieldOf, layerName, opinion, unitOf } from './model.js';
import { Journey } from './journey.js';
import { PALETTES, painted, tint } from './colours.js';
import { axisNames, cellsOf, coarseBorders, coarseOf, drawInput, drawStage, inputHeight, pointAt, rangeOf } from './stage.js';
import { at, buildNetwork, describeUnit, element, numberField, paintHistory, paintTiles, repaintHistory, showKey, showTable, showUnit, signed, tilesOf, unitTints } from './panels.js';
import { showArithmetic, showFormula } from './arithmetic.js';
import { sentences } from './captions.js';
import { bindPictures } from './pointer.js';
import { addressOf, readAddress } from './address.js';

/** @typedef {import('./model.js').Run} Run */

/** The resolution of a field at rest. */
const FIELD = 128;

/** What a page that a server feeds does besides: it hands changes on, and draws over input space.
 * @typedef {{ edit: (key: string, x: number, epoch: number) => void, train: () => void, looked: (epoch: number, newest: boolean) => void,
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
    held: /** @type {Map<number, [number, number, number, number]> | null} */ (null),
  };
  readAddress(run, state);

  let journey = new Journey(run, run.layers(state.at, state.edits));
  const { momentName, depthWords, epochWords, summary, caption, inputWords, pointWords } = sentences(run, state, () => journey, followed);
  const tiles = tilesOf(state.at === run.last && !state.edits.size ? journey : new Journey(run, run.layers(run.last, new Map())));
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
  let busy = false;

  // -- the worker ---------------------------------------------------------------------------------------------------
  /** @type {Worker | null} */
  let worker = null;
  try {
    const program = new Blob([at('program').textContent], { type: 'text/javascript' });
    worker = new Worker(URL.createObjectURL(program));
    worker.onmessage = ({ data }) => {
      busy = false;
      if (data.asked === asked) take(data.field);
      else later(askField, 30);
    };
    worker.onerror = () => {
      worker = null;
      busy = false;
    };
  } catch {
    worker = null; // the coarse field stays
  }

  function askField() {
    if (signal.aborted || !worker || busy || run.flat !== 2) return;
    busy = true;
    worker.postMessage({ asked, request: { layers: journey.planar, window: run.window, n: FIELD, decision: run.decision, unit: state.unit } });
  }

  /** @param {ReturnType<typeof fieldOf>} field */
  function take(field) {
    scene.borders = field.borders;
    if (state.unit) scene.curve = field.curve;
    scene.tints = tintsOf(field.values, field.unit, FIELD, FIELD);
    scene.fine = true;
    ask('picture');
  }

  /** @param {Float64Array} values @param {Float64Array | null} unit @param {number} nx @param {number} ny */
  function tintsOf(values, unit, nx, ny) {
    const colours = palette();
    if (unit && state.unit) {
      const lit = unitTints(unit, journey.layers[state.unit[0]].activation);
      return painted(lit, nx, ny, (i) => signed(lit[i], colours));
    }
    const units = journey.layers[count - 1].units;
    const range = run.decision.kind === 'value' ? rangeOf(run) : /** @type {[number, number]} */ ([0, 1]);
    // Few distinct colours: each is mixed once.
    const known = new Map();
    return painted(values, nx, ny, (i) => {
      const [side, sure] = opinion(values, i, run.decision, units, range);
      const key = side * 256 + Math.round(sure * 100);
      let colour = known.get(key);
      if (!colour) known.set(key, (colour = tint([side, Math.round(sure * 100) / 100], colours)));
      return colour;
    });
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

  /** @type {Map<() => void, number>} */
  const timers = new Map();
  /** @param {() => void} work @param {number} wait */
  function later(work, wait) {
    if (timers.has(work)) return;
    timers.set(work, setTimeout(() => {
      timers.delete(work);
      work();
    }, wait));
  }

  function compute() {
    journey = new Journey(run, run.layers(state.at, state.edits));
    const coarse = coarseOf(journey);
    const { nx, ny, points, n } = run.lattice;
    const unit = state.unit && run.flat === 2 ? unitOf(journey.planar, points, n, state.unit) : null;
    scene = {
      coarse, cells: cellsOf(journey, coarse), borders: coarseBorders(journey, coarse), fine: false,
      curve: unit ? levelSet(unit, nx, ny, run.window, null) : [],
      tints: run.flat === 2 ? tintsOf(coarse, unit, nx, ny) : null,
    };
    asked++;
    later(askField, 60);
  }

  function whole() {
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
    advance(now);
    if (stale.network) compute();
    if (stale.picture || stale.network) {
      draw();
      frames++;
      if (!firstPicture) firstPicture = performance.now() - began;
      sliders();
    }
    stale.network = stale.picture = false;
    if (stale.words) {
      // The first words come with the picture, later ones follow at a reading pace.
      if (wordsAt) later(words, Math.max(30, 180 - (now - wordsAt)));
      else words();
    }
    if (playing.what) schedule();
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
    if (signal.aborted) return;
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
    if (!document.activeElement?.closest('#output')) showOutput();
    if (at('table').open) showTable(journey, nearest, axisNames(all, nearest));
    const edited = at('edited');
    edited.hidden = !state.edits.size || live !== null;
    edited.textContent = state.edits.size ? `${state.edits.size} number${state.edits.size === 1 ? '' : 's'} changed by you; the same at every epoch.` : '';
    /** @type {HTMLButtonElement} */ (at('reset')).disabled = !state.edits.size;
    at('reset').hidden = live !== null;
    writeAddress();
  }

  function showOutput() {
    const output = journey.layers[count - 1];
    const fields = element('div', { className: 'fields' });
    for (let k = 0; k < Math.min(output.units, 10); k++) {
      const name = output.units === 1 ? 'b' : `b of ${run.classes[k] ?? run.decision.names[k] ?? k + 1}`;
      fields.append(numberField(name, output.bias[k], state.edits.has(`${count - 1}.${k}.b`), (x) => edit(`${count - 1}.${k}.b`, x)));
    }
    const drag = run.decision.kind === 'two' && output.units === 1 && output.inputs === 2 && count > 1 ? ' Or, at the depth before the output, drag the dashed line itself.' : '';
    at('output').replaceChildren(element('p', { textContent: `Added to the last sum whatever the input is: it moves the border without turning it.${drag}` }), fields);
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

  /** @type {{ what: 'epoch' | 'depth' | null, since: number, from: number }} */
  const playing = { what: null, since: 0, from: 0 };

  /** @param {'epoch' | 'depth'} what */
  function toggle(what) {
    const on = playing.what !== what;
    playing.what = on ? what : null;
    playing.since = 0;
    const [here, end] = what === 'epoch' ? [state.at, run.last] : [state.depth, run.moments.length - 1];
    playing.from = here >= end ? 0 : here;
    buttons();
    if (!on && what === 'epoch') setEpoch(Math.round(state.at));
    ask('words');
  }

  function buttons() {
    for (const [id, what, idle] of [['play', 'epoch', 'Train'], ['walk', 'depth', 'Walk']]) {
      const on = live && what === 'epoch' ? live.training() : playing.what === what;
      at(id).setAttribute('aria-pressed', String(on));
      at(id).textContent = on ? 'Pause' : idle;
    }
  }

  /** @param {number} now */
  function advance(now) {
    if (!playing.what) return;
    if (!playing.since) playing.since = now;
    const seconds = (now - playing.since) / 1000;
    const end = playing.what === 'epoch' ? run.last : run.moments.length - 1;
    const speed = playing.what === 'epoch' ? Math.max(2, run.last / 12) : 0.5;
    let place = Math.min(end, playing.from + seconds * speed);
    // Without motion, the pictures change once a second and nothing glides.
    if (calm.matches) place = Math.min(end, Math.floor(playing.from) + Math.floor(seconds) * Math.max(1, Math.round(speed)));
    if (playing.what === 'epoch') setEpoch(place);
    else if (place !== state.depth) setDepth(place);
    if (place >= end) {
      playing.what = null;
      buttons();
      stale.words = true;
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

  const stop = () => {
    playing.what = null;
    buttons();
  };
  depthSlider.addEventListener('input', () => {
    stop();
    setDepth(Number(depthSlider.value));
  });
  depthSlider.addEventListener('keydown', (event) => {
    const step = /** @type {Record<string, number>} */ ({ ArrowRight: 0.1, ArrowUp: 0.1, ArrowLeft: -0.1, ArrowDown: -0.1, PageUp: 1, PageDown: -1 })[event.key];
    if (step === undefined) return;
    event.preventDefault();
    stop();
    setDepth(Math.abs(step) === 1 ? (step > 0 ? Math.floor(state.depth + 1) : Math.ceil(state.depth - 1)) : Math.round(10 * (state.depth + step)) / 10);
  });
  epochSlider.addEventListener('input', () => {
    stop();
    setEpoch(Number(epochSlider.value));
  });
  at('play').addEventListener('click', () => (live ? live.train() : toggle('epoch')));
  at('walk').addEventListener('click', () => toggle('depth'));
  at('held-out').addEventListener('change', (/** @type {any} */ e) => {
    state.heldOut = e.target.checked;
    ask('picture');
  });
  at('hold').addEventListener('change', (/** @type {any} */ e) => {
    state.held = e.target.checked ? new Map() : null;
    ask('picture');
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
  at('table').addEventListener('toggle', () => ask('words'));
  at('theme').addEventListener('click', () => {
    state.theme = palette() === PALETTES.dark ? 'light' : 'dark';
    dress();
  });
  darkness.addEventListener('change', () => dress(), { signal });
  const sizes = new ResizeObserver(() => ask('picture'));
  sizes.observe(at('stage'));
  addEventListener('hashchange', () => {
    state.edits.clear();
    readAddress(run, state);
    ask('network');
  }, { signal });

  function dress() {
    if (state.theme) document.documentElement.dataset.theme = state.theme;
    showKey(run, palette());
    ask('network');
  }

  // -- files and the address ----------------------------------------------------------------------------------------
  /** @param {string} name @param {Blob} blob */
  function save(name, blob) {
    const link = element('a', { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  function fileName() {
    return `${description.name.replace(/[^\w.-]+/g, '-')}-epoch-${run.epochName(state.at)}`;
  }

  /** The stage as an SVG file's text. */
  function vector() {
    const pen = new SvgPen(stage.clientWidth, stage.clientHeight, palette().paper, `${description.name}: ${caption()}`);
    drawStage(pen, whole(), 22);
    pen.text(`${description.name}: ${depthWords()}, epoch ${run.epochName(state.at)}`, 50, 22, { size: 13, colour: palette().text, weight: 600 });
    return pen.finish();
  }

  at('svg').addEventListener('click', () => save(`${fileName()}.svg`, new Blob([vector()], { type: 'image/svg+xml' })));
  at('png').addEventListener('click', () => {
    const canvas = document.createElement('canvas');
    const pen = new CanvasPen(canvas, stage.clientWidth, stage.clientHeight, 3);
    pen.path([[0, 0, pen.width, 0, pen.width, pen.height, 0, pen.height]], { fill: palette().paper });
    drawStage(pen, whole(), 22);
    pen.text(`${description.name}: ${depthWords()}, epoch ${run.epochName(state.at)}`, 50, 22, { size: 13, colour: palette().text, weight: 600 });
    canvas.toBlob((blob) => blob && save(`${fileName()}.png`, blob));
  });
  at('save-config').addEventListener('click', () => save(`${description.name.replace(/[^\w.-]+/g, '-')}.toml`, new Blob([description.config], { type: 'application/toml' })));
  at('link').addEventListener('click', async () => {
    writeAddress();
    let done = 'The address bar holds it.';
    try {
      await navigator.clipboard.writeText(location.href);
      done = 'Copied.';
    } catch {
      // Without leave for the clipboard the address bar has to do.
    }
    at('link').textContent = done;
    setTimeout(() => (at('link').textContent = 'Link to this state'), 2500);
  });

  function writeAddress() {
    const wanted = addressOf(run, state);
    if (location.hash === wanted || playing.what) return;
    try {
      history.replaceState(null, '', wanted);
    } catch {
      // Some places have no address to write to.
    }
  }

  // -- the first picture --------------------------------------------------------------------------------------------
  const widths = [run.d, ...description.layers.map((/** @type {any} */ l) => l.units)].join(' → ');
  at('title').textContent = description.name;
  at('kind').textContent = `· ${widths} · ${description.data}`;
  at('lead').textContent = run.classes.length
    ? `A network that learns to tell ${run.classes.length} classes apart, every epoch of it and every layer. Drag the depth: space moves through the network, straight until an activation bends it. Drag the epoch: training happens.`
    : `A network that learns to predict ${run.decision.names.join(', ')}, every epoch of it and every layer. Drag the depth: space moves through the network, straight until an activation bends it. Drag the epoch: training happens.`;
  depthSlider.max = String(run.moments.length - 1);
  epochSlider.max = String(run.last);
  at('moments').append(
    ...run.moments.map((moment, m) => {
      const tick = element('button', { type: 'button', textContent: momentName(m), className: moment.kind === 'affine' && m + 1 < run.moments.length ? 'minor' : '' });
      tick.style.left = `${(100 * m) / Math.max(1, run.moments.length - 1)}%`;
      if (moment.kind === 'affine' && run.moments.length > 4) tick.style.top = '1.2rem';
      tick.addEventListener('click', () => {
        stop();
        setDepth(m);
      });
      return tick;
    }),
  );
  at('held-out-label').hidden = run.n === run.train;
  /** @type {HTMLInputElement} */ (at('held-out')).checked = state.heldOut;
  at('which-label').hidden = run.decision.kind !== 'value' || run.decision.names.length < 2;
  at('which').append(...run.decision.names.map((name, k) => element('option', { value: String(k), textContent: name })));
  at('verdict').textContent = summary();
  at('config').textContent = description.config;
  const { train, test, allTrain, allTest } = description.samples;
  const thinned = live ? [
    train + test < allTrain + allTest ? `${train + test} of ${allTrain + allTest} samples are shown, evenly chosen; losses speak of all.` : '',
    `Trained by foldspace ${description.program} on this machine. Nothing is loaded from anywhere else.`,
  ] : [
    description.captured > run.epochs.length ? `The weights of ${run.epochs.length} of ${description.captured} captured epochs are in this file, evenly spread: all of them would make it too large.` : `The weights of all ${run.epochs.length} captured epochs are in this file, bit for bit.`,
    train + test < allTrain + allTest ? `${train + test} of ${allTrain + allTest} samples are shown, evenly chosen; verdicts and losses speak of all.` : '',
    `Made by foldspace ${description.program}. Nothing is loaded from anywhere.`,
  ];
  at('notes').textContent = thinned.filter(Boolean).join(' ');
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
      get state() { return { ...state, frames, firstPicture, fine: scene.fine, dark: palette() === PALETTES.dark, edits: [...state.edits] }; },
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
    stop,
    sentence: (/** @type {string} */ text) => (at('verdict').textContent = text),
    summary,
    edit,
    close: () => {
      closing.abort();
      sizes.disconnect();
      worker?.terminate();
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}

/** Answers for fields. */
export function serve() {
  globalThis.onmessage = (event) => {
    /** @type {any} */ (globalThis).postMessage({ asked: event.data.asked, field: fieldOf(event.data.request) });
  };
}
