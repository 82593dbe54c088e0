/** @file Expected errors: what went wrong, where, and what to do. Anything that is not a `UserError` is a bug of ours. */

/** Where a mistake sits. Lines and columns count from 1; `byte` counts from 0 in the file. */
export interface Place {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly byte?: number;
  /** A row of a dataset or a layer of a model, in words ("row 12", "model.layers.3.self_attn.q_proj"). */
  readonly what?: string;
}

/** Exit codes: 2 for what is found before step 0, 1 for what fails afterwards, 130 when the person stopped it. */
export const exitCodes = { done: 0, failed: 1, refused: 2, stopped: 130 } as const;

/**
 * An error a person can act on.
 * `code` is stable and used as a diagnostic's code; `message` says what is wrong with the value; `hint` says what to do.
 */
export class UserError extends Error {
  readonly code: string;
  readonly place: Place;
  readonly hint: string | undefined;

  constructor(
    code: string,
    message: string,
    details: { place?: Place; hint?: string; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'UserError';
    this.code = code;
    this.place = details.place ?? {};
    this.hint = details.hint;
  }
}

/** `path/file.jsonl:12:5`, or the empty string when the place is unknown. */
export function describePlace(place: Place): string {
  const lineColumn =
    place.line === undefined ? '' : `:${place.line}${place.column === undefined ? '' : `:${place.column}`}`;
  const byte = place.byte === undefined ? '' : ` at byte ${place.byte}`;
  const what = place.what === undefined ? '' : place.file === undefined ? place.what : ` (${place.what})`;
  return `${place.file ?? ''}${lineColumn}${byte}${what}`;
}

/** One line for a terminal or a notification: place, message, hint. A message that quotes others may lack its full stop. */
export function describeError(error: unknown): string {
  if (!(error instanceof UserError))
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const where = describePlace(error.place);
  const hint =
    error.hint === undefined ? '' : `${/[\p{L}\p{N})\]"']$/u.test(error.message) ? '.' : ''} ${error.hint}`;
  return `${where === '' ? '' : `${where}: `}${error.message}${hint}`;
}
