/** @file Random numbers as pure functions of a key: nothing to save, nothing that depends on the order of calls. */

/** Mixes integers and strings into 32 bits (FNV-1a over UTF-16 units, then an avalanche). */
export function hashKey(...parts: readonly (string | number)[]): number {
  let h = 0x811c9dc5;
  for (const part of parts) {
    const text = String(part);
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
    h = Math.imul(h ^ 0xff, 0x01000193);
  }
  return mixBits(h);
}

/** Spreads every bit of a 32-bit integer over all others (the finaliser of MurmurHash3). */
export function mixBits(bits: number): number {
  let h = bits ^ (bits >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Uniform numbers in [0, 1) with 32 bits each: sfc32 (Doty-Humphrey, PractRand), started from one key. */
export function uniform(key: number): () => number {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, key | 0, 1];
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    return (t >>> 0) / 2 ** 32;
  };
  // the first outputs still show the key
  for (let i = 0; i < 12; i++) next();
  return next;
}

/** The numbers 0 .. count - 1 in an order that the key decides (Fisher and Yates). */
export function permutation(count: number, key: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const random = uniform(key);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
