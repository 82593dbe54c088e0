/** @file Text to token ids and back, exactly as the model's own tokenizer does it, through @huggingface/tokenizers. */
import { createHash } from 'node:crypto';
import { UserError } from '../contract/errors.ts';
import { AddedTokenFinder } from './addedTokens.ts';
import type { Section } from './addedTokens.ts';
import type { Template } from './pairTemplate.ts';
import { PieceEncoder } from './pieces.ts';
import { damaged, unsupported } from './preTokenizers.ts';
import { withinTime } from './timeLimit.ts';
import { prepareTokenizer } from './tokenizerJson.ts';
import type { PreparedTokenizer } from './tokenizerJson.ts';
import { createTokenizer } from './tokenizersLibrary.ts';
import type { LibraryTokenizer } from './tokenizersLibrary.ts';

/** Part of a text with its ids; sections lie side by side and cover the text. */
export interface EncodedSection extends Section {
  readonly ids: readonly number[];
}

/** What a base says about its tokenizer beside tokenizer.json: the special tokens by role, as texts or ids. */
export interface TokenizerRoles {
  /** bos_token, eos_token, ... -> text; templates see exactly these. */
  readonly specialTokens: Readonly<Record<string, string>>;
  /** Ids that end a turn or a text, from generation_config.json or GGUF metadata. */
  readonly endIds: readonly number[];
  readonly chatTemplate: string | undefined;
  /** The template for conversations with tools, where the base has a separate one. */
  readonly toolTemplate: string | undefined;
}

/** Special tokens that end a turn in public chat templates, beside what the base declares. */
const knownEnds = [
  '<|im_end|>',
  '<|eot_id|>',
  '<|eom_id|>',
  '<end_of_turn>',
  '<|end|>',
  '<|return|>',
  '<|end_of_text|>',
  '<|endoftext|>',
  '</s>',
  '<|END_OF_TURN_TOKEN|>',
  '<|end_of_turn|>',
  '<｜end▁of▁sentence｜>',
];

/** Sections up to this length are remembered: system prompts and role lines come again in each row. */
const rememberedLength = 2_048;
const rememberedSections = 4_096;

/** Texts above this length are encoded with a time limit; one that is short costs more to watch than to encode. */
const trustedLength = 2_000;
/** Milliseconds for the probes, and for a text beside one for each character. */
const longestTime = 2_000;
/** Runs that keep a pattern with nested or adjacent repeats busy. */
const probes = ['a', 'aA', ' ', '1', '!', '\n', '中', 'a1 ', ' \t'].map((run) => `${run.repeat(400)}\u0001`);

const whole = (text: string): Section => ({
  start: 0,
  end: text.length,
  ownEnd: text.length,
  token: undefined,
});

export class Tokenizer {
  readonly vocabSize: number;
  /** SHA-256 over everything that decides the ids; part of a token cache's key. */
  readonly fingerprint: string;
  readonly specialTokens: Readonly<Record<string, string>>;
  readonly chatTemplate: string | undefined;
  readonly toolTemplate: string | undefined;
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  readonly padId: number | undefined;
  readonly unkId: number | undefined;
  /** Ids that end a turn or a text: generation stops there, and an assistant turn is trained up to one. */
  readonly endIds: ReadonlySet<number>;
  readonly #library: LibraryTokenizer;
  readonly #prepared: PreparedTokenizer;
  readonly #pieces: PieceEncoder;
  readonly #finder: AddedTokenFinder;
  /** Finds the tokens that are matched in normalised text. */
  readonly #lateFinder: AddedTokenFinder | undefined;
  readonly #specialIds: ReadonlySet<number>;
  readonly #addedIds: ReadonlyMap<string, number>;
  readonly #remembered = new Map<string, readonly number[]>();

  /** `json` is the content of a tokenizer.json; `file` is named in errors. Throws `tokenizer-damaged`, `tokenizer-unsupported`. */
  constructor(json: unknown, roles: TokenizerRoles, file: string) {
    const prepared = prepareTokenizer(json, file);
    this.#prepared = prepared;
    const { library, added, byteLevelSplits, normalizes } = prepared;
    this.#addedIds = new Map(added.map(({ content, id }) => [content, id]));
    try {
      this.#library = createTokenizer(
        { ...library, pre_tokenizer: byteLevelSplits ?? library['pre_tokenizer'] },
        added,
      );
      this.#pieces = new PieceEncoder(this.#library, prepared.model, byteLevelSplits !== undefined);
      const late = added.filter(({ normalized }) => normalized);
      this.#finder = new AddedTokenFinder(
        added.filter(({ normalized }) => !normalized),
        normalizes ? [] : late,
      );
      if (normalizes && late.length > 0)
        this.#lateFinder = new AddedTokenFinder(
          late.map((token) => ({ ...token, content: this.#pieces.normalize(token.content) })),
        );
      if (withinTime(longestTime, () => probes.map((text) => this.#encodeText(text, true))) === undefined)
        throw unsupported('patterns that take too long', file);
    } catch (cause) {
      throw cause instanceof UserError ? cause : damaged((cause as Error).message, file);
    }
    this.#specialIds = new Set(prepared.added.filter(({ special }) => special).map(({ id }) => id));
    this.vocabSize = prepared.vocabSize;
    this.specialTokens = roles.specialTokens;
    this.chatTemplate = roles.chatTemplate;
    this.toolTemplate = roles.toolTemplate;
    const idOf = (role: string): number | undefined => {
      const text = roles.specialTokens[role];
      return text === undefined ? undefined : this.idOf(text);
    };
    this.bosId = idOf('bos_token');
    this.eosId = idOf('eos_token');
    this.padId = idOf('pad_token');
    this.unkId = idOf('unk_token');
    const ends = new Set(roles.endIds.filter((id) => id >= 0 && id < prepared.vocabSize));
    if (this.eosId !== undefined) ends.add(this.eosId);
    for (const { content, id, special } of prepared.added)
      if (special && knownEnds.includes(content)) ends.add(id);
    this.endIds = ends;
    const { library: parts, ...decisive } = prepared;
    this.fingerprint = createHash('sha256')
      .update(JSON.stringify([decisive, { ...parts, model: null }, roles.specialTokens, [...ends]]))
      .digest('hex');
  }

  idOf(text: string): number | undefined {
    return this.#addedIds.get(text) ?? this.#library.token_to_id(text);
  }

  isSpecial(id: number): boolean {
    return this.#specialIds.has(id);
  }

  /** Special tokens whose text occurs in `text`, each once: control tokens that a row's content should not hold. */
  specialTokensIn(text: string): string[] {
    const found = new Set<string>();
    for (const { token } of this.#finder.split(text)) if (token?.special === true) found.add(token.content);
    return [...found];
  }

  /** `addSpecial` puts BOS and EOS around the text where the tokenizer does so; chat templates write their own. */
  encode(text: string, options: { readonly addSpecial?: boolean } = {}): number[] {
    const ids: number[] = [];
    if (options.addSpecial === true) ids.push(...this.#prepared.prefix);
    for (const section of this.encodeSections(text)) for (const id of section.ids) ids.push(id);
    if (options.addSpecial === true) ids.push(...this.#prepared.suffix);
    return ids;
  }

  /** What `addSpecial` puts before and after a text. */
  get around(): { readonly prefix: readonly number[]; readonly suffix: readonly number[] } {
    const { prefix, suffix } = this.#prepared;
    return { prefix, suffix };
  }

  /** What stands around one text, or around and between two; undefined where the tokenizer joins no texts. */
  template(texts: number): Template | undefined {
    if (texts === 2) return this.#prepared.pair;
    const { prefix, suffix } = this.#prepared;
    return [
      { ids: prefix, type: 0 },
      { text: 0, type: 0 },
      { ids: suffix, type: 0 },
    ];
  }

  encodeSections(text: string): EncodedSection[] {
    return this.#finder.split(text).map((section) => {
      const { start, end, token } = section;
      const ids = token === undefined ? this.encodeWithin(text.slice(start, end), start === 0) : [token.id];
      return { ...section, ids };
    });
  }

  /** Ids of text that holds no token the finder finds; `first` where it opens the whole text. */
  encodeWithin(text: string, first: boolean): readonly number[] {
    if (text === '') return [];
    const remembers = text.length <= rememberedLength && !(first && this.#prepared.firstDiffers);
    const known = remembers ? this.#remembered.get(text) : undefined;
    if (known !== undefined) return known;
    const ids = text.length > trustedLength ? this.#encodeLong(text, first) : this.#encodeText(text, first);
    if (remembers) {
      if (this.#remembered.size >= rememberedSections) this.#remembered.clear();
      this.#remembered.set(text, ids);
    }
    return ids;
  }

  #encodeLong(text: string, first: boolean): number[] {
    const ids = withinTime(longestTime + text.length, () => this.#encodeText(text, first));
    if (ids !== undefined) return ids;
    throw new UserError('tokenizer-slow', `has a text of ${text.length} characters, which takes too long.`, {
      hint: "The base's tokenizer has patterns that this text keeps busy: shorten it, or tokenise it beforehand.",
    });
  }

  #encodeText(text: string, first: boolean): number[] {
    const normal = this.#pieces.normalize(text);
    const ids: number[] = [];
    for (const { start, end, token } of this.#lateFinder?.split(normal) ?? [whole(normal)])
      if (token !== undefined) ids.push(token.id);
      else for (const id of this.#pieces.encode(normal.slice(start, end), first && start === 0)) ids.push(id);
    return ids;
  }

  /** Unknown ids are left out; spaces stay as they are. */
  decode(ids: Iterable<number>, options: { readonly skipSpecial?: boolean } = {}): string {
    const kept: number[] = [];
    for (const id of ids) {
      if (options.skipSpecial === true && this.#specialIds.has(id)) continue;
      if (this.#library.id_to_token(id) !== undefined) kept.push(id);
    }
    if (kept.length === 0) return '';
    return this.#library.decode(kept, { clean_up_tokenization_spaces: false });
  }

  /** The token as the vocabulary writes it ("Ġhello", "▁hello", "<0x0A>"), or undefined for an id it doesn't have. */
  tokenText(id: number): string | undefined {
    return this.#library.id_to_token(id);
  }

  /** UTF-8 bytes of the text that a token of the model stands for. */
  tokenBytes(id: number): number {
    const written = this.tokenText(id) ?? '';
    // Byte-level vocabularies write each byte as one character; the others write bytes as <0x0A> and blanks as U+2581.
    if (this.#prepared.byteLevelSplits !== undefined) return Array.from(written).length;
    return /^<0x[0-9A-F]{2}>$/.test(written) ? 1 : Buffer.byteLength(written.replaceAll('\u2581', ' '));
  }
}
