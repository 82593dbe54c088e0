/** @file The JSON header of a .safetensors file, checked before anything is believed: names, types, shapes, offsets. */
import { UserError } from '../contract/errors.ts';
import { strictUtf8 } from './utf8.ts';

/** Bytes an element of each data type that files of this field use; 4- and 6-bit types are not read. */
export const dtypeBytes = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const;

export type Dtype = keyof typeof dtypeBytes;

export interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Product of the shape, 1 for a scalar. */
  readonly elements: number;
  /** First byte in the file, and the byte after the last. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
}

interface Context {
  readonly file: string;
  /** Size of the whole file in bytes. */
  readonly size: number;
}

const hint = 'The file is damaged or was made to mislead: download or export it again.';
const mostDimensions = 16;

function headerError(context: Context, message: string, cause?: unknown): UserError {
  return new UserError('safetensors-header', message, {
    place: { file: context.file, byte: 8 },
    hint,
    cause,
  });
}

/** A name as a message may show it. */
const shown = (name: string): string => (name.length > 200 ? `${name.slice(0, 200)}...` : name);

function tensorError(context: Context, name: string, message: string): UserError {
  return new UserError('safetensors-tensor', `tensor '${shown(name)}' ${message}`, {
    place: { file: context.file, what: shown(name) },
    hint,
  });
}

/** Parses and checks a header. Throws `safetensors-header`, `safetensors-tensor` or `safetensors-truncated`. */
export function parseHeader(bytes: Uint8Array, context: Context): Header {
  const text = strictUtf8(bytes);
  if (text === undefined) throw headerError(context, 'its header is not UTF-8.');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw headerError(context, `its header is not JSON (${(cause as Error).message}).`, cause);
  }
  if (!isObject(json)) throw headerError(context, 'its header is not a JSON object.');
  refuseDuplicates(text, json, context);
  const tensors: TensorInfo[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(json)) {
    if (name === '__metadata__') metadata = checkMetadata(entry, context);
    else tensors.push(checkTensor(name, entry, 8 + bytes.length, context));
  }
  checkLayout(tensors, 8 + bytes.length, context);
  return { metadata, tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkMetadata(value: unknown, context: Context): Record<string, string> {
  if (!isObject(value)) throw headerError(context, '__metadata__ is not an object of strings.');
  for (const [key, text] of Object.entries(value))
    if (typeof text !== 'string')
      throw headerError(context, `__metadata__['${shown(key)}'] is not a string.`);
  return value as Record<string, string>;
}

/** JSON.parse keeps the last of two equal keys; two readers could then see two models in one file. */
function refuseDuplicates(text: string, json: Record<string, unknown>, context: Context): void {
  const keys = new Set<string>();
  for (const key of topLevelKeys(text)) {
    if (keys.has(key)) throw tensorError(context, key, 'stands in the header twice.');
    keys.add(key);
  }
  if (keys.size !== Object.keys(json).length) throw headerError(context, 'its keys could not be counted.');
}

/** Keys of the outermost object of a valid JSON text, repeated ones too. */
function* topLevelKeys(text: string): Generator<string> {
  let depth = 0;
  let last = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    else if (char === ':' && depth === 1) yield JSON.parse(last) as string;
    else if (char === '"') {
      const end = stringEnd(text, i);
      if (depth === 1) last = text.slice(i, end);
      i = end - 1;
    }
  }
}

/** Index after the closing quote of the string that opens at `start`. */
function stringEnd(text: string, start: number): number {
  let i = start + 1;
  while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
  return i + 1;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function checkTensor(name: string, entry: unknown, dataStart: number, context: Context): TensorInfo {
  const fail = (message: string): never => {
    throw tensorError(context, name, message);
  };
  if (!isObject(entry)) return fail('has no object with dtype, shape and data_offsets.');
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !Object.hasOwn(dtypeBytes, dtype))
    return fail(
      `is of the data type ${typeof dtype === 'string' ? dtype.slice(0, 40) : typeof dtype}, which is not known.`,
    );
  if (!Array.isArray(shape) || shape.length > mostDimensions || !shape.every(isCount))
    return fail(`has no usable shape: at most ${mostDimensions} counts were expected.`);
  const elements = shape.reduce<number>((n, size) => n * size, 1);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount) || offsets[0]! > offsets[1]!)
    return fail('has no usable data_offsets: two ascending byte counts were expected.');
  const [first = 0, last = 0] = offsets;
  const needed = elements * dtypeBytes[dtype as Dtype];
  if (needed !== last - first)
    return fail(
      `needs ${needed} bytes as ${dtype} [${shape.join(', ')}], but its offsets span ${last - first}.`,
    );
  const end = dataStart + last;
  if (end > context.size) {
    throw new UserError(
      'safetensors-truncated',
      `tensor '${shown(name)}' ends at byte ${end}, but the file ends at byte ${context.size}: it is truncated.`,
      { place: { file: context.file, byte: context.size }, hint: 'Download or export the file again.' },
    );
  }
  return { name, dtype: dtype as Dtype, shape: shape, elements, begin: dataStart + first, end };
}

/** Tensors must fill the data section without gap or overlap, as the format demands: no bytes that only some readers see. */
function checkLayout(tensors: readonly TensorInfo[], dataStart: number, context: Context): void {
  let at = dataStart;
  for (const tensor of [...tensors].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (tensor.begin !== at) {
      const what = tensor.begin < at ? 'overlaps the tensor before it' : 'follows a gap';
      throw tensorError(
        context,
        tensor.name,
        `begins at byte ${tensor.begin} and ${what}; ${at} was expected.`,
      );
    }
    at = tensor.end;
  }
  if (at !== context.size)
    throw headerError(context, `${context.size - at} bytes follow the last tensor; none should.`);
}
