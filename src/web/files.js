// What can be taken from the page: pictures, the configuration, a link.

import { CanvasPen, SvgPen } from './pen.js';
import { drawStage } from './stage.js';
import { at, element } from './panels.js';

/** Hands a file over. @param {string} name @param {Blob} blob */
export function saveFile(name, blob) {
  const link = element('a', { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Makes the buttons work, and returns the stage as an SVG file's text.
 * @param {{ run: import('./model.js').Run, state: any, stage: HTMLCanvasElement, whole: () => any, palette: () => import('./colours.js').Palette,
 *   caption: () => string, depthWords: () => string, writeAddress: () => void }} page */
export function bindFiles({ run, state, stage, whole, palette, caption, depthWords, writeAddress }) {
  const { name, config } = run.description;
  const plain = name.replace(/[^\w.-]+/g, '-');
  const fileName = () => `${plain}-epoch-${run.epochName(state.at)}`;

  /** The stage under a title. @param {import('./pen.js').Pen} pen */
  function picture(pen) {
    drawStage(pen, whole(), 22);
    pen.text(`${name}: ${depthWords()}, epoch ${run.epochName(state.at)}`, 50, 22, { size: 13, colour: palette().text, weight: 600 });
  }

  function vector() {
    const pen = new SvgPen(stage.clientWidth, stage.clientHeight, palette().paper, `${name}: ${caption()}`);
    picture(pen);
    return pen.finish();
  }

  at('svg').addEventListener('click', () => saveFile(`${fileName()}.svg`, new Blob([vector()], { type: 'image/svg+xml' })));
  at('png').addEventListener('click', () => {
    const canvas = document.createElement('canvas');
    const pen = new CanvasPen(canvas, stage.clientWidth, stage.clientHeight, 3);
    pen.path([[0, 0, pen.width, 0, pen.width, pen.height, 0, pen.height]], { fill: palette().paper });
    picture(pen);
    canvas.toBlob((blob) => blob && saveFile(`${fileName()}.png`, blob));
  });
  at('save-config').addEventListener('click', () => saveFile(`${plain}.toml`, new Blob([config], { type: 'application/toml' })));
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
  return vector;
}
