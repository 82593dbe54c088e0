/**
 * @file From a row's keys, role names and value types to the format it is in, one and the same for the whole file.
 * Two possible readings are an error that names both and the setting that decides; nothing is guessed.
 */
import type { DataFormat, Task } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { datasetFormats } from './formats/all.ts';
import type { DatasetFormat, Row, Teaches } from './row.ts';
import type { JsonObject } from './smallFile.ts';
import { taskTypeField, taskTypeOf } from './taskType.ts';
import type { TaskType } from './taskType.ts';

export interface RowReaderOptions {
  /** `data.format`: read as this, whatever else the rows might be. */
  readonly format?: DataFormat | undefined;
  /** `data.columns`: our field -> the file's column. */
  readonly columns?: Readonly<Record<string, string>> | undefined;
  /** The base's task, which decides what rows are read as; absent: it goes on with texts. */
  readonly task?: Task | undefined;
}

const knownFields = new Set([
  ...datasetFormats.flatMap(({ required, optional }) => [...required.flat(), ...optional]),
  taskTypeField,
]);
const requiredFields = new Set(datasetFormats.flatMap(({ required }) => required.flat()));
const optionalFields = new Set([...knownFields].filter((field) => !requiredFields.has(field)));

/** Reads rows of one file; remembers the format of the first. */
export class RowReader {
  readonly #columns: readonly (readonly [field: string, column: string])[];
  /** Columns of optional fields that no row has had so far. */
  readonly #unseen: Set<string>;
  /** With these columns alone a format is complete, so that the file's other columns say nothing. */
  readonly #complete: boolean;
  #format: DatasetFormat | undefined;
  readonly #asked: DataFormat | undefined;
  readonly #teaches: Teaches;
  #firstWhere = '';

  /** Throws `data-columns` on a field that no format has, `format-unfit` where the base's task is another. */
  constructor({ format, columns = {}, task }: RowReaderOptions) {
    this.#asked = format;
    this.#teaches = task ?? 'continuation';
    this.#format = datasetFormats.find(({ name }) => name === format);
    if (this.#format && !teaches(this.#format, this.#teaches)) throw unfit([this.#format], this.#teaches);
    this.#columns = Object.entries(columns);
    for (const [field] of this.#columns)
      if (!knownFields.has(field))
        throw new UserError(
          'data-columns',
          `data.columns names "${field}", which is no field of any format.`,
          {
            hint: `Fields are ${[...knownFields].sort().join(', ')}.`,
          },
        );
    this.#unseen = new Set(
      this.#columns.flatMap(([field, column]) => (optionalFields.has(field) ? [column] : [])),
    );
    const fields = new Set(Object.keys(columns));
    this.#complete = datasetFormats.some(({ required }) =>
      required.some((set) => set.every((field) => fields.has(field))),
    );
  }

  /** The format of the rows read so far. */
  get format(): DataFormat | undefined {
    return this.#format?.name;
  }

  /** The row's `task_type`, by itself. Throws `task-type`. */
  taskType(value: unknown): TaskType | undefined {
    return typeof value === 'object' && value !== null
      ? taskTypeOf(this.#map(value as JsonObject))
      : undefined;
  }

  /** Throws a `UserError` without a place; `where` ("line 3") is only kept to say where the first row stood. */
  read(value: unknown, where: string): Row {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new UserError('row-malformed', 'is not a JSON object.', {
        hint: 'Each row is an object, for example {"messages": [...]}.',
      });
    const row = this.#map(value as JsonObject);
    if (this.#asked !== undefined) return this.#readAsked(row);
    const format = recognise(row, this.#teaches);
    if (this.#format !== undefined && format !== this.#format)
      throw new UserError(
        'formats-mixed',
        `is in the format ${format.name}, ${this.#firstWhere} in the format ${this.#format.name}.`,
        { hint: 'Split the file: all rows of one file have one format.' },
      );
    if (this.#format === undefined) {
      this.#format = format;
      this.#firstWhere = where;
    }
    return format.read(row, this.#teaches);
  }

  /** A column of `data.columns` that no row had: a mistake, or the rows would silently lack it. Throws `column-missing`. */
  finish(): void {
    const [column] = this.#unseen;
    if (column !== undefined)
      throw new UserError(
        'column-missing',
        `has no row with the column "${column}", which data.columns names.`,
        {
          hint: 'Correct the name, or leave it out.',
        },
      );
  }

  #readAsked(row: JsonObject): Row {
    const format = this.#format!;
    if (!format.required.some((set) => hasAll(row, set)))
      throw new UserError(
        'row-malformed',
        `has no ${missing(row, format)}, which the format ${format.name} needs.`,
        {
          hint: `It has ${listKeys(row)}. Map columns with data.columns, or change data.format.`,
        },
      );
    return format.read(row, this.#teaches);
  }

  #map(row: JsonObject): JsonObject {
    if (this.#columns.length === 0) return row;
    const out: Record<string, unknown> = {};
    const taken = new Set<string>();
    for (const [field, column] of this.#columns) {
      if (!Object.hasOwn(row, column)) {
        if (optionalFields.has(field)) continue;
        throw new UserError(
          'column-missing',
          `has no column "${column}", which data.columns maps to ${field}.`,
          {
            hint: `It has ${listKeys(row)}.`,
          },
        );
      }
      this.#unseen.delete(column);
      out[field] = row[column];
      taken.add(column);
    }
    for (const [key, value] of Object.entries(row))
      if (!taken.has(key) && !Object.hasOwn(out, key) && (!this.#complete || optionalFields.has(key)))
        out[key] = value;
    return out;
  }
}

/** Present and not null: columnar files fill what a row doesn't have with null. */
function hasAll(row: JsonObject, fields: readonly string[]): boolean {
  return fields.every(
    (field) => Object.hasOwn(row, field) && row[field] !== null && row[field] !== undefined,
  );
}

function teaches({ teaches: what = ['continuation'] }: DatasetFormat, wanted: Teaches): boolean {
  return what.includes(wanted);
}

/** What a base of each kind learns from, in words. */
const wantedRows: Readonly<Record<Teaches, string>> = {
  continuation: 'goes on with texts',
  classification: 'classifies: its rows are {"text", "label"}, or {"text", "text_pair", "label"}',
  seq2seq:
    'writes one text about another: its rows are {"prompt", "completion"}, or {"instruction", "output"}',
};

function unfit(formats: readonly DatasetFormat[], wanted: Teaches): UserError {
  const names = formats.map(({ name }) => name).join(' or ');
  return new UserError('format-unfit', `is in the format ${names}, and the base ${wantedRows[wanted]}.`, {
    hint: 'Map columns with data.columns, set data.format, or use a base that fits the rows.',
  });
}

function recognise(row: JsonObject, wanted: Teaches): DatasetFormat {
  const anyTask = datasetFormats.filter(({ required }) => required.some((set) => hasAll(row, set)));
  const byKeys = anyTask.filter((format) => teaches(format, wanted));
  if (byKeys.length === 0 && anyTask.length > 0) throw unfit(anyTask, wanted);
  const fitting = byKeys.filter((format) => format.fits(row));
  const [only, second] = fitting;
  if (second !== undefined)
    throw new UserError(
      'format-ambiguous',
      `can be read as ${fitting.map((format) => `${format.name} (${requiredIn(row, format)})`).join(' or as ')}.`,
      { hint: `Set data.format to ${fitting.map(({ name }) => `"${name}"`).join(' or ')}.` },
    );
  if (only !== undefined) return only;
  // One candidate by its keys: its own words say what is wrong with the values.
  if (byKeys.length === 1) byKeys[0]!.read(row, wanted);
  throw new UserError(
    'format-unknown',
    byKeys.length === 0
      ? `has ${listKeys(row)}, which is no known format.`
      : `has the fields of ${byKeys.map(({ name }) => name).join(' and ')}, but values of neither.`,
    {
      hint: 'Map columns with data.columns, for example { "prompt": "question", "completion": "answer" }, or use one of the formats: {"messages": [...]}, {"prompt", "completion"}, {"text"}, {"instruction", "output"}, {"conversations": [...]}, {"input_ids"}; {"text", "label"} for a base that classifies.',
    },
  );
}

function requiredIn(row: JsonObject, { required }: DatasetFormat): string {
  return (required.find((set) => hasAll(row, set)) ?? []).join(', ');
}

function missing(row: JsonObject, { required }: DatasetFormat): string {
  return required
    .map((set) =>
      set
        .filter((field) => !hasAll(row, [field]))
        .map((field) => `"${field}"`)
        .join(' and '),
    )
    .join(' or ');
}

function listKeys(row: JsonObject): string {
  const keys = Object.keys(row);
  if (keys.length === 0) return 'no columns';
  const shown = keys.slice(0, 20).map((key) => JSON.stringify(key.slice(0, 100)));
  return `the columns ${shown.join(', ')}${keys.length > 20 ? ', ...' : ''}`;
}
