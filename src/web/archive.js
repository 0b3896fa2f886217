// Reads what src/explore/codec.rs packed: base64, deflate, byte planes, folded differences; the bits come back.

/** @param {string} text */
async function inflate(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The rows of a table one after another, widened to f64. @param {string} text @param {number} width bytes per number
 * @param {number} columns */
export async function unpack(text, width, columns) {
  const planes = await inflate(text);
  const count = planes.length / width;
  // 64-bit integers are pairs of 32-bit ones, low half first, as they lie in memory.
  const halves = width / 4;
  const words = new Uint32Array(count * halves);
  const rows = count / columns;
  for (let i = 0; i < count; i++) {
    const place = (i % columns) * rows + Math.floor(i / columns);
    let low = 0;
    let high = 0;
    for (let k = 0; k < 4; k++) low |= planes[k * count + place] << (8 * k);
    if (halves === 2) for (let k = 0; k < 4; k++) high |= planes[(k + 4) * count + place] << (8 * k);
    const sign = -(low & 1);
    low = ((low >>> 1) | (high << 31)) ^ sign;
    high = (high >>> 1) ^ sign;
    if (halves === 1) {
      words[i] = (low >>> 0) + (i >= columns ? words[i - columns] : 0);
      continue;
    }
    const before = i >= columns ? 2 * (i - columns) : -1;
    const sum = (low >>> 0) + (before < 0 ? 0 : words[before]);
    words[2 * i] = sum;
    words[2 * i + 1] = (high >>> 0) + (before < 0 ? 0 : words[before + 1]) + (sum > 0xffffffff ? 1 : 0);
  }
  return halves === 1 ? Float64Array.from(new Float32Array(words.buffer)) : new Float64Array(words.buffer);
}
