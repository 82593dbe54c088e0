/** @file What one key of the config may hold, as data: check, schema, hovers and help read it; methods declare their own keys with it. */

interface Common {
  /** One line for hover and help. */
  readonly doc: string;
  /** PEFT's or the field's name for the same thing. */
  readonly peft?: string;
  readonly required?: true;
}

/** `minimum` and `maximum` are allowed values, `above` and `below` are not. */
export interface NumberOption extends Common {
  readonly type: 'number' | 'integer';
  readonly default?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly above?: number;
  readonly below?: number;
}
export interface StringOption extends Common {
  /** A `path` is resolved against the config file's folder. */
  readonly type: 'string' | 'path';
  readonly default?: string;
  /** What a path has to lead to. */
  readonly leadsTo?: 'file' | 'folder';
  /** The only values allowed. */
  readonly oneOf?: readonly string[];
  /** A line on each of them. */
  readonly about?: Readonly<Record<string, string>>;
}
export interface BooleanOption extends Common {
  readonly type: 'boolean';
  readonly default?: boolean;
}
export interface ListOption extends Common {
  readonly type: 'list';
  readonly of: OptionSpec;
  readonly length?: number;
  readonly default?: readonly (string | number)[];
}
export interface MapOption extends Common {
  readonly type: 'map';
  readonly of: OptionSpec;
  readonly default?: Readonly<Record<string, never>>;
}
/** The first alternative that fits the value's JSON type is taken. */
export interface EitherOption extends Common {
  readonly type: 'either';
  readonly of: readonly OptionSpec[];
  readonly default?: string | number;
}
export interface SectionOption extends Common {
  readonly type: 'section';
  readonly keys: Keys;
}
export type OptionSpec =
  NumberOption | StringOption | BooleanOption | ListOption | MapOption | EitherOption | SectionOption;
export type Keys = Readonly<Record<string, OptionSpec>>;
