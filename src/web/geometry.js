// Plane geometry for pictures: motions of a 2 x 2 matrix, planes through many dimensions, level sets, ticks.

/** @typedef {[number, number]} Point */
/** A window: x from [0] to [1], y from [2] to [3]. @typedef {[number, number, number, number]} Window */

/** The angle's own value within half a turn. @param {number} angle */
function shortWay(angle) {
  return angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
}

/** [[a, b], [c, d]] = R(out) diag(scale) R(inward), with the least turning: as geometry::LayerFlow.
 * @param {number} a @param {number} b @param {number} c @param {number} d */
export function decompose(a, b, c, d) {
  const p = 0.5 * Math.hypot(a + d, c - b);
  const q = 0.5 * Math.hypot(a - d, c + b);
  let sum = Math.atan2(c - b, a + d);
  let difference = Math.atan2(c + b, a - d);
  if (p === 0) sum = difference;
  if (q === 0) difference = sum;
  let best = { inward: 0, scale: /** @type {Point} */ ([1, 1]), out: 0, turning: Infinity };
  for (let turns = 0; turns < 4; turns++) {
    const out = shortWay(0.5 * (sum + difference) + (turns * Math.PI) / 2);
    const inward = shortWay(0.5 * (sum - difference) - (turns * Math.PI) / 2);
    const turning = Math.abs(out) + Math.abs(inward);
    if (turning < best.turning - 1e-12) {
      best = { inward, scale: turns % 2 === 0 ? [p + q, p - q] : [p - q, p + q], out, turning };
    }
  }
  return best;
}

/** Slow at both ends. @param {number} t */
export function ease(t) {
  return t * t * (3 - 2 * t);
}

/** Points on their way through x -> R(out) S R(inward) x + b at time t: rotate, scale, rotate, translate in turn.
 * @param {Float64Array} points n x 2 @param {ReturnType<typeof decompose>} motion @param {Float64Array} bias @param {number} t */
export function turned(points, motion, bias, t) {
  const part = (/** @type {number} */ k) => ease(Math.min(1, Math.max(0, 4 * t - k)));
  const [first, middle, last, shift] = [part(0) * motion.inward, part(1), part(2) * motion.out, part(3)];
  const [sx, sy] = motion.scale.map((s) => 1 - middle + middle * s);
  const [ci, si, co, so] = [Math.cos(first), Math.sin(first), Math.cos(last), Math.sin(last)];
  const moved = new Float64Array(points.length);
  for (let i = 0; i < points.length; i += 2) {
    const x = sx * (ci * points[i] - si * points[i + 1]);
    const y = sy * (si * points[i] + ci * points[i + 1]);
    moved[i] = co * x - so * y + shift * bias[0];
    moved[i + 1] = so * x + co * y + shift * bias[1];
  }
  return moved;
}

/** @typedef {{ mean: Float64Array, axes: [Float64Array, Float64Array], share: number }} View */

/** The plane through rows of k > 2 numbers that shows most of their variance: subspace iteration from where the last
 * picture lies, then turned within itself towards that picture. `share` is measured, whatever the iteration reached.
 * @param {Float64Array} rows n x k @param {number} n @param {number} k @param {Float64Array} before n x 2 @returns {View} */
export function principalView(rows, n, k, before) {
  const step = Math.max(1, Math.floor(n / 240));
  /** @type {number[]} */
  const used = [];
  for (let i = 0; i < n; i += step) used.push(i);
  const mean = new Float64Array(k);
  const [beforeX, beforeY] = [0, 1].map((axis) => used.reduce((sum, i) => sum + before[2 * i + axis], 0) / used.length);
  for (const i of used) for (let j = 0; j < k; j++) mean[j] += rows[i * k + j] / used.length;
  const centred = new Float64Array(used.length * k);
  let total = 0;
  used.forEach((i, r) => {
    for (let j = 0; j < k; j++) {
      const x = rows[i * k + j] - mean[j];
      centred[r * k + j] = x;
      total += x * x;
    }
  });
  const back = (/** @type {Float64Array} */ picture) => {
    const axes = [new Float64Array(k), new Float64Array(k)];
    for (let r = 0; r < used.length; r++) {
      for (let j = 0; j < k; j++) {
        axes[0][j] += centred[r * k + j] * picture[2 * r];
        axes[1][j] += centred[r * k + j] * picture[2 * r + 1];
      }
    }
    return orthonormal(axes);
  };
  const picture = (/** @type {Float64Array[]} */ axes) => {
    const image = new Float64Array(2 * used.length);
    for (let r = 0; r < used.length; r++) {
      for (let j = 0; j < k; j++) {
        image[2 * r] += centred[r * k + j] * axes[0][j];
        image[2 * r + 1] += centred[r * k + j] * axes[1][j];
      }
    }
    return image;
  };
  const length = (/** @type {Float64Array} */ image) => image.reduce((sum, x) => sum + x * x, 0);
  let target = new Float64Array(2 * used.length);
  used.forEach((i, r) => {
    target[2 * r] = before[2 * i] - beforeX;
    target[2 * r + 1] = before[2 * i + 1] - beforeY;
  });
  let axes = back(target);
  let image = picture(axes);
  let shown = length(image);
  for (let round = 0; round < 40; round++) {
    axes = back(image);
    image = picture(axes);
    const now = length(image);
    if (now - shown <= 1e-7 * total) break;
    shown = now;
  }
  // Procrustes: of all rotations and reflections of the plane, the one closest to the picture before.
  let [m00, m01, m10, m11] = [0, 0, 0, 0];
  for (let r = 0; r < image.length; r += 2) {
    m00 += image[r] * target[r];
    m01 += image[r] * target[r + 1];
    m10 += image[r + 1] * target[r];
    m11 += image[r + 1] * target[r + 1];
  }
  const rotation = Math.hypot(m00 + m11, m10 - m01);
  const reflection = Math.hypot(m00 - m11, m01 + m10);
  const mirrored = reflection > rotation;
  const angle = mirrored ? Math.atan2(m01 + m10, m00 - m11) : Math.atan2(m10 - m01, m00 + m11);
  const [cos, sin, sign] = [Math.cos(angle), Math.sin(angle), mirrored ? -1 : 1];
  const first = axes[0].map((x, j) => cos * x + sin * axes[1][j]);
  const second = axes[0].map((x, j) => sign * (cos * axes[1][j] - sin * x));
  return { mean, axes: [first, second], share: total > 0 ? Math.min(1, length(image) / total) : 1 };
}

/** Gram and Schmidt; a vector without length of its own becomes some unit vector. @param {Float64Array[]} axes */
function orthonormal(axes) {
  axes.forEach((axis, a) => {
    for (let round = 0; round < 2; round++) {
      for (let b = 0; b < a; b++) {
        const product = axis.reduce((sum, x, j) => sum + x * axes[b][j], 0);
        for (let j = 0; j < axis.length; j++) axis[j] -= product * axes[b][j];
      }
      const length = Math.sqrt(axis.reduce((sum, x) => sum + x * x, 0));
      if (length > 1e-150) {
        for (let j = 0; j < axis.length; j++) axis[j] /= length;
      } else {
        axis.fill(0);
        axis[a % axis.length] = 1;
      }
    }
  });
  return axes;
}

/** Where rows lie in a view. @param {Float64Array} rows @param {number} n @param {number} k @param {View} view */
export function project(rows, n, k, view) {
  const image = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) {
    let [x, y] = [0, 0];
    for (let j = 0; j < k; j++) {
      const centred = rows[i * k + j] - view.mean[j];
      x += centred * view.axes[0][j];
      y += centred * view.axes[1][j];
    }
    image[2 * i] = x;
    image[2 * i + 1] = y;
  }
  return image;
}

/** A round number near `size / count`. @param {number} size @param {number} count */
export function roundStep(size, count) {
  const rough = Math.max(size, 1e-300) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 2.5, 5].find((m) => m * power >= rough * 0.999) ?? 10);
}

/** Round numbers from low to high. @param {number} low @param {number} high @param {number} count */
export function ticks(low, high, count) {
  const step = roundStep(high - low, count);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) found.push(k * step);
  return found;
}

/** The curves on which a function is 0, from its values at the corners of a grid (row by row, y upwards) as polylines.
 * With `f`, which takes an array of points, every crossing is then moved onto the curve by bisection and false position.
 * @param {ArrayLike<number>} values @param {number} nx corners across @param {number} ny @param {Window} window
 * @param {((points: Float64Array) => ArrayLike<number>) | null} f @returns {Float64Array[]} */
export function levelSet(values, nx, ny, window, f) {
  const [x0, x1, y0, y1] = window;
  const [dx, dy] = [(x1 - x0) / (nx - 1), (y1 - y0) / (ny - 1)];
  /** @type {Map<number, number>} */
  const known = new Map();
  /** @type {number[]} */
  const ends = [];
  /** Crossing of the edge from corner a to corner b: its number. @param {number} a @param {number} b */
  const crossing = (a, b) => {
    const key = 2 * a + (b - a === 1 ? 0 : 1);
    const old = known.get(key);
    if (old !== undefined) return old;
    known.set(key, ends.length / 2);
    ends.push(a, b);
    return ends.length / 2 - 1;
  };
  /** @type {number[][]} */
  const segments = [];
  const up = (/** @type {number} */ corner) => values[corner] > 0;
  for (let row = 0; row + 1 < ny; row++) {
    for (let column = 0; column + 1 < nx; column++) {
      const a = row * nx + column;
      const corners = [a, a + 1, a + nx + 1, a + nx];
      const code = corners.reduce((sum, corner, k) => sum | (up(corner) ? 1 << k : 0), 0);
      if (code === 0 || code === 15) continue;
      const edges = [[a, a + 1], [a + 1, a + nx + 1], [a + nx, a + nx + 1], [a, a + nx]];
      const cut = edges.filter(([p, q]) => up(p) !== up(q)).map(([p, q]) => crossing(p, q));
      if (cut.length === 2) segments.push(cut);
      else {
        const centre = corners.reduce((sum, corner) => sum + values[corner], 0) > 0;
        const joined = centre === up(a);
        segments.push(joined ? [cut[0], cut[1]] : [cut[0], cut[3]], joined ? [cut[2], cut[3]] : [cut[1], cut[2]]);
      }
    }
  }
  const count = ends.length / 2;
  const at = new Float64Array(2 * count);
  const low = new Float64Array(count);
  const high = new Float64Array(count).fill(1);
  const fa = Float64Array.from({ length: count }, (_, i) => values[ends[2 * i]]);
  const fb = Float64Array.from({ length: count }, (_, i) => values[ends[2 * i + 1]]);
  const place = (/** @type {number} */ i, /** @type {number} */ t) => {
    const [a, b] = [ends[2 * i], ends[2 * i + 1]];
    at[2 * i] = x0 + dx * ((a % nx) + t * ((b % nx) - (a % nx)));
    at[2 * i + 1] = y0 + dy * (Math.floor(a / nx) + t * (Math.floor(b / nx) - Math.floor(a / nx)));
  };
  const between = (/** @type {number} */ i) => {
    const share = fa[i] / (fa[i] - fb[i]);
    return low[i] + (Number.isFinite(share) ? share : 0.5) * (high[i] - low[i]);
  };
  for (let round = 0; f && count && round < 4; round++) {
    const t = new Float64Array(count);
    for (let i = 0; i < count; i++) place(i, (t[i] = round % 2 ? 0.5 * (low[i] + high[i]) : between(i)));
    const heights = f(at);
    for (let i = 0; i < count; i++) {
      if (heights[i] > 0 === fa[i] > 0) {
        low[i] = t[i];
        fa[i] = heights[i];
      } else {
        high[i] = t[i];
        fb[i] = heights[i];
      }
    }
  }
  for (let i = 0; i < count; i++) place(i, between(i));
  return chained(segments, count).map((chain) => Float64Array.from(chain.flatMap((i) => [at[2 * i], at[2 * i + 1]])));
}

/** Curves with twice as many points: each new one begins in the middle of a segment and steps sideways onto f = 0.
 * @param {Float64Array[]} curves @param {(points: Float64Array) => ArrayLike<number>} f */
export function refined(curves, f) {
  const count = curves.reduce((sum, curve) => sum + Math.max(0, curve.length / 2 - 1), 0);
  const [middle, normal] = [new Float64Array(2 * count), new Float64Array(2 * count)];
  let at = 0;
  for (const curve of curves) {
    for (let i = 0; i + 2 < curve.length; i += 2, at += 2) {
      middle[at] = (curve[i] + curve[i + 2]) / 2;
      middle[at + 1] = (curve[i + 1] + curve[i + 3]) / 2;
      normal[at] = (curve[i + 1] - curve[i + 3]) / 2;
      normal[at + 1] = (curve[i + 2] - curve[i]) / 2;
    }
  }
  let heights = f(middle);
  for (let round = 0; round < 2; round++) {
    const h = round ? 0.01 : 0.1;
    const beside = f(middle.map((x, k) => x + h * normal[k]));
    const moved = middle.slice();
    for (let i = 0; i < count; i++) {
      const t = (-heights[i] * h) / (beside[i] - heights[i]);
      if (!(Math.abs(t) <= 1)) continue;
      moved[2 * i] += t * normal[2 * i];
      moved[2 * i + 1] += t * normal[2 * i + 1];
    }
    const now = f(moved);
    const better = Array.from(now, (x, i) => Math.abs(x) < Math.abs(heights[i]));
    for (let k = 0; k < 2 * count; k++) if (better[k >> 1]) middle[k] = moved[k];
    heights = Array.from(now, (x, i) => (better[i] ? x : heights[i]));
  }
  at = 0;
  return curves.map((curve) => {
    const fine = new Float64Array(Math.max(curve.length, 2 * curve.length - 2));
    for (let i = 0; i < curve.length; i += 2) {
      fine.set(curve.subarray(i, i + 2), 2 * i);
      if (i + 2 < curve.length) fine.set(middle.subarray(at, (at += 2)), 2 * i + 2);
    }
    return fine;
  });
}

/** Segments end to end. @param {number[][]} segments @param {number} count */
function chained(segments, count) {
  /** @type {number[][]} */
  const neighbours = Array.from({ length: count }, () => []);
  for (const [a, b] of segments) {
    neighbours[a].push(b);
    neighbours[b].push(a);
  }
  const seen = new Uint8Array(count);
  /** @type {number[][]} */
  const chains = [];
  const walk = (/** @type {number} */ start) => {
    const chain = [start];
    seen[start] = 1;
    for (let at = start; ;) {
      const next = neighbours[at].find((i) => !seen[i]);
      if (next === undefined) {
        if (chain.length > 2 && neighbours[at].includes(start)) chain.push(start);
        chains.push(chain);
        return;
      }
      seen[(at = next)] = 1;
      chain.push(at);
    }
  };
  // Open curves from their ends first; what is left is closed.
  for (let i = 0; i < count; i++) if (!seen[i] && neighbours[i].length === 1) walk(i);
  for (let i = 0; i < count; i++) if (!seen[i]) walk(i);
  return chains;
}
