// Activations and the forward pass, in f64: the same formulas as src/model/activation.rs.
//
// Numbers that a reader sees come from the careful forms here. Pictures use `quick`, whose forms are equal to a
// hundred-thousandth of a pixel and take a third of the time.

/** Its parameters in the order of the configuration's keys. @typedef {{ name: string, a: number, b: number }} Activation */
/** @typedef {{ name: string, inputs: number, units: number, activation: Activation, weight: Float64Array, bias: Float64Array }} Layer */

/** tanh through expm1, case by case as libm has it, which gives libm's bits; Math.tanh is 2 ulp off.
 * @param {number} x */
export function tanh(x) {
  const size = Math.abs(x);
  let y;
  if (size > 20) y = 1 - 0 / size;
  else if (size > 0.5493061443340548) y = 1 - 2 / (Math.expm1(2 * size) + 2);
  else if (size > 0.2554128118829953) {
    const e = Math.expm1(2 * size);
    y = e / (e + 2);
  } else if (size >= 2.2250738585072014e-308) {
    const e = Math.expm1(-2 * size);
    y = -e / (e + 2);
  } else y = size;
  return x < 0 || Object.is(x, -0) ? -y : y;
}

/** 1 / (1 + exp(-z)) without overflow on either side.
 * @param {number} z */
export function sigmoid(z) {
  if (z >= 0) return 1 / (1 + Math.exp(-z));
  const e = Math.exp(z);
  return e / (1 + e);
}

/** The complementary error function: near 0 from the series of erf whose terms are all positive, further out from
 * Laplace's continued fraction (Abramowitz and Stegun 7.1.6 and 7.1.14).
 * @param {number} x */
export function erfc(x) {
  const size = Math.abs(x);
  if (size < 1.5) {
    let term = x;
    let sum = x;
    for (let n = 1; n < 60 && Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  let fraction = size;
  for (let n = 120; n > 0; n--) fraction = size + n / 2 / fraction;
  const tail = Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
  return x > 0 ? tail : 2 - tail;
}

/** The normal distribution function. @param {number} z */
function normal(z) {
  return 0.5 * erfc(-z * Math.SQRT1_2);
}

/** @param {number} z */
function hardSigmoid(z) {
  return Math.min(Math.max(z / 6 + 0.5, 0), 1);
}

/** The image of one coordinate; softmax needs the whole sample, see `activate`.
 * @param {Activation} activation @param {number} z */
export function value(activation, z) {
  switch (activation.name) {
    case 'relu': return Math.max(z, 0);
    case 'leaky_relu': return Math.max(z, 0) + activation.a * Math.min(z, 0);
    case 'elu': return z > 0 ? z : activation.a * Math.expm1(z);
    case 'gelu': return z * normal(z);
    case 'gelu_tanh': return 0.5 * z * (1 + tanh(0.7978845608028654 * (z + 0.044715 * z * z * z)));
    case 'clip': return Math.min(Math.max(z, activation.a), activation.b);
    case 'hard_sigmoid': return hardSigmoid(z);
    case 'hard_swish': return z * hardSigmoid(z);
    case 'silu': return z * sigmoid(z);
    case 'softplus': return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
    case 'tanh': return tanh(z);
    case 'sigmoid': return sigmoid(z);
    case 'scaled_tanh': return activation.a * tanh(activation.b * z);
    default: return z;
  }
}

/** @type {Float64Array | null} */
let normals = null;

/** The normal distribution function for pictures: cubic between 1025 values, off by less than 1e-9. @param {number} z */
function quickNormal(z) {
  if (!normals) {
    normals = new Float64Array(1026);
    for (let i = 0; i < 1026; i++) normals[i] = normal(i / 64 - 8);
  }
  if (z <= -8) return 0;
  if (z >= 7.98) return 1;
  const place = (z + 8) * 64;
  const i = Math.floor(place);
  const t = place - i;
  const slope = (/** @type {number} */ at) => Math.exp(-0.5 * at * at) * 0.3989422804014327 / 64;
  const [p, q, u, v] = [normals[i], normals[i + 1], slope(i / 64 - 8), slope((i + 1) / 64 - 8)];
  const s = 1 - t;
  return p * (1 + 2 * t) * s * s + u * t * s * s + q * t * t * (3 - 2 * t) - v * t * t * s;
}

/** Maps rows of `units` numbers in place. @param {Activation} activation @param {Float64Array} z @param {number} units
 * @param {boolean} quick */
export function activate(activation, z, units, quick) {
  const count = z.length;
  if (activation.name === 'identity') return;
  if (activation.name === 'softmax') {
    for (let start = 0; start < count; start += units) {
      let most = -Infinity;
      for (let j = 0; j < units; j++) most = Math.max(most, z[start + j]);
      let sum = 0;
      for (let j = 0; j < units; j++) sum += z[start + j] = Math.exp(z[start + j] - most);
      for (let j = 0; j < units; j++) z[start + j] /= sum;
    }
    return;
  }
  if (!quick) {
    for (let i = 0; i < count; i++) z[i] = value(activation, z[i]);
    return;
  }
  switch (activation.name) {
    case 'relu':
      for (let i = 0; i < count; i++) if (!(z[i] > 0)) z[i] = 0;
      return;
    case 'tanh':
      for (let i = 0; i < count; i++) z[i] = 1 - 2 / (Math.exp(2 * z[i]) + 1);
      return;
    case 'scaled_tanh':
      for (let i = 0; i < count; i++) z[i] = activation.a * (1 - 2 / (Math.exp(2 * activation.b * z[i]) + 1));
      return;
    case 'gelu':
      for (let i = 0; i < count; i++) z[i] *= quickNormal(z[i]);
      return;
    default:
      for (let i = 0; i < count; i++) z[i] = value(activation, z[i]);
  }
}

/** W x + b for n rows. @param {Layer} layer @param {Float64Array} points @param {number} n */
export function affine(layer, points, n) {
  const { inputs, units, weight, bias } = layer;
  const z = new Float64Array(n * units);
  if (inputs === 2) {
    // The most frequent case, and the one that each picture repeats for every point of the paper.
    for (let i = 0, at = 0; i < n; i++) {
      const [x, y] = [points[2 * i], points[2 * i + 1]];
      for (let j = 0, w = 0; j < units; j++, w += 2) z[at++] = weight[w] * x + weight[w + 1] * y + bias[j];
    }
    return z;
  }
  for (let i = 0, at = 0; i < n; i++) {
    const row = i * inputs;
    for (let j = 0, w = 0; j < units; j++) {
      let sum = 0;
      for (let k = 0; k < inputs; k++) sum += weight[w++] * points[row + k];
      z[at++] = sum + bias[j];
    }
  }
  return z;
}

/** The network's output for n rows. @param {Layer[]} layers @param {Float64Array} points @param {number} n
 * @param {boolean} quick */
export function forward(layers, points, n, quick) {
  let x = points;
  for (const layer of layers) {
    x = affine(layer, x, n);
    activate(layer.activation, x, layer.units, quick);
  }
  return x;
}
