/** @file The classes of rows: from a row's label to the id that a classifier learns. */
import { UserError } from '../contract/errors.ts';

/** Names that transformers gives to classes nobody named. */
const unnamed = /^LABEL_\d+$/;

/** Whether a base's names say anything: "LABEL_0" is a number in other words. */
export const areNamed = (names: readonly string[]): boolean => names.some((name) => !unnamed.test(name));

/**
 * The id of a label: a text that is a class's name is that class, any other must be its number, from 0. Throws `label-unknown`.
 * CSV files write numbers as texts; a class that is itself called by a number is meant by its name first.
 */
export function classId(label: number | string, names: readonly string[]): number {
  if (typeof label === 'string') {
    const named = names.indexOf(label);
    if (named >= 0) return named;
    if (!/^\d{1,9}$/.test(label)) throw unknown(JSON.stringify(label.slice(0, 60)), names);
  }
  const id = Number(label);
  if (id < names.length) return id;
  throw unknown(String(id), names);
}

function unknown(label: string, names: readonly string[]): UserError {
  const shown = names.slice(0, 12).map((name, id) => `${id} ${name}`);
  const more = names.length > shown.length ? `, ... (${names.length} in all)` : '';
  return new UserError('label-unknown', `has the label ${label}, which is no class of the base.`, {
    hint: `Its classes are ${shown.join(', ')}${more}: write a name or a number.`,
  });
}

/** Collects the labels of a file whose base has no names for them. */
export class ClassNames {
  readonly #names = new Set<string>();
  #largest = -1;

  add(label: number | string): void {
    if (typeof label === 'number' || /^\d{1,9}$/.test(label))
      this.#largest = Math.max(this.#largest, Number(label));
    else this.#names.add(label);
  }

  /** Names sorted by their characters, so that every reading of the file gives the same ids; undefined where labels are numbers. */
  get names(): readonly string[] | undefined {
    return this.#names.size === 0 ? undefined : [...this.#names].sort();
  }

  /** How many names there are. */
  get count(): number {
    return this.#names.size;
  }

  /** The largest number; -1 where there is none. */
  get largest(): number {
    return this.#largest;
  }
}
