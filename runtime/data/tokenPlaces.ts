/** @file Which characters of a text each token stands for. */
import type { Span } from './turns.ts';
import type { EncodedSection, Tokenizer } from './tokenizer.ts';

/** UTF-8 bytes of the character at a UTF-16 unit; the second half of a pair counts nothing. Lone halves read as U+FFFD. */
function bytesAt(text: string, at: number): number {
  const code = text.codePointAt(at)!;
  if (code > 0xffff) return 4;
  if (code >= 0xdc00 && code <= 0xdfff && at > 0 && text.codePointAt(at - 1)! > 0xffff) return 0;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
}

/**
 * Characters of each token of encoded sections, in their order. Tokens share a character that they have parts of. Where a
 * normaliser wrote another text than stands there, the tokens of that section are spread over it in proportion to their bytes.
 */
export function tokenPlaces(
  tokenizer: Pick<Tokenizer, 'tokenBytes'>,
  text: string,
  sections: readonly EncodedSection[],
): Span[] {
  const places: Span[] = [];
  for (const section of sections)
    if (section.token !== undefined) places.push({ start: section.start, end: section.end });
    else
      for (const { start, end } of spread(tokenizer, text.slice(section.start, section.end), section.ids))
        places.push({ start: section.start + start, end: section.start + end });
  return places;
}

function spread(tokenizer: Pick<Tokenizer, 'tokenBytes'>, text: string, ids: readonly number[]): Span[] {
  const sizes = ids.map((id) => tokenizer.tokenBytes(id));
  /** Byte at which each character begins, and the end. */
  const begins = new Uint32Array(text.length + 1);
  for (let i = 0; i < text.length; i++) begins[i + 1] = begins[i]! + bytesAt(text, i);
  const total = begins[text.length]!;
  let written = sizes.reduce((sum, size) => sum + size, 0);
  // Sentencepiece writes a blank in front of a text that has none.
  if (written === total + 1 && sizes[0]! > 1 && !text.startsWith(' ')) {
    sizes[0]! -= 1;
    written = total;
  }
  const scale = written === 0 ? 0 : total / written;
  const places: Span[] = [];
  let byte = 0;
  let character = 0;
  for (const size of sizes) {
    const from = Math.round(byte * scale);
    byte += size;
    const to = Math.round(byte * scale);
    while (character < text.length && begins[character + 1]! <= from) character += 1;
    let end = character;
    // The second half of a pair adds no byte: it goes with the first.
    while (end < text.length && (begins[end]! < to || (end > character && begins[end + 1] === begins[end])))
      end += 1;
    places.push({ start: character, end });
  }
  return places;
}
