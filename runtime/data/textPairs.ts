/** @file Rows of two texts as bases with a task of their own read them: a pair that is classified, a source and its target. */
import { UserError } from '../contract/errors.ts';
import { classId } from './classes.ts';
import { lintTexts } from './lint.ts';
import type { LintCode } from './lint.ts';
import type { Template } from './pairTemplate.ts';
import type { Row } from './row.ts';
import type { Tokenizer } from './tokenizer.ts';

/** A row as training takes it: an `EncodedRow` whose texts were cut apart. */
export interface TextsRow {
  readonly ids: readonly number[];
  /** 1 where the token is learned. */
  readonly mask: Uint8Array;
  /** 1 for tokens of the second text. */
  readonly second: Uint8Array;
  readonly label?: number;
  /** Tokens before the cut. */
  readonly uncut: number;
  readonly lints: readonly LintCode[];
  readonly text: undefined;
  readonly spans: readonly [];
}

/** Tokens of a row, those of its second text marked. */
interface Joined {
  readonly ids: readonly number[];
  readonly second: Uint8Array;
}

/**
 * One text or two with what the tokenizer puts around and between them ([CLS] a [SEP] b [SEP]), and the row's class. Texts that are
 * too long together lose tokens at their ends, the longer one first, so that what stands around them is never cut.
 */
export function encodeClassified(
  tokenizer: Tokenizer,
  { text, pair, label }: Row & { kind: 'classified' },
  names: readonly string[] | undefined,
  length: number,
): TextsRow {
  // a preview knows no classes where the base has none
  const id = names === undefined ? 0 : classId(label, names);
  const texts = pair === undefined ? [text] : [text, pair];
  const lints: LintCode[] = lintTexts(texts, tokenizer);
  if (texts.some((one) => one.trim() === '')) lints.push('empty-content');
  const parts = texts.map((one) => tokenizer.encode(one));
  const template = tokenizer.template(texts.length);
  if (template === undefined)
    throw new UserError('tokenizer-unsupported', "is a pair of texts, and the base's tokenizer joins none.", {
      hint: 'Its post_processor has no template for pairs: write both texts into one column.',
    });
  const around = template.reduce((sum, part) => sum + (part.ids?.length ?? 0), 0);
  const uncut = parts.reduce((sum, part) => sum + part.length, around);
  const kept = shorten(
    parts.map((part) => part.length),
    Math.max(0, length - around),
  );
  const { ids, second } = join(
    template,
    parts.map((part, i) => part.slice(0, kept[i])),
  );
  return {
    ids,
    second,
    label: id,
    mask: new Uint8Array(ids.length),
    uncut,
    lints,
    text: undefined,
    spans: [],
  };
}

/** Lengths that fit into `room` together: the longest gives first, of equals the last. */
function shorten(lengths: readonly number[], room: number): number[] {
  const kept = [...lengths];
  let over = kept.reduce((sum, n) => sum + n, 0) - room;
  const [first, second = 0] = kept;
  if (over <= 0 || kept.length === 0) return kept;
  if (kept.length === 1) return [Math.max(0, first! - over)];
  // what the longer one has more than the other goes first, the rest from both in turn
  const more = Math.min(over, Math.abs(first! - second));
  kept[first! > second ? 0 : 1]! -= more;
  over -= more;
  kept[1]! -= Math.ceil(over / 2);
  kept[0]! -= Math.floor(over / 2);
  return kept.map((n) => Math.max(0, n));
}

function join(template: Template, parts: readonly (readonly number[])[]): Joined {
  const pieces = template.map(({ ids, text, type }) => ({ ids: ids ?? parts[text ?? 0]!, type }));
  return {
    ids: pieces.flatMap(({ ids }) => ids),
    second: Uint8Array.from(pieces.flatMap(({ ids, type }) => ids.map(() => type))),
  };
}

/**
 * Source and target, each with what the tokenizer puts around a text and the end token behind it; each is cut at `length` tokens by
 * itself. Everything of the target is learned.
 */
export function encodeTranslated(
  tokenizer: Tokenizer,
  { system, history, prompt, completion }: Row & { kind: 'pair' },
  length: number,
): TextsRow {
  if (history.length > 0)
    throw new UserError('format-unfit', 'has earlier turns, and the base reads one text.', {
      hint: 'Write them into the prompt, or leave them out.',
    });
  const lints: LintCode[] = lintTexts([prompt, completion], tokenizer);
  if (completion.trim() === '') lints.push('empty-content');
  const [source, target] = [system === undefined ? prompt : `${system}\n${prompt}`, completion].map((text) =>
    endedIds(tokenizer, text),
  ) as [number[], number[]];
  if (tokenizer.eosId === undefined) lints.push('no-end-token');
  // an end token that was cut is put back on the source: the encoder has always seen one
  const read = source.length > length ? [...source.slice(0, length - 1), source.at(-1)!] : source;
  const written = target.slice(0, length);
  const ids = [...read, ...written];
  const second = new Uint8Array(ids.length).fill(1, read.length);
  const uncut = source.length + target.length;
  return { ids, second, mask: second.slice(), uncut, lints, text: undefined, spans: [] };
}

interface CutTexts {
  readonly ids: readonly number[];
  readonly mask: Uint8Array;
  readonly second?: Uint8Array;
}

/** A row of source and target with each cut at `length` tokens. */
export function cutTexts<R extends CutTexts>(row: R, length: number): R & { readonly uncut: number } {
  const split = row.second?.indexOf(1) ?? -1;
  const start = split < 0 ? row.ids.length : split;
  const keep = (i: number): boolean => (i < start ? i < length : i - start < length);
  const cut = (all: Uint8Array): Uint8Array => all.filter((_, i) => keep(i));
  return {
    ...row,
    ids: row.ids.filter((_, i) => keep(i)),
    mask: cut(row.mask),
    ...(row.second && { second: cut(row.second) }),
    uncut: row.ids.length,
  };
}

/** Ids of a source as training writes them: for questions that are asked afterwards. */
export function endedIds(tokenizer: Tokenizer, text: string): number[] {
  const ids = tokenizer.encode(text, { addSpecial: true });
  if (tokenizer.eosId !== undefined && ids.at(-1) !== tokenizer.eosId) ids.push(tokenizer.eosId);
  return ids;
}
