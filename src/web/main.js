// The page's state, and what moves it: sliders, pointer, keys, the address. In a worker: fields, and nothing else.

import { forward, value } from './math.js';
import { levelSet } from './geometry.js';
import { CanvasPen, SvgPen } from './pen.js';
import { Journey, activation, fieldOf, layerName, opinion, readRun, unitOf } from './model.js';
import { PALETTES, arrowOf, axisNames, cellsOf, coarseBorders, coarseOf, drawInput, drawStage, inputHeight, painted, percent, pointAt, rangeOf, tint } from './stage.js';
import { activationName, answerOf, at, buildNetwork, describeUnit, element, num, paintHistory, paintTiles, numberField, showArithmetic, showFormula, showKey, showTable, showUnit, signed, tilesOf, unitTints } from './panels.js';

/** @typedef {import('./model.js').Run} Run */

/** The resolution of a field at rest. */
const FIELD = 128;

/** @param {Run} run @param {number} began */
function open(run, began) {
  const stage = /** @type {HTMLCanvasElement} */ (at('stage'));
  const inputCanvas = /** @type {HTMLCanvasElement} */ (at('input'));
  const depthSlider = /** @type {HTMLInputElement} */ (at('depth'));
  const epochSlider = /** @type {HTMLInputElement} */ (at('epoch'));
  const description = run.description;
  const count = description.layers.length;
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  const darkness = matchMedia('(prefers-color-scheme: dark)');
  const last = run.epochs.length - 1;
  const state = {
    at: last, depth: 0, sample: 0, place: /** @type {number[] | null} */ (null), unit: /** @type {[number, number] | null} */ (null),
    edits: /** @type {Map<string, number>} */ (new Map()), heldOut: false, theme: /** @type {'light' | 'dark' | null} */ (null),
    held: /** @type {Map<number, [number, number, number, number]> | null} */ (null),
  };
  readAddress();

  let journey = new Journey(run, run.layers(state.at, state.edits));
  const tiles = tilesOf(state.at === last && !state.edits.size ? journey : new Journey(run, run.layers(last, new Map())));
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
    if (!worker || busy || run.flat !== 2) return;
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
    inputMap = drawInput(new CanvasPen(inputCanvas, inputCanvas.clientWidth, inputCanvas.clientHeight, scale), all);
  }

  /** @param {number} now */
  function frame(now) {
    waiting = false;
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
      // Words follow at a reading pace.
      later(words, Math.max(30, 180 - (now - wordsAt)));
    }
    if (playing.what) schedule();
  }

  // -- words --------------------------------------------------------------------------------------------------------
  function momentName(/** @type {number} */ m) {
    const { kind, layer } = run.moments[m];
    if (kind === 'input') return 'input';
    const name = layerName(description.layers[layer], layer, count);
    return kind === 'affine' ? `${name}: W ${layer ? 'h' : 'x'} + b` : `${name}: ${activationName(journey.layers[layer].activation)}`;
  }

  function depthWords() {
    const m = Math.floor(state.depth);
    const t = state.depth - m;
    if (t === 0) return m === 0 ? 'input space' : `after ${momentName(m)}`;
    return `${Math.round(100 * t)} % of the way through ${momentName(m + 1)}`;
  }

  function metricsAt() {
    const epoch = run.epochs[Math.round(state.at)];
    return description.metrics.find((/** @type {number[]} */ row) => row[0] === epoch);
  }

  function epochWords() {
    const row = metricsAt();
    const accuracy = row && row[2] !== null ? `, accuracy ${percent(row[2])}` : '';
    return `${run.epochName(state.at)} of ${run.epochs[last]}${row && row[1] !== null ? `: loss ${num(row[1], 3)}${accuracy}` : ': before training'}`;
  }

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

  function motionWords() {
    const m = Math.floor(state.depth);
    const t = state.depth - m;
    if (state.depth === 0) {
      const note = description.plane?.note;
      return run.flat === 2 ? `The plane that the network is given, on graph paper. ${note ?? ''}` : `The one feature the network is given, as a line; the height of a sample is its ${run.classes.length ? 'class’s lane' : 'target'}.`;
    }
    if (t === 0) {
      const k = journey.width(m);
      const { kind, layer } = run.moments[m];
      const view = journey.view(m);
      const where = `${kind === 'affine' ? 'After the affine part of' : 'After'} ${layerName(description.layers[layer], layer, count)}, space has ${k} dimension${k === 1 ? '' : 's'}`;
      if (view) return `${where}; shown is a plane through it with ${percent(view.share)} of the samples’ variance.`;
      const straight = m === journey.scores - 1 && run.decision.kind === 'two' ? ' Here the output cuts space along a straight line, dashed: the curved border, seen from inside.' : '';
      const right = !run.classes.length && k === 1 && m === run.moments.length - 1 ? ' On the dashed diagonal the output is the target.' : '';
      return `${where}.${straight}${right}`;
    }
    const { kind, layer } = run.moments[m + 1];
    if (kind === 'activation') return `The activation ${activationName(journey.layers[layer].activation)} bends space: each coordinate by itself. This is the only step that bends; straight paper lines curve here.`;
    const motion = journey.motion(m + 1);
    const degrees = (/** @type {number} */ angle) => `${num((angle * 180) / Math.PI, 3)}°`;
    if (motion) {
      const { inward, scale, out } = motion.parts;
      const steps = [`turn by ${degrees(inward)}`, `scale by ${num(scale[0], 3)} and ${num(scale[1], 3)}`, `turn by ${degrees(out)}`, `shift by (${[...motion.bias].map((b) => num(b, 3)).join(', ')})`];
      const k = Math.min(3, Math.floor(4 * t));
      return `The affine part W ${layer ? 'h' : 'x'} + b, as ${steps.map((step, i) => (i === k ? `→ ${step} ←` : step)).join(', ')}. Straight lines stay straight.`;
    }
    return `The affine part W ${layer ? 'h' : 'x'} + b leads from ${m === 0 ? run.d : journey.width(m)} to ${journey.width(m + 1)} dimensions: every point goes straight from its place before to its place after. Straight lines stay straight.`;
  }

  function verdictWords() {
    const verdicts = description.verdicts;
    const k = Math.round(state.at);
    const said = [];
    if (state.edits.size) said.push('The weights are edited: no certificate speaks of them.');
    else if (state.at === k && verdicts.separable[k] !== null) {
      said.push(verdicts.separable[k] ? 'Before the output the classes are linearly separable, which is proved.' : 'Before the output the classes are not linearly separable, which is proved.');
    }
    if (state.at === k && !state.edits.size) {
      verdicts.dead[k].forEach((/** @type {number} */ dead, /** @type {number} */ l) => {
        if (dead > 0) said.push(`${dead} of ${description.layers[l].units} units of ${layerName(description.layers[l], l, count)} ${dead === 1 ? 'is' : 'are'} dead: the same for every training sample.`);
      });
      verdicts.rank[k].forEach((/** @type {number | null} */ rank, /** @type {number} */ l) => {
        const full = Math.min(description.layers[l].units, description.layers[l].inputs);
        if (rank !== null && rank < full) said.push(`The weight of ${layerName(description.layers[l], l, count)} has rank ${rank}, not ${full}.`);
      });
    }
    return said.join(' ');
  }

  function summary() {
    const verdicts = description.verdicts;
    if (!run.classes.length) return 'A regression: there are no classes to separate.';
    const judged = verdicts.separable.filter((/** @type {boolean | null} */ v) => v !== null).length;
    if (!judged) return 'Separability was not judged.';
    const basis = `decided by linear programming with a certificate, ${verdicts.all_judged ? `for each of the ${judged} epochs here` : `for ${judged} of the ${run.epochs.length} epochs here`}`;
    if (verdicts.from === null) return `At the end the classes are not linearly separable before the output (${basis}).`;
    return `Linearly separable before the output from epoch ${verdicts.from} on (${basis}): the coloured bar.`;
  }

  function caption() {
    const shown = Number.isInteger(state.at) && !state.edits.size ? `After epoch ${run.epochs[state.at]}` : state.edits.size ? `At epoch ${run.epochName(state.at)}, with edited weights` : `Between two epochs, at ${run.epochName(state.at)}`;
    const train = journey.quality(0, run.train);
    const test = run.n > run.train ? journey.quality(run.train, run.n) : null;
    const as = (/** @type {{ name: string, value: number }} */ q) => (q.name === 'accuracy' ? percent(q.value) : num(q.value, 3));
    const quality = Number.isNaN(train.value) ? '' : `: ${train.name} ${as(train)} on the shown training samples${test ? `, ${as(test)} on held-out ones` : ''}`;
    return `${motionWords()} ${shown}${quality}. ${verdictWords()}`;
  }

  function words() {
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
    edited.hidden = !state.edits.size;
    edited.textContent = state.edits.size ? `${state.edits.size} number${state.edits.size === 1 ? '' : 's'} changed by you; the same at every epoch.` : '';
    /** @type {HTMLButtonElement} */ (at('reset')).disabled = !state.edits.size;
    writeAddress();
  }

  function inputWords() {
    const verb = run.decision.kind === 'value' ? 'predicts' : 'decides';
    const unit = state.unit && `unit ${state.unit[1] + 1} of ${layerName(description.layers[state.unit[0]], state.unit[0], count)}`;
    if (run.flat === 1) return `What the network ${verb}${unit ? `; dashed: ${state.unit?.[0] === count - 2 && journey.layers[count - 1].units === 1 ? 'what it adds of' : 'the answer of'} ${unit}` : ''}`;
    return unit ? `Input space, as ${unit} sees it` : `Input space, as the network ${verb} it`;
  }

  function showOutput() {
    const output = journey.layers[count - 1];
    const fields = element('div', { className: 'fields' });
    for (let k = 0; k < Math.min(output.units, 10); k++) {
      const name = output.units === 1 ? 'b' : `b of ${run.classes[k] ?? run.decision.names[k] ?? k + 1}`;
      fields.append(numberField(name, output.bias[k], state.edits.has(`${count - 1}.${k}.b`), (x) => edit(`${count - 1}.${k}.b`, x)));
    }
    const drag = run.decision.kind === 'two' && output.inputs === 2 && count > 1 ? ' Or, at the depth before the output, drag the dashed line itself.' : '';
    at('output').replaceChildren(element('p', { textContent: `Added to the last sum whatever the input is: it moves the border without turning it.${drag}` }), fields);
  }

  function pointWords() {
    const { x } = followed();
    const names = description.features;
    const said = Array.from(x.subarray(0, 6), (value, k) => `${names[k]} ${num(value, 3)}`).join(', ') + (run.d > 6 ? ` and ${run.d - 6} more` : '');
    const rows = journey.arithmetic(x);
    const { layer, z, h } = rows[rows.length - 1];
    const who = state.place ? 'A place of your choice' : `Sample ${state.sample + 1} of ${run.n}${state.sample >= run.train ? ', held out' : ''}, ${run.classes.length ? `class ${run.classes[run.targets[state.sample]]}` : `target ${num(run.targets[state.sample], 3)}`}`;
    return `${who}: ${said}${description.standardised ? ' (standardised)' : ''}. ${answerOf(run, layer, z, h)}`;
  }

  // -- changes ------------------------------------------------------------------------------------------------------
  /** @param {string} key @param {number} x */
  function edit(key, x) {
    state.edits.set(key, x);
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
    const next = Math.min(last, Math.max(0, epoch));
    if (next === state.at) return;
    state.at = next;
    ask('network');
  }

  /** @type {{ what: 'epoch' | 'depth' | null, since: number, from: number }} */
  const playing = { what: null, since: 0, from: 0 };

  /** @param {'epoch' | 'depth'} what */
  function toggle(what) {
    const on = playing.what !== what;
    playing.what = on ? what : null;
    playing.since = 0;
    const [here, end] = what === 'epoch' ? [state.at, last] : [state.depth, run.moments.length - 1];
    playing.from = here >= end ? 0 : here;
    buttons();
    if (!on && what === 'epoch') setEpoch(Math.round(state.at));
    ask('words');
  }

  function buttons() {
    for (const [id, what, idle] of [['play', 'epoch', 'Train'], ['walk', 'depth', 'Walk']]) {
      at(id).setAttribute('aria-pressed', String(playing.what === what));
      at(id).textContent = playing.what === what ? 'Pause' : idle;
    }
  }

  /** @param {number} now */
  function advance(now) {
    if (!playing.what) return;
    if (!playing.since) playing.since = now;
    const seconds = (now - playing.since) / 1000;
    const end = playing.what === 'epoch' ? last : run.moments.length - 1;
    const speed = playing.what === 'epoch' ? Math.max(2, last / 12) : 0.5;
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
  /** @param {PointerEvent} event @param {HTMLCanvasElement} canvas @returns {[number, number]} */
  function pointer(event, canvas) {
    const r = canvas.getBoundingClientRect();
    return [event.clientX - r.left, event.clientY - r.top];
  }

  /** The sample whose sign is nearest, within 14 pixels. @param {Float64Array} picture @param {typeof stageMap} map
   * @param {[number, number]} at0 */
  function nearestSample(picture, map, at0) {
    let best = { i: -1, d: 14 };
    for (let i = 0; i < (state.heldOut ? run.n : run.train); i++) {
      const d = Math.hypot(map.x(picture[2 * i]) - at0[0], map.y(picture[2 * i + 1]) - at0[1]);
      if (d < best.d) best = { i, d };
    }
    return best.i;
  }

  /** @param {number} i */
  function follow(i) {
    state.sample = i;
    state.place = null;
    ask('picture');
    ask('words');
  }

  /** What a drag that begins here moves. @type {((event: PointerEvent) => void) | null} */
  let drag = null;

  inputCanvas.addEventListener('pointerdown', (event) => {
    const p = pointer(event, inputCanvas);
    drag = null;
    const all = whole();
    const arrow = arrowOf(all);
    if (arrow && state.unit) {
      const j = state.unit[1];
      const [foot, tip] = arrow.map(([x, y]) => [inputMap.x(x), inputMap.y(y)]);
      const first = journey.planar[0];
      const [a, b] = [first.weight[2 * j], first.weight[2 * j + 1]];
      const [x, y] = inputMap.back(p[0], p[1]);
      const unit = Math.abs(inputMap.x(1) - inputMap.x(0));
      const key = `0.${j}`;
      if (Math.hypot(tip[0] - p[0], tip[1] - p[1]) < 16 && !run.slice) {
        drag = (e) => {
          const q = pointer(e, inputCanvas);
          const [tx, ty] = inputMap.back(q[0], q[1]);
          const [fx, fy] = inputMap.back(foot[0], foot[1]);
          const length = Math.hypot(tx - fx, ty - fy) || 1;
          const size = Math.hypot(a, b);
          const [na, nb] = [(size * (tx - fx)) / length, (size * (ty - fy)) / length];
          state.edits.set(`${key}.0`, na);
          state.edits.set(`${key}.1`, nb);
          edit(`${key}.b`, -(na * fx + nb * fy));
        };
      } else if ((Math.abs(a * x + b * y + first.bias[j]) / Math.hypot(a, b)) * unit < 9) {
        const before = journey.layers[0].bias[j];
        drag = (e) => {
          const [nx, ny] = inputMap.back(...pointer(e, inputCanvas));
          edit(`${key}.b`, before - a * (nx - x) - b * (ny - y));
        };
      }
    }
    if (!drag) {
      drag = (e) => {
        const place = inputMap.back(...pointer(e, inputCanvas));
        state.place = run.flat === 2 ? place : [place[0]];
        ask('picture');
        ask('words');
      };
      const i = run.flat === 2 ? nearestSample(run.places, inputMap, p) : -1;
      if (i >= 0) follow(i);
      else drag(event);
    }
    inputCanvas.setPointerCapture(event.pointerId);
  });

  stage.addEventListener('pointerdown', (event) => {
    const p = pointer(event, stage);
    const output = journey.layers[count - 1];
    drag = null;
    if (run.decision.kind === 'two' && output.units === 1 && output.inputs === 2 && count > 1 && Math.abs(state.depth - (journey.scores - 1)) < 0.01) {
      const [a, b] = output.weight;
      const shift = output.activation.name === 'identity' ? 0.5 : 0;
      const [x, y] = stageMap.back(p[0], p[1]);
      const unit = Math.abs(stageMap.x(1) - stageMap.x(0));
      if ((Math.abs(a * x + b * y + output.bias[0] - shift) / Math.hypot(a, b)) * unit < 10) {
        const before = output.bias[0];
        drag = (e) => {
          const [nx, ny] = stageMap.back(...pointer(e, stage));
          edit(`${count - 1}.0.b`, before - a * (nx - x) - b * (ny - y));
        };
      }
    }
    if (!drag) {
      const picture = journey.moving(state.depth, (m) => journey.still(m, 'samples'));
      const i = nearestSample(picture, stageMap, p);
      if (i >= 0) follow(i);
      return;
    }
    stage.setPointerCapture(event.pointerId);
  });

  for (const canvas of [stage, inputCanvas]) {
    canvas.addEventListener('pointermove', (event) => {
      if (drag && canvas.hasPointerCapture(event.pointerId)) drag(event);
    });
    for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, () => (drag = null));
    canvas.addEventListener('keydown', (event) => {
      const step = /** @type {Record<string, number>} */ ({ ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, PageDown: 10, PageUp: -10 })[event.key];
      if (step === undefined && event.key !== 'Home' && event.key !== 'End') return;
      event.preventDefault();
      const n = state.heldOut ? run.n : run.train;
      follow(event.key === 'Home' ? 0 : event.key === 'End' ? n - 1 : (((state.sample + step) % n) + n) % n);
    });
  }

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
  at('play').addEventListener('click', () => toggle('epoch'));
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
  darkness.addEventListener('change', () => dress());
  new ResizeObserver(() => ask('picture')).observe(at('stage'));
  addEventListener('hashchange', () => {
    readAddress();
    ask('network');
  });

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

  function address() {
    const parts = new URLSearchParams();
    parts.set('epoch', run.epochName(Math.round(state.at)));
    parts.set('depth', String(state.depth));
    if (state.place) parts.set('place', state.place.map((x) => Number(x.toPrecision(8))).join(','));
    else parts.set('sample', String(state.sample + 1));
    if (state.unit) parts.set('unit', state.unit.map((k) => k + 1).join('.'));
    if (state.heldOut) parts.set('heldout', '1');
    if (state.theme) parts.set('theme', state.theme);
    if (state.edits.size) parts.set('edits', [...state.edits].map(([key, x]) => `${key}:${x}`).join(','));
    return `#${parts}`;
  }

  function writeAddress() {
    const wanted = address();
    if (location.hash === wanted || playing.what) return;
    try {
      history.replaceState(null, '', wanted);
    } catch {
      // Some places have no address to write to.
    }
  }

  /** Takes what makes sense in the address, and leaves the rest. */
  function readAddress() {
    const parts = new URLSearchParams(location.hash.slice(1));
    const number = (/** @type {string} */ key) => (parts.has(key) && parts.get(key) !== '' ? Number(parts.get(key)) : NaN);
    const k = run.epochs.indexOf(number('epoch'));
    if (k >= 0) state.at = k;
    if (number('depth') >= 0) state.depth = Math.min(number('depth'), run.moments.length - 1);
    const sample = number('sample');
    if (Number.isInteger(sample) && sample >= 1 && sample <= run.n) [state.sample, state.place] = [sample - 1, null];
    const place = (parts.get('place') ?? '').split(',').map(Number);
    if (parts.get('place') && place.length === run.flat && place.every(Number.isFinite)) state.place = place;
    const [l, j] = (parts.get('unit') ?? '').split('.').map(Number);
    if (Number.isInteger(l) && Number.isInteger(j) && l >= 1 && l <= count && j >= 1 && j <= description.layers[l - 1].units) state.unit = [l - 1, j - 1];
    const theme = parts.get('theme');
    if (theme === 'light' || theme === 'dark') state.theme = theme;
    if (parts.has('heldout')) state.heldOut = parts.get('heldout') === '1';
    for (const part of (parts.get('edits') ?? '').split(',')) {
      const found = /^(\d+)\.(\d+)\.(\d+|b):(-?[\d.]+(?:e[+-]?\d+)?)$/.exec(part);
      const layer = found && description.layers[Number(found[1])];
      if (!found || !layer || Number(found[2]) >= layer.units || (found[3] !== 'b' && Number(found[3]) >= layer.inputs) || !Number.isFinite(Number(found[4]))) continue;
      state.edits.set(`${found[1]}.${found[2]}.${found[3]}`, Number(found[4]));
    }
  }

  // -- the first picture --------------------------------------------------------------------------------------------
  const sizes = [run.d, ...description.layers.map((/** @type {any} */ l) => l.units)].join(' → ');
  at('title').textContent = description.name;
  at('kind').textContent = `· ${sizes} · ${description.data}`;
  at('lead').textContent = run.classes.length
    ? `A network that learns to tell ${run.classes.length} classes apart, every epoch of it and every layer. Drag the depth: space moves through the network, straight until an activation bends it. Drag the epoch: training happens.`
    : `A network that learns to predict ${run.decision.names.join(', ')}, every epoch of it and every layer. Drag the depth: space moves through the network, straight until an activation bends it. Drag the epoch: training happens.`;
  depthSlider.max = String(run.moments.length - 1);
  epochSlider.max = String(last);
  at('moments').append(
    ...run.moments.map((moment, m) => {
      const tick = element('button', { type: 'button', textContent: momentName(m), className: moment.kind === 'affine' && m + 1 < run.moments.length ? 'minor' : '' });
      tick.style.left = `${(100 * m) / Math.max(1, run.moments.length - 1)}%`;
      if (moment.kind === 'affine' && run.moments.length > 5) tick.style.top = '1.2rem';
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
  const thinned = [
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
}

/** Answers for fields. */
function serve() {
  globalThis.onmessage = (event) => {
    /** @type {any} */ (globalThis).postMessage({ asked: event.data.asked, field: fieldOf(event.data.request) });
  };
}

async function start() {
  const began = 0; // performance.now() counts from the moment the page was asked for
  try {
    open(await readRun(), began);
  } catch (error) {
    const trouble = at('trouble');
    trouble.hidden = false;
    trouble.textContent = `This page can't be shown here: ${error instanceof Error ? error.message : error}. A browser of 2023 or newer is needed.`;
    console.error(error);
  }
}

if (typeof document === 'undefined') serve();
else start();
