/**
 * @file SentencePiece's "precompiled" normalizer (T5): texts and what each becomes, in a double-array trie, as HF's tokenizers reads it.
 * The file: uint32 bytes of the trie, its uint32 units (darts-clone), then the replacements, each ended by a zero byte.
 */
import { damaged } from './preTokenizers.ts';

/** A grapheme of at most this many bytes may be replaced as a whole; a longer one is looked at character by character. */
const longestGrapheme = 5;

export interface Charsmap {
  readonly normalize: (text: string) => string;
}

/** `encoded` is the base64 of a tokenizer.json's `precompiled_charsmap`. Throws `tokenizer-damaged`. */
export function readCharsmap(encoded: unknown, file: string): Charsmap {
  if (typeof encoded !== 'string') throw damaged('its precompiled normalizer has no map', file);
  const bytes = Buffer.from(encoded, 'base64');
  const size = bytes.length >= 4 ? bytes.readUInt32LE(0) : 0;
  if (size === 0 || size % 4 !== 0 || 4 + size > bytes.length)
    throw damaged('its precompiled normalizer is not whole', file);
  const units = Uint32Array.from({ length: size / 4 }, (_, i) => bytes.readUInt32LE(4 + 4 * i));
  const replacements = bytes.subarray(4 + size);
  const known = new Map<string, string | undefined>();
  /** What the shortest text of the map that `part` begins with becomes; undefined where it begins with none. */
  const replaced = (part: string): string | undefined => {
    if (known.has(part)) return known.get(part);
    const at = shortestMatch(units, Buffer.from(part));
    const end = at === undefined ? -1 : replacements.indexOf(0, at);
    const found =
      at === undefined ? undefined : replacements.toString('utf8', at, end < 0 ? replacements.length : end);
    if (known.size < mostKnown) known.set(part, found);
    return found;
  };
  const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
  return {
    normalize: (text) => {
      let normal = '';
      for (const { segment } of graphemes.segment(text)) {
        const whole = Buffer.byteLength(segment) <= longestGrapheme ? replaced(segment) : undefined;
        normal += whole ?? Array.from(segment, (char) => replaced(char) ?? char).join('');
      }
      return normal;
    },
  };
}

/** Graphemes that are remembered: those of a language come again and again. */
const mostKnown = 1 << 14;

const hasLeaf = (unit: number): boolean => ((unit >>> 8) & 1) === 1;
const labelOf = (unit: number): number => (unit & 0x800000ff) >>> 0;
const offsetOf = (unit: number): number => ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0;

const valueOf = (unit: number | undefined): number | undefined =>
  unit === undefined ? undefined : unit & 0x7fffffff;

/** Value of the first key on the way along `bytes`. */
function shortestMatch(units: Uint32Array, bytes: Uint8Array): number | undefined {
  let position = offsetOf(units[0]!);
  for (const byte of bytes) {
    if (byte === 0) return undefined;
    position ^= byte;
    const unit = units[position];
    if (unit === undefined || labelOf(unit) !== byte) return undefined;
    position ^= offsetOf(unit);
    if (hasLeaf(unit)) return valueOf(units[position]);
  }
  return undefined;
}
