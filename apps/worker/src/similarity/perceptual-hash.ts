/** How many pixels of an image, down and across, it looks at. */
export const SIDE = 32;
const LOW = 8;

/** cos((2x + 1) u π / 64) for the lowest eight frequencies u, and each of 32 places x. */
const COSINES = Float64Array.from({ length: LOW * SIDE }, (_, i) => {
  const [u, x] = [Math.floor(i / SIDE), i % SIDE];
  return Math.cos(((2 * x + 1) * u * Math.PI) / (2 * SIDE));
});

/**
 * What an image looks like, in 64 bits: of its brightness, 32 by 32 and as displayed, the 8 by 8 lowest frequencies of
 * the discrete cosine transform, each bit saying whether one is above their median (the mean brightness left out). Copies
 * in another size, format or quality differ in few bits; see http://phash.org for the method.
 *
 * @param pixels the brightness of each
 * @returns as signed as PostgreSQL's bigint
 */
export function perceptualHash(pixels: Uint8Array): bigint {
  const frequencies = lowFrequencies(pixels);
  const sorted = frequencies.slice(1).sort();
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  let hash = 0n;
  for (const [i, value] of frequencies.entries()) if (i > 0 && value > median) hash |= 1n << BigInt(i);
  return BigInt.asIntN(64, hash);
}

function lowFrequencies(pixels: Uint8Array): Float64Array {
  const rows = new Float64Array(SIDE * LOW);
  for (let y = 0; y < SIDE; y++)
    for (let u = 0; u < LOW; u++) {
      let sum = 0;
      for (let x = 0; x < SIDE; x++) sum += (pixels[y * SIDE + x] ?? 0) * (COSINES[u * SIDE + x] ?? 0);
      rows[y * LOW + u] = sum;
    }
  const low = new Float64Array(LOW * LOW);
  for (let v = 0; v < LOW; v++)
    for (let u = 0; u < LOW; u++) {
      let sum = 0;
      for (let y = 0; y < SIDE; y++) sum += (rows[y * LOW + u] ?? 0) * (COSINES[v * SIDE + y] ?? 0);
      // What rounding leaves of a flat picture is nothing.
      low[v * LOW + u] = Math.abs(sum) < 1e-6 ? 0 : sum;
    }
  return low;
}
