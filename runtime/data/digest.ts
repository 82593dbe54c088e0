/** @file Hashes of rows, to find the same row in two data sets. Not cryptographic: 64 bits, for telling rows apart. */

/** FNV-1a with a second stream that starts and multiplies differently; 32 bits each. */
class PairHash {
  #a = 0x811c9dc5;
  #b = 0x9e3779b9;

  add(word: number): void {
    this.#a = Math.imul(this.#a ^ word, 0x01000193);
    this.#b = Math.imul(this.#b ^ word, 0x85ebca6b);
    this.#b ^= this.#b >>> 13;
  }

  write(into: Uint32Array, at: number): void {
    into[at] = this.#a ^ (this.#a >>> 16);
    into[at + 1] = this.#b ^ (this.#b >>> 16);
  }
}

const skipped = /[\p{P}\p{S}\p{Z}\p{Cc}]+/gu;

/** Two words for the ids, two for the text without case, spaces and punctuation (for the ids again where there is no text). */
export function rowDigest(ids: ArrayLike<number>, text: string | undefined): Uint32Array {
  const digest = new Uint32Array(4);
  const exact = new PairHash();
  for (let i = 0; i < ids.length; i++) exact.add(ids[i]!);
  exact.write(digest, 0);
  if (text === undefined) digest.copyWithin(2, 0, 2);
  else {
    const near = new PairHash();
    const bare = text.toLowerCase().replace(skipped, '');
    for (let i = 0; i < bare.length; i++) near.add(bare.charCodeAt(i));
    near.write(digest, 2);
  }
  return digest;
}
