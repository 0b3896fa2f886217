// The two pictures: space on its way through the network, and the space that the network is given.

import { roundStep, ticks } from './geometry.js';
import { tint, viridis } from './colours.js';
import { bordersOf, heightOf, hyperplane, layerName, opinion, readOff } from './model.js';

/** @typedef {import('./model.js').Run} Run */
/** @typedef {import('./journey.js').Journey} Journey */
/** @typedef {import('./geometry.js').Window} Window */
/** @typedef {import('./pen.js').Pen} Pen */
/** @typedef {import('./colours.js').Palette} Palette */
/** @typedef {ReturnType<typeof import('./model.js').fieldOf>} Field */
/** @typedef {{ run: Run, journey: Journey, depth: number, palette: Palette, heldOut: boolean, held: Map<number, Window> | null,
 *   unit: [number, number] | null, point: { place: number[], x: Float64Array, lane: number }, field: Field | null, tints: HTMLCanvasElement | null,
 *   coarse: Float64Array, cells: Int16Array, borders: Float64Array[], curve: Float64Array[] }} Scene */
/** @typedef {{ x: (x: number) => number, y: (y: number) => number, back: (px: number, py: number) => [number, number] }} Map2 */

/** What stands upwards where space is a line. */
const LANES = 'one lane per class';

/** The range of a regression's targets. @param {Run} run @returns {[number, number]} */
export function rangeOf(run) {
  const column = Array.from({ length: run.n }, (_, i) => run.allTargets[i * run.targetCount + Math.min(run.decision.output, run.targetCount - 1)]);
  const [low, high] = [Math.min(...column), Math.max(...column)];
  return [low, high > low ? high : low + 1];
}

/** What the last layer says at every lattice point. @param {Journey} journey */
export function coarseOf(journey) {
  const last = journey.layers[journey.layers.length - 1];
  return readOff(last, journey.lattice[journey.scores], journey.run.lattice.n, journey.run.decision);
}

/** @param {Journey} journey @param {Float64Array} coarse */
export function coarseBorders(journey, coarse) {
  const { lattice, window, decision, flat } = journey.run;
  return flat === 2 ? bordersOf(journey.layers, coarse, lattice.nx, lattice.ny, window, decision, null) : [];
}

const MARGIN = { left: 50, right: 14, top: 12, bottom: 42 };

/** The rectangle that a picture fills. @param {Pen} pen */
function rectangle(pen, title = 0) {
  const [w, h] = [pen.width - MARGIN.left - MARGIN.right, pen.height - MARGIN.top - MARGIN.bottom - title];
  return { x: MARGIN.left, y: MARGIN.top + title, w: Math.max(40, w), h: Math.max(40, h) };
}

/** A window made to fit a rectangle, with equal units unless it is far from square. @param {Window} window
 * @param {{ w: number, h: number }} r @param {boolean} square @returns {Window} */
function fitted([x0, x1, y0, y1], r, square) {
  if (!square) return [x0, x1, y0, y1];
  const unit = Math.max((x1 - x0) / r.w, (y1 - y0) / r.h);
  const [cx, cy] = [(x0 + x1) / 2, (y0 + y1) / 2];
  return [cx - (unit * r.w) / 2, cx + (unit * r.w) / 2, cy - (unit * r.h) / 2, cy + (unit * r.h) / 2];
}

/** @param {Window} window @param {{ x: number, y: number, w: number, h: number }} r @returns {Map2} */
function mapping([x0, x1, y0, y1], r) {
  return {
    x: (x) => r.x + (r.w * (x - x0)) / (x1 - x0),
    y: (y) => r.y + (r.h * (y1 - y)) / (y1 - y0),
    back: (px, py) => [x0 + ((px - r.x) / r.w) * (x1 - x0), y1 - ((py - r.y) / r.h) * (y1 - y0)],
  };
}

/** @param {Run} run */
function isSquare(run) {
  return run.flat === 2 && Math.abs(run.steps[0] / run.steps[1] - 1) < 1e-9;
}

/** The window onto a moment. @param {Scene} scene @param {number} m @param {{ w: number, h: number }} r @returns {Window} */
function windowOf(scene, m, r) {
  const { run, journey } = scene;
  const k = m === 0 ? run.flat : journey.width(m);
  const kept = scene.held?.get(m);
  let window = kept;
  if (!window) {
    const picture = journey.still(m, 'samples');
    let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < picture.length; i += 2) {
      x0 = Math.min(x0, picture[i]);
      x1 = Math.max(x1, picture[i]);
      y0 = Math.min(y0, picture[i + 1]);
      y1 = Math.max(y1, picture[i + 1]);
    }
    const moment = run.moments[m];
    const name = moment.kind === 'activation' ? journey.layers[moment.layer].activation.name : '';
    if (name === 'tanh' && k <= 2) [x0, x1] = [-1, 1];
    if ((name === 'sigmoid' || name === 'softmax') && k <= 2) [x0, x1] = [0, 1];
    if (['tanh', 'sigmoid', 'softmax'].includes(name) && k === 2) [y0, y1] = [x0, x1];
    const [px, py] = [0.1 * (x1 - x0) || 1, 0.1 * (y1 - y0) || 1];
    window = [x0 - px, x1 + px, y0 - py, y1 + py];
    if (m === 0) window = run.flat === 2 ? [...run.window] : [run.window[0], run.window[1], y0 - 2 * py, y1 + 2 * py];
    scene.held?.set(m, window);
  }
  return fitted(window, r, m === 0 ? isSquare(run) : k > 1);
}

/** @param {ArrayLike<number>} points n x 2 @param {Map2} map */
function mapped(points, map) {
  const image = new Float64Array(points.length);
  for (let i = 0; i < points.length; i += 2) {
    image[i] = map.x(points[i]);
    image[i + 1] = map.y(points[i + 1]);
  }
  return image;
}

/** Space at a depth, with room for a title. @param {Pen} pen @param {Scene} scene @returns {Map2} */
export function drawStage(pen, scene, title = 0) {
  const { run, journey, depth, palette } = scene;
  const r = rectangle(pen, title);
  const m = Math.min(Math.floor(depth), run.moments.length - 1);
  const t = depth - m;
  let window = windowOf(scene, m, r);
  if (t > 0) {
    const [from, to] = [window, windowOf(scene, m + 1, r)];
    window = /** @type {Window} */ (from.map((x, k) => x + t * t * (3 - 2 * t) * (to[k] - x)));
  }
  const map = mapping(window, r);
  const still = (/** @type {'samples' | 'lattice'} */ which) => journey.moving(depth, (at) => journey.still(at, which));
  const lattice = mapped(still('lattice'), map);
  pen.clip(r.x, r.y, r.w, r.h);
  if (run.flat === 2) {
    drawCells(pen, scene, lattice);
    drawPaper(pen, scene, lattice);
  } else {
    pen.path([lattice], { stroke: palette.accent, width: 2.5 });
  }
  const line = m > 0 && journey.width(m) === 1;
  for (const curve of line ? [] : scene.curve) pen.path([mapped(journey.carried(curve, depth), map)], { stroke: palette.second, width: 2.5 });
  const borders = scene.borders.map((border) => mapped(journey.carried(border, depth), map));
  pen.path(borders, { stroke: palette.paper, width: 5, alpha: 0.7 });
  pen.path(borders, { stroke: palette.text, width: 2.4 });
  drawCut(pen, scene, map, window);
  drawSamples(pen, scene, mapped(still('samples'), map));
  const point = mapped(journey.moving(depth, (at) => pointAt(scene, at)), map);
  drawPoint(pen, [point[0], point[1]], palette);
  pen.release();
  const [x, y] = axisNames(scene, t < 0.5 ? m : m + 1);
  drawAxes(pen, r, window, x, y, palette);
  return map;
}

/** The followed point in the picture of a moment. @param {Scene} scene @param {number} m */
export function pointAt(scene, m) {
  const { run, journey } = scene;
  const width = m === 0 ? run.flat : journey.width(m);
  if (m === 0) return run.flat === 1 ? Float64Array.from([scene.point.place[0], scene.point.lane]) : Float64Array.from(scene.point.place);
  const { kind, layer } = run.moments[m];
  const row = journey.arithmetic(scene.point.x)[layer];
  const shown = journey.show(m, kind === 'affine' ? row.z : row.h, 1);
  return width === 1 ? Float64Array.from([shown[0], scene.point.lane]) : shown;
}

/** Steps of certainty that the squares are tinted in. @param {Run} run */
const levelsOf = (run) => (run.decision.kind === 'value' ? 48 : 12);

/** What the network says of every square, as a number per tint. @param {Journey} journey @param {Float64Array} coarse */
export function cellsOf(journey, coarse) {
  const { run } = journey;
  const { nx, ny } = run.lattice;
  const units = journey.layers[journey.layers.length - 1].units;
  const wide = run.decision.kind === 'several' ? units : 1;
  const range = run.decision.kind === 'value' ? rangeOf(run) : /** @type {[number, number]} */ ([0, 1]);
  const levels = levelsOf(run);
  const cells = new Int16Array(nx * ny);
  const mean = new Float64Array(wide);
  for (let row = 0; row + 1 < ny; row++) {
    for (let a = row * nx; a + 1 < (row + 1) * nx; a++) {
      for (let k = 0; k < wide; k++) {
        mean[k] = 0.25 * (coarse[a * wide + k] + coarse[(a + 1) * wide + k] + coarse[(a + nx) * wide + k] + coarse[(a + nx + 1) * wide + k]);
      }
      const [side, sure] = opinion(mean, 0, run.decision, units, range);
      cells[a] = (side + 1) * (levels + 1) + Math.round(sure * levels);
    }
  }
  return cells;
}

/** The squares of the paper, tinted by what the network says of them. Row by row, so that a sheet that folds over itself
 * covers what lies under it as paper does. A run of squares of one tint, none of them turned over within it, is one shape.
 * @param {Pen} pen @param {Scene} scene @param {Float64Array} at */
function drawCells(pen, scene, at) {
  const { run, cells, palette } = scene;
  const { nx, ny } = run.lattice;
  const levels = levelsOf(run);
  const turnedOver = (/** @type {number} */ a) => {
    const [p, q, r, s] = [2 * a, 2 * (a + 1), 2 * (a + nx + 1), 2 * (a + nx)];
    return (at[r] - at[p]) * (at[s + 1] - at[q + 1]) - (at[r + 1] - at[p + 1]) * (at[s] - at[q]) < 0;
  };
  for (let row = 0; row + 1 < ny; row++) {
    const begin = row * nx;
    for (let from = 0, over = turnedOver(begin); from + 1 < nx; ) {
      let to = from + 1;
      let next = over;
      while (to + 1 < nx && cells[begin + to] === cells[begin + from] && (next = turnedOver(begin + to)) === over) to++;
      const shape = new Float64Array(4 * (to - from + 1));
      for (let k = 0; k <= to - from; k++) {
        shape.set(at.subarray(2 * (begin + from + k), 2 * (begin + from + k) + 2), 2 * k);
        shape.set(at.subarray(2 * (begin + nx + to - k), 2 * (begin + nx + to - k) + 2), 2 * (to - from + 1 + k));
      }
      const cell = cells[begin + from];
      const colour = tint([Math.floor(cell / (levels + 1)) - 1, (cell % (levels + 1)) / levels], palette);
      pen.path([shape], { fill: colour, stroke: colour, width: 0.8, closed: true });
      from = to;
      over = from + 1 < nx ? turnedOver(begin + from) : false;
    }
  }
}

/** The lines of the paper. @param {Pen} pen @param {Scene} scene @param {Float64Array} at */
function drawPaper(pen, scene, at) {
  const { run, palette } = scene;
  const { nx, ny, fine } = run.lattice;
  const [thin, zero] = [/** @type {Float64Array[]} */ ([]), /** @type {Float64Array[]} */ ([])];
  const isZero = (/** @type {number} */ axis, /** @type {number} */ k) => Math.abs(run.window[2 * axis] + k * (run.steps[axis] / fine)) < 1e-9 * run.steps[axis];
  for (let c = 0; c < nx; c += fine) {
    const line = new Float64Array(2 * ny);
    for (let r = 0; r < ny; r++) line.set(at.subarray(2 * (r * nx + c), 2 * (r * nx + c) + 2), 2 * r);
    (isZero(0, c) ? zero : thin).push(line);
  }
  for (let r = 0; r < ny; r += fine) (isZero(1, r) ? zero : thin).push(at.subarray(2 * r * nx, 2 * (r + 1) * nx));
  pen.path(thin, { stroke: palette.grid, width: 0.8, alpha: 0.22 });
  pen.path(zero, { stroke: palette.grid, width: 1.4, alpha: 0.45 });
}

/** In the space before the output: where the output cuts it. On the output's own line: the threshold.
 * @param {Pen} pen @param {Scene} scene @param {Map2} map @param {Window} window */
function drawCut(pen, scene, map, window) {
  const { run, journey, depth, palette } = scene;
  const last = journey.layers[journey.layers.length - 1];
  const near = (/** @type {number} */ m) => Math.max(0, 1 - 3 * Math.abs(depth - m));
  if (!run.classes.length && last.units === 1) {
    // A regression is right where its output is the target.
    const end = near(run.moments.length - 1);
    const [low, high] = [Math.max(window[0], window[2]), Math.min(window[1], window[3])];
    if (end > 0) pen.path([[map.x(low), map.y(low), map.x(high), map.y(high)]], { stroke: palette.text, width: 1.6, dash: [7, 5], alpha: end });
  }
  if (run.decision.kind !== 'two') return;
  const before = journey.scores - 1;
  if (last.inputs === 2 && before > 0 && near(before) > 0) {
    const { normal: [a, b], offset } = hyperplane(last);
    const length = Math.hypot(a, b) || 1;
    const reach = 2 * Math.hypot(window[1] - window[0], window[3] - window[2]);
    const [fx, fy] = [(-offset * a) / length ** 2, (-offset * b) / length ** 2];
    const line = [-1, 1].flatMap((s) => [map.x(fx - (s * reach * b) / length), map.y(fy + (s * reach * a) / length)]);
    pen.path([line], { stroke: palette.text, width: 1.6, dash: [7, 5], alpha: near(before) });
  }
  for (const m of [journey.scores, run.moments.length - 1]) {
    if (last.units !== 1 || near(m) === 0) continue;
    const threshold = run.moments[m].kind === 'activation' || last.activation.name === 'identity' ? 0.5 : 0;
    pen.path([[map.x(threshold), map.y(window[2]), map.x(threshold), map.y(window[3])]], { stroke: palette.text, width: 1.6, dash: [7, 5], alpha: near(m) });
    if (journey.scores === run.moments.length - 1) break;
  }
}

/** Samples by class, in shape and colour; held-out ones as rings. @param {Pen} pen @param {Scene} scene @param {Float64Array} at */
export function drawSamples(pen, scene, at) {
  const { run, palette } = scene;
  const size = Math.min(6, Math.max(2.4, 60 / Math.sqrt(run.n)));
  const groups = run.classes.length || 10;
  const range = run.classes.length ? [0, groups] : rangeOf(run);
  const groupOf = (/** @type {number} */ i) =>
    run.classes.length ? run.targets[i] : Math.min(groups - 1, Math.floor((groups * (run.targets[i] - range[0])) / (range[1] - range[0])));
  for (const held of [false, true]) {
    if (held && !scene.heldOut) continue;
    const centres = Array.from({ length: groups }, () => /** @type {number[]} */ ([]));
    for (let i = held ? run.train : 0; i < (held ? run.n : run.train); i++) centres[Math.max(0, groupOf(i))].push(at[2 * i], at[2 * i + 1]);
    centres.forEach((group, k) => {
      const colour = run.classes.length ? palette.classes[k % 10] : viridis((k + 0.5) / groups);
      const shape = run.classes.length ? k : 0;
      if (held) pen.signs(group, shape, size, { stroke: colour, width: 1.6 });
      else {
        // Halos under all signs of a class, so that a crowd stays a crowd.
        pen.signs(group, shape, size, { stroke: palette.paper, width: 1.8, alpha: 0.8 });
        pen.signs(group, shape, size, { fill: colour });
      }
    });
  }
}

/** @param {Pen} pen @param {[number, number]} at @param {Palette} palette */
function drawPoint(pen, at, palette) {
  pen.signs(at, 0, 9, { stroke: palette.paper, width: 5 });
  pen.signs(at, 0, 9, { stroke: palette.hot, width: 2.6 });
  pen.signs(at, 0, 2.4, { fill: palette.hot, stroke: palette.paper, width: 1 });
}

/** @param {Scene} scene @param {number} m @returns {[string, string]} */
export function axisNames(scene, m) {
  const { run, journey } = scene;
  const { kind, layer } = run.moments[m];
  const over = run.classes.length ? LANES : run.decision.names[0];
  if (kind === 'input') {
    const names = (run.description.plane?.names ?? run.description.features).map(nice);
    return run.flat === 2 ? [names[0], names[1]] : [names[0] + unitOfLine(run), over];
  }
  const k = journey.width(m);
  const letter = kind === 'affine' ? 'z' : 'h';
  const last = layer === journey.layers.length - 1;
  const name = layerName(journey.layers[layer], layer, journey.layers.length);
  if (k === 1) return [last && m === run.moments.length - 1 ? 'output' : `${letter} of ${name}`, over];
  if (k === 2) return [`${letter}₁ of ${name}`, `${letter}₂`];
  const share = /** @type {import('./geometry.js').View} */ (journey.view(m)).share;
  return [`a plane of ${name}’s ${k} dimensions (${percent(share)} of the variance)`, ''];
}

/** @param {Run} run */
const unitOfLine = (run) => (run.description.standardised ? ' (standardised)' : '');

/** A feature such as x1 with its number set low. @param {string} name */
function nice(name) {
  return name.replace(/^x([0-9])$/, (_, digit) => `x${'₀₁₂₃₄₅₆₇₈₉'[Number(digit)]}`);
}

/** How high input space wants to be drawn, in pixels, at a width. @param {Run} run @param {number} width */
export function inputHeight(run, width) {
  const wide = width - MARGIN.left - MARGIN.right;
  const ratio = isSquare(run) ? (run.window[3] - run.window[2]) / (run.window[1] - run.window[0]) : 0.75;
  return Math.round(MARGIN.top + MARGIN.bottom + wide * ratio);
}

/** @param {number} share */
export function percent(share) {
  if (share > 0.9995 && share < 1) return '> 99.9 %';
  return `${Math.abs(share - 1) < 1e-12 ? '100' : (100 * share).toFixed(1)} %`;
}

/** Ticks and names around a picture. @param {Pen} pen @param {{ x: number, y: number, w: number, h: number }} r
 * @param {Window} window @param {string} x @param {string} y @param {Palette} palette */
function drawAxes(pen, r, window, x, y, palette) {
  const map = mapping(window, r);
  pen.path([[r.x, r.y, r.x + r.w, r.y, r.x + r.w, r.y + r.h, r.x, r.y + r.h]], { stroke: palette.axis, width: 1, closed: true });
  const style = { size: 11, colour: palette.muted };
  const label = (/** @type {number} */ value, /** @type {number} */ step) => {
    let digits = 0;
    while (digits < 8 && Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) > 1e-6 * step * 10 ** digits) digits++;
    if (Math.max(Math.abs(window[0]), Math.abs(window[1]), Math.abs(window[2]), Math.abs(window[3])) >= 1e6) return value.toPrecision(3);
    return (Math.abs(value) < 1e-9 * step ? 0 : value).toFixed(digits).replace('-', '−');
  };
  const [nx, ny] = [Math.max(3, Math.floor(r.w / 80)), Math.max(3, Math.floor(r.h / 60))];
  for (const tick of ticks(window[0], window[1], nx)) {
    pen.path([[map.x(tick), r.y + r.h, map.x(tick), r.y + r.h + 4]], { stroke: palette.axis });
    pen.text(label(tick, roundStep(window[1] - window[0], nx)), map.x(tick), r.y + r.h + 16, { ...style, anchor: 'middle' });
  }
  for (const tick of y === LANES ? [] : ticks(window[2], window[3], ny)) {
    pen.path([[r.x - 4, map.y(tick), r.x, map.y(tick)]], { stroke: palette.axis });
    pen.text(label(tick, roundStep(window[3] - window[2], ny)), r.x - 7, map.y(tick) + 4, { ...style, anchor: 'end' });
  }
  const cut = (/** @type {string} */ name, /** @type {number} */ room) => (name.length * 6.2 > room ? `${name.slice(0, Math.floor(room / 6.2))}…` : name);
  pen.text(cut(x, r.w), r.x + r.w / 2, r.y + r.h + 33, { size: 12, colour: palette.text, anchor: 'middle' });
  pen.text(cut(y, r.h), 13, r.y + r.h / 2, { size: 12, colour: palette.text, anchor: 'middle', turn: -90 });
}

/** Input space as it is, with what the network or one unit says of every place. @param {Pen} pen @param {Scene} scene
 * @returns {Map2} */
export function drawInput(pen, scene) {
  const { run, journey, palette } = scene;
  if (run.flat === 1) return drawGraph(pen, scene);
  const r = rectangle(pen);
  const window = fitted(run.window, r, isSquare(run));
  const map = mapping(window, r);
  pen.clip(r.x, r.y, r.w, r.h);
  const [x0, x1, y0, y1] = run.window;
  const image = scene.tints;
  if (image) {
    // Values stand at pixel centres, so the picture reaches half a pixel beyond the window.
    const [px, py] = [(x1 - x0) / (image.width - 1) / 2, (y1 - y0) / (image.height - 1) / 2];
    pen.image(image, map.x(x0 - px), map.y(y1 + py), map.x(x1 + px) - map.x(x0 - px), map.y(y0 - py) - map.y(y1 + py));
  }
  drawPaper(pen, scene, mapped(run.lattice.points, map));
  const borders = scene.borders.map((border) => mapped(border, map));
  pen.path(borders, { stroke: palette.paper, width: 5, alpha: 0.7 });
  pen.path(borders, { stroke: palette.text, width: 2.4 });
  drawSamples(pen, scene, mapped(run.places, map));
  if (scene.unit) {
    pen.path(scene.curve.map((curve) => mapped(curve, map)), { stroke: palette.paper, width: 6, alpha: 0.8 });
    pen.path(scene.curve.map((curve) => mapped(curve, map)), { stroke: palette.second, width: 3 });
    const arrow = arrowOf(scene);
    if (arrow) {
      const [foot, tip] = arrow.map(([x, y]) => [map.x(x), map.y(y)]);
      const angle = Math.atan2(tip[1] - foot[1], tip[0] - foot[0]);
      const barb = (/** @type {number} */ turn) => [tip[0] - 11 * Math.cos(angle + turn), tip[1] - 11 * Math.sin(angle + turn)];
      pen.path([[...foot, ...tip], [...barb(0.45), ...tip, ...barb(-0.45)]], { stroke: palette.second, width: 3 });
    }
  }
  drawPoint(pen, [map.x(scene.point.place[0]), map.y(scene.point.place[1])], palette);
  pen.release();
  const [x, y] = axisNames(scene, 0);
  drawAxes(pen, r, window, x, y, palette);
  return map;
}

/** A unit of the first layer is a half-plane: its arrow from the border into it. @param {Scene} scene */
export function arrowOf(scene) {
  const { run, journey, unit } = scene;
  if (!unit || unit[0] !== 0 || run.flat !== 2) return null;
  const first = journey.planar[0];
  const [a, b] = [first.weight[2 * unit[1]], first.weight[2 * unit[1] + 1]];
  const square = a * a + b * b;
  if (!(square > 0)) return null;
  const [cx, cy] = [(run.window[0] + run.window[1]) / 2, (run.window[2] + run.window[3]) / 2];
  const off = (a * cx + b * cy + first.bias[unit[1]]) / square;
  const foot = [cx - off * a, cy - off * b];
  const length = 0.13 * Math.max(run.window[1] - run.window[0], run.window[3] - run.window[2]) / Math.sqrt(square);
  return [foot, [foot[0] + length * a, foot[1] + length * b]];
}

/** One feature: the network's answer as a graph over it, and a unit's part in it. @param {Pen} pen @param {Scene} scene */
function drawGraph(pen, scene) {
  const { run, journey, palette, coarse, unit } = scene;
  const r = rectangle(pen);
  const last = journey.layers[journey.layers.length - 1];
  const xs = run.lattice.points;
  const outputs = journey.lattice[journey.lattice.length - 1];
  const curveOf = (/** @type {(i: number) => number} */ f) => Float64Array.from({ length: 2 * xs.length }, (_, k) => (k % 2 ? f(k >> 1) : xs[k >> 1]));
  const curves = [];
  if (run.decision.kind === 'value') curves.push(curveOf((i) => coarse[i]));
  else if (run.decision.kind === 'two') curves.push(curveOf((i) => 1 / (1 + Math.exp(-coarse[i]))));
  else for (let c = 0; c < last.units; c++) curves.push(curveOf((i) => outputs[i * last.units + c]));
  const target = (/** @type {number} */ i) => (run.decision.kind === 'several' ? 1 : run.allTargets[i * run.targetCount + (run.classes.length ? 0 : run.decision.output)]);
  /** @type {Float64Array[]} */
  const parts = [];
  const l = journey.layers.length - 2;
  if (unit && unit[0] <= l) {
    const own = journey.answers(unit);
    const share = unit[0] === l && last.units === 1 ? last.weight[unit[1]] : 1;
    parts.push(curveOf((i) => share * own[i]));
  }
  let [low, high] = [Infinity, -Infinity];
  const see = (/** @type {number} */ y) => {
    low = Math.min(low, y);
    high = Math.max(high, y);
  };
  for (const curve of [...curves, ...parts]) for (let k = 1; k < curve.length; k += 2) see(curve[k]);
  for (let i = 0; i < run.n; i++) see(target(i));
  const pad = 0.08 * (high - low) || 1;
  const window = /** @type {Window} */ ([run.window[0], run.window[1], low - pad, high + pad]);
  const map = mapping(window, r);
  pen.clip(r.x, r.y, r.w, r.h);
  for (const x of ticks(window[0], window[1], 10)) pen.path([[map.x(x), r.y, map.x(x), r.y + r.h]], { stroke: palette.grid, alpha: x === 0 ? 0.45 : 0.16 });
  for (const y of ticks(window[2], window[3], 8)) pen.path([[r.x, map.y(y), r.x + r.w, map.y(y)]], { stroke: palette.grid, alpha: y === 0 ? 0.45 : 0.16 });
  const at = new Float64Array(2 * run.n);
  for (let i = 0; i < run.n; i++) at.set([map.x(run.places[i]), map.y(target(i))], 2 * i);
  drawSamples(pen, scene, at);
  curves.forEach((curve, c) => {
    pen.path([mapped(curve, map)], { stroke: run.decision.kind === 'several' ? palette.classes[c % 10] : palette.text, width: 2.6 });
  });
  for (const part of parts) pen.path([mapped(part, map)], { stroke: palette.second, width: 2.6, dash: [8, 4] });
  const x = scene.point.place[0];
  const row = journey.arithmetic(scene.point.x)[journey.layers.length - 1];
  const output = run.decision.kind === 'two' ? 1 / (1 + Math.exp(-heightOf(last, row.z, 0))) : row.h[run.decision.output];
  drawPoint(pen, [map.x(x), map.y(output)], palette);
  pen.release();
  drawAxes(pen, r, window, run.description.features[0] + unitOfLine(run), run.classes.length ? 'probability' : run.decision.names[run.decision.output], palette);
  return map;
}
