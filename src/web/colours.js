// The colours of src/plot/theme.rs, and what they are mixed into.

/** The colours of plot::Theme. @typedef {typeof PALETTES.light} Palette */
export const PALETTES = {
  light: {
    paper: '#ffffff', text: '#1c2026', muted: '#5d6673', axis: '#7b8592', grid: '#1c2026', accent: '#0f7f8c', second: '#c9750c', third: '#2762b3', hot: '#b03a6f',
    classes: ['#e8553a', '#5a3fa8', '#12a085', '#d8b906', '#a505f6', '#f975fd', '#9979af', '#adc37d', '#78164a', '#4e3619'],
  },
  dark: {
    paper: '#14171c', text: '#e9edf2', muted: '#9fa9b6', axis: '#7d8794', grid: '#e9edf2', accent: '#45c7d6', second: '#f2a94a', third: '#7fb0ff', hot: '#f08ab8',
    classes: ['#ff7a5c', '#8d70f2', '#3fd0b0', '#ddf0ab', '#03809a', '#e2aaef', '#b87a16', '#f9ae05', '#9b22ff', '#816d64'],
  },
};

const VIRIDIS = ['#440154', '#482878', '#3e4989', '#31688e', '#26828e', '#1f9e89', '#35b779', '#6ece58', '#b5de2b', '#fde725'];

/** @param {string} hex */
const channels = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));

/** @param {string} a @param {string} b @param {number} t */
export function mix(a, b, t) {
  const [p, q] = [channels(a), channels(b)];
  return `#${p.map((x, k) => Math.round(x + t * (q[k] - x)).toString(16).padStart(2, '0')).join('')}`;
}

/** @param {number} t */
export function viridis(t) {
  const at = Math.min(1, Math.max(0, t)) * (VIRIDIS.length - 1);
  const k = Math.min(VIRIDIS.length - 2, Math.floor(at));
  return mix(VIRIDIS[k], VIRIDIS[k + 1], at - k);
}

/** The colour of an opinion. @param {[number, number]} said @param {Palette} palette */
export function tint([side, sure], palette) {
  return side < 0 ? mix(viridis(sure), palette.paper, 0.35) : mix(palette.paper, palette.classes[side % 10], 0.08 + 0.42 * sure);
}

/** A canvas with one pixel per value. @param {ArrayLike<number>} values @param {number} nx @param {number} ny
 * @param {(i: number) => string} colour */
export function painted(values, nx, ny, colour) {
  const canvas = document.createElement('canvas');
  canvas.width = nx;
  canvas.height = ny;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const image = context.createImageData(nx, ny);
  for (let r = 0; r < ny; r++) {
    for (let c = 0; c < nx; c++) {
      const [red, green, blue] = channels(colour(r * nx + c));
      const at = 4 * ((ny - 1 - r) * nx + c);
      image.data.set([red, green, blue, 255], at);
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
