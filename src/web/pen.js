// Drawing, once for the screen and once for an SVG file: both pens know the same few strokes.

/** @typedef {{ fill?: string, stroke?: string, width?: number, dash?: number[], alpha?: number, closed?: boolean }} Style */
/** @typedef {{ size?: number, anchor?: 'start' | 'middle' | 'end', colour?: string, weight?: number, halo?: string, turn?: number }} TextStyle */

const FONT = 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

/** The outline of a class's sign around a point: circle, square, triangle, diamond and on. @param {number} shape
 * @param {number} x @param {number} y @param {number} r @returns {number[]} */
function outline(shape, x, y, r) {
  const regular = (/** @type {number} */ corners, /** @type {number} */ size, /** @type {number} */ turn, inner = 1) => {
    const points = [];
    const steps = inner === 1 ? corners : 2 * corners;
    for (let k = 0; k < steps; k++) {
      const angle = (turn + k / steps) * 2 * Math.PI;
      const length = r * size * (k % 2 && inner !== 1 ? inner : 1);
      points.push(x + length * Math.sin(angle), y - length * Math.cos(angle));
    }
    return points;
  };
  switch (shape % 8) {
    case 1: return regular(4, 1.25, 0.125);
    case 2: return regular(3, 1.5, 0);
    case 3: return regular(4, 1.3, 0);
    case 4: return regular(3, 1.5, 0.5);
    case 5: return regular(5, 1.6, 0, 0.45);
    case 6: return regular(4, 1.5, 0, 0.4);
    case 7: return regular(5, 1.2, 0);
    default: return [];
  }
}

export class CanvasPen {
  /** @param {HTMLCanvasElement} canvas @param {number} width @param {number} height in CSS pixels @param {number} scale */
  constructor(canvas, width, height, scale) {
    this.width = width;
    this.height = height;
    const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
    if (canvas.width !== w || canvas.height !== h) {
      canvas.width = w;
      canvas.height = h;
    }
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    this.context.setTransform(scale, 0, 0, scale, 0, 0);
    this.context.clearRect(0, 0, width, height);
    this.context.lineJoin = 'round';
  }

  /** Everything until `release` stays inside. @param {number} x @param {number} y @param {number} w @param {number} h */
  clip(x, y, w, h) {
    this.context.save();
    this.context.beginPath();
    this.context.rect(x, y, w, h);
    this.context.clip();
  }

  release() {
    this.context.restore();
  }

  /** Polylines as one path. @param {ArrayLike<number>[]} lines @param {Style} style */
  path(lines, style) {
    const c = this.context;
    c.beginPath();
    for (const line of lines) {
      if (line.length < 4) continue;
      c.moveTo(line[0], line[1]);
      for (let i = 2; i < line.length; i += 2) c.lineTo(line[i], line[i + 1]);
      if (style.closed) c.closePath();
    }
    this.paint(style);
  }

  /** Signs of one shape. @param {number[]} centres @param {number} shape @param {number} r @param {Style} style */
  signs(centres, shape, r, style) {
    const c = this.context;
    c.beginPath();
    const half = 1.25 * r * Math.SQRT1_2;
    for (let i = 0; i < centres.length; i += 2) {
      if (shape % 8 === 1) {
        c.rect(centres[i] - half, centres[i + 1] - half, 2 * half, 2 * half);
        continue;
      }
      const corners = outline(shape, centres[i], centres[i + 1], r);
      if (!corners.length) {
        c.moveTo(centres[i] + r, centres[i + 1]);
        c.arc(centres[i], centres[i + 1], r, 0, 2 * Math.PI);
        continue;
      }
      c.moveTo(corners[0], corners[1]);
      for (let k = 2; k < corners.length; k += 2) c.lineTo(corners[k], corners[k + 1]);
      c.closePath();
    }
    this.paint(style);
  }

  /** @param {Style} style */
  paint(style) {
    const c = this.context;
    c.globalAlpha = style.alpha ?? 1;
    if (style.fill) {
      c.fillStyle = style.fill;
      c.fill();
    }
    if (style.stroke) {
      c.strokeStyle = style.stroke;
      c.lineWidth = style.width ?? 1;
      c.setLineDash(style.dash ?? []);
      c.stroke();
    }
    c.globalAlpha = 1;
  }

  /** @param {string} text @param {number} x @param {number} y the baseline @param {TextStyle} style */
  text(text, x, y, style) {
    const c = this.context;
    c.save();
    c.font = `${style.weight ?? 400} ${style.size ?? 12}px ${FONT}`;
    c.textAlign = style.anchor === 'middle' ? 'center' : style.anchor ?? 'start';
    c.translate(x, y);
    if (style.turn) c.rotate((style.turn * Math.PI) / 180);
    if (style.halo) {
      c.strokeStyle = style.halo;
      c.lineWidth = 4;
      c.strokeText(text, 0, 0);
    }
    c.fillStyle = style.colour ?? '#000';
    c.fillText(text, 0, 0);
    c.restore();
  }

  /** A picture stretched over a rectangle. @param {HTMLCanvasElement} image @param {number} x @param {number} y
   * @param {number} w @param {number} h */
  image(image, x, y, w, h) {
    this.context.imageSmoothingEnabled = true;
    this.context.imageSmoothingQuality = 'high';
    this.context.drawImage(image, x, y, w, h);
  }
}

export class SvgPen {
  /** @param {number} width @param {number} height @param {string} paper @param {string} title */
  constructor(width, height, paper, title) {
    this.width = width;
    this.height = height;
    this.clips = 0;
    this.parts = [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
      `<title>${escaped(title)}</title>`,
      `<rect width="${width}" height="${height}" fill="${paper}"/>`,
    ];
  }

  /** @param {number} x @param {number} y @param {number} w @param {number} h */
  clip(x, y, w, h) {
    const id = `clip${this.clips++}`;
    this.parts.push(`<clipPath id="${id}"><rect x="${x}" y="${y}" width="${w}" height="${h}"/></clipPath><g clip-path="url(#${id})">`);
  }

  release() {
    this.parts.push('</g>');
  }

  /** @param {ArrayLike<number>[]} lines @param {Style} style */
  path(lines, style) {
    const d = lines.filter((line) => line.length >= 4).map((line) => trace(line) + (style.closed ? 'Z' : '')).join('');
    if (d) this.parts.push(`<path d="${d}"${attributes(style)}/>`);
  }

  /** @param {number[]} centres @param {number} shape @param {number} r @param {Style} style */
  signs(centres, shape, r, style) {
    let d = '';
    for (let i = 0; i < centres.length; i += 2) {
      const [x, y] = [centres[i], centres[i + 1]];
      const corners = outline(shape, x, y, r);
      d += corners.length
        ? trace(corners) + 'Z'
        : `M${short(x - r)} ${short(y)}a${short(r)} ${short(r)} 0 1 0 ${short(2 * r)} 0a${short(r)} ${short(r)} 0 1 0 ${short(-2 * r)} 0Z`;
    }
    if (d) this.parts.push(`<path d="${d}"${attributes(style)}/>`);
  }

  /** @param {string} text @param {number} x @param {number} y @param {TextStyle} style */
  text(text, x, y, style) {
    const turn = style.turn ? ` transform="rotate(${style.turn} ${short(x)} ${short(y)})"` : '';
    const halo = style.halo ? ` stroke="${style.halo}" stroke-width="4" paint-order="stroke" stroke-linejoin="round"` : '';
    this.parts.push(
      `<text x="${short(x)}" y="${short(y)}" font-family='${FONT}' font-size="${style.size ?? 12}" font-weight="${style.weight ?? 400}" ` +
        `text-anchor="${style.anchor ?? 'start'}" fill="${style.colour ?? '#000'}"${halo}${turn}>${escaped(text)}</text>`,
    );
  }

  /** @param {HTMLCanvasElement} image @param {number} x @param {number} y @param {number} w @param {number} h */
  image(image, x, y, w, h) {
    this.parts.push(
      `<image href="${image.toDataURL()}" x="${short(x)}" y="${short(y)}" width="${short(w)}" height="${short(h)}" preserveAspectRatio="none"/>`,
    );
  }

  finish() {
    return this.parts.join('\n') + '\n</svg>\n';
  }
}

/** @typedef {CanvasPen | SvgPen} Pen */

/** @param {ArrayLike<number>} line */
function trace(line) {
  let d = `M${short(line[0])} ${short(line[1])}`;
  for (let i = 2; i < line.length; i += 2) d += `L${short(line[i])} ${short(line[i + 1])}`;
  return d;
}

/** @param {Style} style */
function attributes(style) {
  const dash = style.dash?.length ? ` stroke-dasharray="${style.dash.join(' ')}"` : '';
  const stroke = style.stroke ? ` stroke="${style.stroke}" stroke-width="${style.width ?? 1}" stroke-linejoin="round"${dash}` : '';
  const alpha = style.alpha !== undefined && style.alpha < 1 ? ` opacity="${style.alpha}"` : '';
  return ` fill="${style.fill ?? 'none'}"${stroke}${alpha}`;
}

/** @param {number} x */
function short(x) {
  return String(Math.round(x * 100) / 100);
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
