/** @file Renders conversations with a base's chat template, with the variables and functions that transformers gives it. */
import { UserError } from '../contract/errors.ts';
import { parseTemplate, runTemplate } from './jinjaLibrary.ts';
import type { Program } from './jinjaLibrary.ts';

export type ChatContent = string | null | readonly ContentPart[];

/** `{type: "text", text}`; other kinds (images) are passed on as they are. */
export interface ContentPart {
  readonly type?: string;
  readonly text?: string;
  readonly [key: string]: unknown;
}

/** A turn as data sets write it; further keys (name, tool_call_id, ...) reach the template unchanged. */
export interface ChatMessage {
  readonly role: string;
  readonly content: ChatContent;
  readonly tool_calls?: readonly unknown[];
  readonly [key: string]: unknown;
}

export interface Conversation {
  readonly messages: readonly ChatMessage[];
  /** JSON schemas of the functions on offer. */
  readonly tools?: readonly unknown[];
}

export interface ChatTemplateOptions {
  /** bos_token, eos_token, ...: templates write them. */
  readonly specialTokens: Readonly<Record<string, string>>;
  /** The day that `strftime_now` gives; today where absent. */
  readonly now?: Date;
}

const largestTemplate = 1_000_000;
const longestRange = 100_000;
/** One thought, three names: gpt-oss reads the first, Qwen3 and DeepSeek the second, some servers write the third. */
export const thinkingKeys = ['thinking', 'reasoning_content', 'reasoning'] as const;
/** Flags of the data set, not part of the conversation. */
const flagKeys = new Set(['train', 'training', 'weight']);

/** What `raise_exception` throws: the template's own words about a conversation that it doesn't take. */
class TemplateRefusal extends Error {}

export class ChatTemplate {
  readonly source: string;
  /** Rendered text depends on the day. */
  readonly usesDate: boolean;
  readonly #program: Program;
  readonly #options: ChatTemplateOptions;
  /** Tool-call arguments as objects (transformers' convention) or as JSON text, whichever the template can write. */
  #argumentsAsText = false;

  /** `name` says where the template comes from. Throws `template-syntax`. */
  constructor(source: string, name: string, options: ChatTemplateOptions) {
    if (source.length > largestTemplate)
      throw new UserError('template-syntax', 'the chat template is too long.', { place: { file: name } });
    try {
      this.#program = parseTemplate(source);
    } catch (cause) {
      throw new UserError(
        'template-syntax',
        `the chat template can't be read: ${(cause as Error).message}.`,
        {
          place: { file: name },
          hint: 'Name another template in data.template, or "none".',
          cause,
        },
      );
    }
    this.source = source;
    this.usesDate = source.includes('strftime_now');
    this.#options = options;
  }

  /** Throws `template-refused` (the template's own objection) or `template-failed`, both without a place. */
  render({ messages, tools }: Conversation, addGenerationPrompt: boolean): string {
    const render = (): string =>
      this.#run({
        messages: messages.map((message) => forTemplate(message, this.#argumentsAsText)),
        // transformers always passes these: templates ask whether they are none.
        tools: tools === undefined || tools.length === 0 ? null : tools,
        documents: null,
        add_generation_prompt: addGenerationPrompt,
      });
    const calls = messages.some(({ tool_calls }) => tool_calls !== undefined && tool_calls.length > 0);
    if (!calls || this.#argumentsAsText) return render();
    try {
      const text = render();
      // What JavaScript makes of an object glued to a text.
      if (!text.includes('[object Map]')) return text;
    } catch (error) {
      if ((error as UserError).code === 'template-refused') throw error;
    }
    this.#argumentsAsText = true;
    try {
      return render();
    } catch (error) {
      this.#argumentsAsText = false;
      throw error;
    }
  }

  #run(variables: Readonly<Record<string, unknown>>): string {
    const globals: Record<string, unknown> = {
      false: false,
      False: false,
      true: true,
      True: true,
      none: null,
      None: null,
      range: boundedRange,
      strftime_now: (format: string) => strftime(this.#options.now ?? new Date(), format),
      raise_exception: (message: unknown) => {
        throw new TemplateRefusal(String(message));
      },
      ...this.#options.specialTokens,
      ...variables,
    };
    try {
      return runTemplate(this.#program, globals);
    } catch (cause) {
      if (cause instanceof TemplateRefusal)
        throw new UserError('template-refused', `the chat template refuses it: ${cause.message}`, {
          hint: 'Change the conversation, or name another template in data.template.',
        });
      throw new UserError('template-failed', `the chat template fails: ${(cause as Error).message}.`, {
        hint: 'Change the conversation, or name another template in data.template.',
        cause,
      });
    }
  }
}

function boundedRange(start: number, stop?: number, step = 1): number[] {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  const count = Math.max(0, Math.ceil((to - from) / step));
  if (!(count <= longestRange)) throw new Error(`range of ${count} numbers`);
  return Array.from({ length: count }, (_, i) => from + i * step);
}

function forTemplate(message: ChatMessage, argumentsAsText: boolean): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(message)) if (!flagKeys.has(key)) out[key] = value;
  const thought = thinkingKeys.map((key) => out[key]).find((value) => typeof value === 'string');
  if (thought !== undefined) for (const key of thinkingKeys) out[key] ??= thought;
  if (message.tool_calls !== undefined)
    out['tool_calls'] = message.tool_calls.map((call) => withArguments(call, argumentsAsText));
  return out;
}

/** OpenAI writes a call's arguments as JSON text, transformers' templates expect the object. */
function withArguments(call: unknown, asText: boolean): unknown {
  if (typeof call !== 'object' || call === null) return call;
  const record = call as Record<string, unknown>;
  if ('function' in record) return { ...record, function: withArguments(record['function'], asText) };
  const written = record['arguments'];
  if (asText) return typeof written === 'string' ? call : { ...record, arguments: JSON.stringify(written) };
  if (typeof written !== 'string') return call;
  try {
    return { ...record, arguments: JSON.parse(written) as unknown };
  } catch {
    return call;
  }
}

const months = 'January February March April May June July August September October November December'.split(
  ' ',
);
const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** Python's `strftime` with English names; directives beyond these stay as they are. UTC, so that a run can be repeated. */
export function strftime(date: Date, format: string): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const month = months[date.getUTCMonth()]!;
  const day = days[date.getUTCDay()]!;
  const directives: Readonly<Record<string, string>> = {
    Y: String(date.getUTCFullYear()),
    y: two(date.getUTCFullYear() % 100),
    m: two(date.getUTCMonth() + 1),
    d: two(date.getUTCDate()),
    B: month,
    b: month.slice(0, 3),
    A: day,
    a: day.slice(0, 3),
    H: two(date.getUTCHours()),
    I: two(date.getUTCHours() % 12 || 12),
    p: date.getUTCHours() < 12 ? 'AM' : 'PM',
    M: two(date.getUTCMinutes()),
    S: two(date.getUTCSeconds()),
    '%': '%',
  };
  return format.replace(/%(.)/g, (written, directive: string) => directives[directive] ?? written);
}
