/** @file What a dataset format makes of one row, and what every format offers. */
import type { DataFormat, Task } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import type { Place } from '../contract/errors.ts';
import type { ChatMessage, Conversation } from './chat.ts';
import type { JsonObject } from './smallFile.ts';

/** One row, whatever file it came from. */
export type Row =
  | {
      readonly kind: 'chat';
      readonly conversation: Conversation;
      /** Turns before this index are context, never trained unless flagged. */
      readonly trainFrom: number;
    }
  | {
      /** A question and its answer, as text. */
      readonly kind: 'pair';
      readonly system: string | undefined;
      readonly history: readonly (readonly [string, string])[];
      readonly prompt: string;
      readonly completion: string;
    }
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'tokens';
      readonly ids: readonly number[];
      /** As long as `ids`; 1 where the token is a target. */
      readonly mask: Uint8Array;
      /** As long as `ids`; 1 for tokens of the second text, where the base's task has two. */
      readonly second?: Uint8Array;
      /** The row's class. */
      readonly label?: number;
    }
  | {
      /** A text, or two, and the class: its id or its name. */
      readonly kind: 'classified';
      readonly text: string;
      readonly pair: string | undefined;
      readonly label: number | string;
    };

/** What rows can teach: a base's task, or to go on with a text. */
export type Teaches = Task | 'continuation';

/** A way to write rows; one file each, listed in formats/all.ts. */
export interface DatasetFormat {
  readonly name: DataFormat;
  /** Fields that a row must have to be read this way; any one of these sets. */
  readonly required: readonly (readonly string[])[];
  readonly optional: readonly string[];
  /** Absent: to go on with a text, and no other. */
  readonly teaches?: readonly Teaches[];
  /** Role names and value types are this format's; called when a required set is there. */
  fits(row: JsonObject): boolean;
  /** Throws a `UserError` without a place. */
  read(row: JsonObject, teaches?: Teaches): Row;
}

/** A row can't be read in the format it is in. */
export function malformed(message: string, hint?: string): UserError {
  return new UserError('row-malformed', message, hint === undefined ? {} : { hint });
}

/** The same error, now with the place where it happened. */
export function atPlace(error: UserError, place: Place): UserError {
  return new UserError(error.code, error.message, {
    place: { ...place, ...error.place },
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error.cause,
  });
}

export function textField(row: JsonObject, field: string): string {
  const value = row[field];
  if (typeof value !== 'string')
    throw malformed(`has "${field}" that is ${describeType(value)}, not a text.`);
  return value;
}

/** An absent, null or empty field is undefined. */
export function optionalText(row: JsonObject, field: string): string | undefined {
  const value = row[field];
  return value === undefined || value === null || value === '' ? undefined : textField(row, field);
}

export function describeType(value: unknown): string {
  if (value === null || value === undefined) return 'missing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? 'a text' : `the ${typeof value} ${JSON.stringify(value)}`;
}

const roles = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function']);
const longestConversation = 100_000;

/** `[{role, content}]`, with everything else on a message kept for the template. */
export function readMessages(value: unknown, field: string): ChatMessage[] {
  if (!Array.isArray(value)) throw malformed(`has "${field}" that is ${describeType(value)}, not a list.`);
  if (value.length === 0) throw malformed(`has an empty list as "${field}".`);
  if (value.length > longestConversation) throw malformed(`has ${value.length} messages.`);
  return value.map((entry: unknown, i) => readMessage(entry, `${field}[${i}]`));
}

function readMessage(entry: unknown, where: string): ChatMessage {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
    throw malformed(`has ${where} that is ${describeType(entry)}, not an object with role and content.`);
  const { role, content, tool_calls: calls, ...rest } = withoutNulls(entry as JsonObject);
  if (typeof role !== 'string' || !roles.has(role))
    throw malformed(
      `has the role ${JSON.stringify(role)} in ${where}.`,
      `Use one of ${[...roles].join(', ')}.`,
    );
  if (calls !== undefined && !Array.isArray(calls))
    throw malformed(`has ${where}.tool_calls that is ${describeType(calls)}, not a list.`);
  const toolCalls = calls as unknown[] | undefined;
  return {
    role,
    content: readContent(content, toolCalls !== undefined, where),
    ...(toolCalls === undefined || toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
    ...rest,
  };
}

function readContent(content: unknown, mayBeMissing: boolean, where: string): ChatMessage['content'] {
  if (typeof content === 'string') return content;
  if (content === undefined && mayBeMissing) return null;
  if (!Array.isArray(content))
    throw malformed(`has ${where}.content that is ${describeType(content)}, not a text.`);
  return content.map((part: unknown) => {
    const text = typeof part === 'object' && part !== null ? (part as JsonObject)['text'] : undefined;
    if (typeof text !== 'string')
      throw malformed(
        `has a part in ${where}.content that isn't text.`,
        'Images and audio are not supported.',
      );
    return part as { readonly text: string };
  });
}

/** Columnar files fill the keys that only some messages have with null. */
function withoutNulls(entry: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(entry).filter(([, value]) => value !== null && value !== undefined),
  );
}

/** A list of JSON schemas, or the same as JSON text. */
export function readTools(value: unknown): readonly unknown[] | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  let tools: unknown = value;
  if (typeof value === 'string') {
    try {
      tools = JSON.parse(value) as unknown;
    } catch {
      throw malformed('has "tools" that are not JSON.');
    }
  }
  if (!Array.isArray(tools)) throw malformed(`has "tools" that are ${describeType(tools)}, not a list.`);
  return tools.length === 0 ? undefined : tools;
}

/** Whether `value` is a list of objects that all have these keys. */
export function listOf(value: unknown, ...keys: readonly string[]): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (entry: unknown) =>
        typeof entry === 'object' && entry !== null && keys.every((key) => Object.hasOwn(entry, key)),
    )
  );
}
