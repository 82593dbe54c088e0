/** @file One row to token ids and the mask of what is learned: conversations through the template, everything else as text. */
import type { Task } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { ChatTemplate } from './chat.ts';
import type { ChatMessage, Conversation } from './chat.ts';
import { classId } from './classes.ts';
import { lintMessages, lintTexts } from './lint.ts';
import type { LintCode } from './lint.ts';
import { locateContents } from './markers.ts';
import type { Row } from './row.ts';
import { readTextFile } from './smallFile.ts';
import { labelConversation, maskOf } from './spans.ts';
import type { TrainOn } from './spans.ts';
import { cutTexts, encodeClassified, encodeTranslated } from './textPairs.ts';
import type { Tokenizer } from './tokenizer.ts';
import { tokenPlaces } from './tokenPlaces.ts';
import { contentTexts } from './turns.ts';
import type { Span } from './turns.ts';

export interface EncodedRow {
  readonly ids: readonly number[];
  /** 1 where the token is learned, as long as `ids`; the first is never 1: nothing comes before it. */
  readonly mask: Uint8Array;
  readonly lints: readonly LintCode[];
  /** What was tokenised, and which characters of it are learned; undefined for rows of token ids. */
  readonly text: string | undefined;
  readonly spans: readonly Span[];
  /** 1 for tokens of the second text, where the base's task has two; as long as `ids`. */
  readonly second?: Uint8Array;
  /** The row's class, which is learned in the place of tokens. */
  readonly label?: number;
  /** Its `task_type`, where these are read. */
  readonly taskType?: 0 | 1;
  /** Tokens before the cut of a row that was cut where it was encoded: its texts are cut apart. */
  readonly uncut?: number;
}

/** A content of the row where it stands in `text`. */
export interface PlacedContent extends Span {
  readonly role: string;
  /** Number of the turn it belongs to. */
  readonly turn: number;
}

export interface RowPlaces {
  /** In the order of `text`, without overlap. */
  readonly contents: readonly PlacedContent[];
  /** Characters of each token; those that the tokenizer puts around the text stand for none. */
  readonly tokens: readonly Span[];
}

export interface RowEncoderOptions {
  readonly trainOn: TrainOn;
  /** `data.template`: "none", a path, or undefined for the base's own. */
  readonly template?: string | undefined;
  /** The day that templates may write. */
  readonly now?: Date;
  /** The base's task; absent: it goes on with texts. */
  readonly task?: Task | undefined;
  /** Names of the classes by id, of a base that classifies. */
  readonly labels?: readonly string[] | undefined;
  /** Tokens at which the texts of a row are cut, where the base's task has two. */
  readonly length?: number | undefined;
}

/** Conversations the row encoder can take: the base's template, a named one, or none at all. */
export class RowEncoder {
  readonly #tokenizer: Tokenizer | undefined;
  readonly #template: ChatTemplate | undefined;
  readonly #toolTemplate: ChatTemplate | undefined;
  readonly #trainOn: TrainOn;
  readonly #none: boolean;
  readonly #options: RowEncoderOptions;

  /** Without a tokenizer only tokenised rows can be read. Throws `template-missing` or `template-syntax`. */
  constructor(tokenizer: Tokenizer | undefined, options: RowEncoderOptions) {
    this.#tokenizer = tokenizer;
    this.#options = options;
    this.#trainOn = options.trainOn;
    this.#none = options.template === 'none';
    if (tokenizer === undefined || this.#none || options.task !== undefined) return;
    const { specialTokens } = tokenizer;
    const details = { specialTokens, ...(options.now === undefined ? {} : { now: options.now }) };
    const create = (source: string | undefined, name: string): ChatTemplate | undefined =>
      source === undefined ? undefined : new ChatTemplate(source, name, details);
    if (options.template !== undefined) {
      const source = readTextFile(options.template);
      if (source === undefined)
        throw new UserError('template-missing', 'does not exist.', {
          place: { file: options.template },
          hint: 'data.template is the path of a Jinja template, or "none".',
        });
      this.#template = create(source, options.template);
    } else {
      this.#template = create(tokenizer.chatTemplate, "the base's chat template");
      this.#toolTemplate = create(tokenizer.toolTemplate, "the base's template for tools");
    }
  }

  /** All that decides the text of a conversation; part of a token cache's key. */
  get templateKey(): readonly unknown[] {
    const templates = [this.#template, this.#toolTemplate];
    return [this.#none, ...templates.map((template) => template?.source)];
  }

  get usesDate(): boolean {
    return [this.#template, this.#toolTemplate].some((template) => template?.usesDate === true);
  }

  /** Throws a `UserError` without a place. */
  encode(row: Row): EncodedRow {
    try {
      return this.#encode(row);
    } catch (error) {
      // Objects nested thousands deep: the stack is the limit.
      if (error instanceof RangeError)
        throw new UserError('row-malformed', 'is nested too deeply or too long.', { cause: error });
      throw error;
    }
  }

  #encode(row: Row): EncodedRow {
    if (row.kind === 'tokens') return this.#given(row);
    const tokenizer = this.#tokenizer;
    if (tokenizer === undefined)
      throw new UserError('tokenizer-missing', 'holds text, and the base has no tokenizer.', {
        hint: 'Add tokenizer.json to the base, or tokenise the rows beforehand (input_ids, labels).',
      });
    const { task, labels, length = Infinity } = this.#options;
    switch (row.kind) {
      case 'classified':
        return encodeClassified(tokenizer, row, labels, length);
      case 'chat':
        return this.#conversation(tokenizer, row.conversation, row.trainFrom);
      case 'pair':
        if (task === 'seq2seq') return encodeTranslated(tokenizer, row, length);
        return this.#template === undefined
          ? this.#joined(tokenizer, row)
          : this.#conversation(tokenizer, asConversation(row), 0);
      case 'text':
        return this.#plain(tokenizer, row.text, 0, lintText(row.text, tokenizer));
    }
  }

  #given(row: Row & { kind: 'tokens' }): EncodedRow {
    const { task, labels, length = Infinity } = this.#options;
    const encoded = firstUntrained({ ...row, lints: [], text: undefined, spans: [] });
    if (row.label !== undefined && labels) return { ...encoded, label: classId(row.label, labels) };
    return task === 'seq2seq' ? cutTexts(encoded, length) : encoded;
  }

  /** Where contents and tokens of an encoded row stand in its text: for a person who looks at it, never for training. */
  places(row: Row, { ids, text }: EncodedRow): RowPlaces {
    const tokenizer = this.#tokenizer;
    if (text === undefined || tokenizer === undefined) return { contents: [], tokens: [] };
    const written = tokenPlaces(tokenizer, text, tokenizer.encodeSections(text));
    const isConversation = row.kind === 'chat' || (row.kind === 'pair' && this.#template !== undefined);
    const before = isConversation ? 0 : Math.min(tokenizer.around.prefix.length, ids.length - written.length);
    const nothing = (at: number): Span => ({ start: at, end: at });
    const tokens = ids.map((_, i) => written[i - before] ?? nothing(i < before ? 0 : text.length));
    return { contents: this.#contents(row, text), tokens };
  }

  #contents(row: Row, text: string): PlacedContent[] {
    if (row.kind === 'tokens' || row.kind === 'classified') return [];
    if (row.kind === 'text') return [{ role: 'text', turn: 0, start: 0, end: row.text.length }];
    const conversation = row.kind === 'chat' ? row.conversation : asConversation(row);
    const template = this.#templateFor(conversation);
    if (row.kind === 'pair' && template === undefined) return placeInOrder(conversation.messages, text);
    try {
      if (template !== undefined)
        return locateContents({ template, conversation, text }).map(({ message, start, end }) => {
          return { role: conversation.messages[message]!.role, turn: message, start, end };
        });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
    return placeInOrder(conversation.messages, text);
  }

  #templateFor({ tools }: Conversation): ChatTemplate | undefined {
    return tools === undefined ? this.#template : (this.#toolTemplate ?? this.#template);
  }

  #conversation(tokenizer: Tokenizer, conversation: Conversation, trainFrom: number): EncodedRow {
    const { messages } = conversation;
    const template = this.#templateFor(conversation);
    if (template === undefined)
      throw new UserError(
        'chat-template-missing',
        this.#none
          ? 'is a conversation, and data.template is "none".'
          : 'is a conversation, and the base has no chat template.',
        { hint: 'Set data.template to the path of a Jinja template.' },
      );
    const lints = lintMessages(messages, tokenizer);
    const { ids, mask, endless, text, spans } = labelConversation(template, tokenizer, conversation, {
      trainOn: this.#trainOn,
      trainFrom,
    });
    if (endless) lints.push('no-end-token');
    if (beginsTwice(tokenizer, ids)) lints.push('duplicate-bos');
    return firstUntrained({ ids, mask, lints, text, spans });
  }

  /** Prompt and completion as they are, one behind the other. */
  #joined(tokenizer: Tokenizer, row: Row & { kind: 'pair' }): EncodedRow {
    if (row.history.length > 0)
      throw new UserError(
        'chat-template-missing',
        'has earlier turns, which only a chat template can write.',
        {
          hint: 'Set data.template to the path of a Jinja template.',
        },
      );
    const prompt = row.system === undefined ? row.prompt : `${row.system}\n${row.prompt}`;
    const from = this.#trainOn === 'all' ? 0 : prompt.length;
    const lints = lintTexts([prompt, row.completion], tokenizer);
    if (row.completion.trim() === '') lints.push('empty-content');
    return this.#plain(tokenizer, prompt + row.completion, from, lints);
  }

  /** Text with what the tokenizer puts around it and the end token, trained from the character `from` on. */
  #plain(tokenizer: Tokenizer, written: string, from: number, lints: LintCode[]): EncodedRow {
    const end = tokenizer.specialTokens['eos_token'];
    const text = end === undefined || written.endsWith(end) ? written : written + end;
    const span = { start: from, end: text.length };
    const { ids, mask } = maskOf(tokenizer, text, tokenizer.encodeSections(text), [span]);
    const { prefix, suffix } = tokenizer.around;
    // A tokenizer that appends the end token itself would write it twice.
    const after = suffix.filter((id) => id !== ids.at(-1));
    if (end === undefined && after.length === 0) lints.push('no-end-token');
    const all = [...prefix, ...ids, ...after];
    if (beginsTwice(tokenizer, all)) lints.push('duplicate-bos');
    const whole = new Uint8Array(all.length).fill(1, prefix.length);
    whole.set(mask, prefix.length);
    return firstUntrained({ ids: all, mask: whole, lints, text, spans: [span] });
  }
}

/** Plain text may well be a conversation that was rendered beforehand, so control tokens in it are no news. */
function lintText(text: string, tokenizer: Tokenizer): LintCode[] {
  const lints = lintTexts([text], tokenizer).filter((code) => code !== 'control-tokens');
  return text.trim() === '' ? [...lints, 'empty-content'] : lints;
}

function beginsTwice({ bosId }: Tokenizer, ids: readonly number[]): boolean {
  return bosId !== undefined && ids[0] === bosId && ids[1] === bosId;
}

function firstUntrained(row: EncodedRow): EncodedRow {
  if (row.mask.length > 0) row.mask[0] = 0;
  return row;
}

/** One content behind the other, as far as each is found as it is: what is left where markers say nothing. */
function placeInOrder(messages: readonly ChatMessage[], text: string): PlacedContent[] {
  const placed: PlacedContent[] = [];
  let at = 0;
  for (const [turn, message] of messages.entries())
    for (const content of contentTexts(message).map((whole) => whole.trim())) {
      const start = content === '' ? -1 : text.indexOf(content, at);
      if (start < 0) continue;
      at = start + content.length;
      placed.push({ role: message.role, turn, start, end: at });
    }
  return placed;
}

function asConversation({ system, history, prompt, completion }: Row & { kind: 'pair' }): Conversation {
  const turn = (role: string, content: string): ChatMessage => ({ role, content });
  return {
    messages: [
      ...(system === undefined ? [] : [turn('system', system)]),
      ...history.flatMap(([question, answer]) => [turn('user', question), turn('assistant', answer)]),
      turn('user', prompt),
      turn('assistant', completion),
    ],
  };
}
