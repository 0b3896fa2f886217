// The pointer and the arrow keys on the two pictures: points, a unit's line, the output's line.

import { arrowOf } from './stage.js';

/** What the pictures tell the page. @typedef {{ run: import('./model.js').Run, state: any, stage: HTMLCanvasElement,
 *   inputCanvas: HTMLCanvasElement, journey: () => import('./journey.js').Journey, whole: () => any, follow: (i: number) => void,
 *   stageMap: () => import('./stage.js').Map2, inputMap: () => import('./stage.js').Map2, ask: (what: any) => void,
 *   edit: (key: string, x: number) => void,
 *   begin: ((event: PointerEvent, map: import('./stage.js').Map2) => ((event: PointerEvent) => void) | null) | null }} Page */

/** @param {Page} page */
export function bindPictures(page) {
  const { run, state, stage, inputCanvas } = page;
  const count = run.description.layers.length;

  /** @param {PointerEvent} event @param {HTMLCanvasElement} canvas @returns {[number, number]} */
  function pointer(event, canvas) {
    const r = canvas.getBoundingClientRect();
    return [event.clientX - r.left, event.clientY - r.top];
  }

  /** The sample whose sign is nearest, within 14 pixels. @param {Float64Array} picture @param {import('./stage.js').Map2} map
   * @param {[number, number]} at0 */
  function nearestSample(picture, map, at0) {
    let best = { i: -1, d: 14 };
    for (let i = 0; i < (state.heldOut ? run.n : run.train); i++) {
      const d = Math.hypot(map.x(picture[2 * i]) - at0[0], map.y(picture[2 * i + 1]) - at0[1]);
      if (d < best.d) best = { i, d };
    }
    return best.i;
  }

  /** What a drag that begins here moves. @type {((event: PointerEvent) => void) | null} */
  let drag = null;

  inputCanvas.addEventListener('pointerdown', (event) => {
    const p = pointer(event, inputCanvas);
    drag = page.begin?.(event, page.inputMap()) ?? null;
    const all = page.whole();
    const arrow = drag ? null : arrowOf(all);
    if (arrow && state.unit) {
      const j = state.unit[1];
      const [foot, tip] = arrow.map(([x, y]) => [page.inputMap().x(x), page.inputMap().y(y)]);
      const first = page.journey().planar[0];
      const [a, b] = [first.weight[2 * j], first.weight[2 * j + 1]];
      const [x, y] = page.inputMap().back(p[0], p[1]);
      const unit = Math.abs(page.inputMap().x(1) - page.inputMap().x(0));
      const key = `0.${j}`;
      if (Math.hypot(tip[0] - p[0], tip[1] - p[1]) < 16 && !run.slice) {
        drag = (e) => {
          const q = pointer(e, inputCanvas);
          const [tx, ty] = page.inputMap().back(q[0], q[1]);
          const [fx, fy] = page.inputMap().back(foot[0], foot[1]);
          const length = Math.hypot(tx - fx, ty - fy) || 1;
          const size = Math.hypot(a, b);
          const [na, nb] = [(size * (tx - fx)) / length, (size * (ty - fy)) / length];
          page.edit(`${key}.0`, na);
          page.edit(`${key}.1`, nb);
          page.edit(`${key}.b`, -(na * fx + nb * fy));
        };
      } else if ((Math.abs(a * x + b * y + first.bias[j]) / Math.hypot(a, b)) * unit < 9) {
        const before = page.journey().layers[0].bias[j];
        drag = (e) => {
          const [nx, ny] = page.inputMap().back(...pointer(e, inputCanvas));
          page.edit(`${key}.b`, before - a * (nx - x) - b * (ny - y));
        };
      }
    }
    if (!drag) {
      drag = (e) => {
        const place = page.inputMap().back(...pointer(e, inputCanvas));
        state.place = run.flat === 2 ? place : [place[0]];
        page.ask('picture');
        page.ask('words');
      };
      const i = run.flat === 2 ? nearestSample(run.places, page.inputMap(), p) : -1;
      if (i >= 0) page.follow(i);
      else drag(event);
    }
    inputCanvas.setPointerCapture(event.pointerId);
  });

  stage.addEventListener('pointerdown', (event) => {
    const p = pointer(event, stage);
    const output = page.journey().layers[count - 1];
    drag = null;
    if (run.decision.kind === 'two' && output.units === 1 && output.inputs === 2 && count > 1 && Math.abs(state.depth - (page.journey().scores - 1)) < 0.01) {
      const [a, b] = output.weight;
      const shift = output.activation.name === 'identity' ? 0.5 : 0;
      const [x, y] = page.stageMap().back(p[0], p[1]);
      const unit = Math.abs(page.stageMap().x(1) - page.stageMap().x(0));
      if ((Math.abs(a * x + b * y + output.bias[0] - shift) / Math.hypot(a, b)) * unit < 10) {
        const before = output.bias[0];
        drag = (e) => {
          const [nx, ny] = page.stageMap().back(...pointer(e, stage));
          page.edit(`${count - 1}.0.b`, before - a * (nx - x) - b * (ny - y));
        };
      }
    }
    if (!drag) {
      const picture = page.journey().moving(state.depth, (m) => page.journey().still(m, 'samples'));
      const i = nearestSample(picture, page.stageMap(), p);
      if (i >= 0) page.follow(i);
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
      page.follow(event.key === 'Home' ? 0 : event.key === 'End' ? n - 1 : (((state.sample + step) % n) + n) % n);
    });
  }
}
