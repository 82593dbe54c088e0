/** @file A .gguf file as a base: tensors under transformers' names, the converter's changes undone. */
import { UserError } from '../contract/errors.ts';
import type { GgufFile, GgufTensor } from '../formats/gguf.ts';

import type { DecoderSpec, TensorSource } from './decoder.ts';
import { architectures, ggufConfig } from './ggufConfig.ts';
import { ggufTensors, transpose, undoInterleaving } from './ggufNames.ts';
import type { Stored } from './ggufNames.ts';
import type { ConfigReader } from './configReader.ts';

/** The configuration in the file's metadata. Throws `architecture-unsupported`, `gguf-unsupported`, `gguf-metadata`. */
export function readGgufConfig(file: GgufFile): ConfigReader {
  const architecture = file.metadata.text('general.architecture');
  if (architecture !== undefined && Object.hasOwn(architectures, architecture))
    return ggufConfig(file, architecture);
  const shown =
    architecture === undefined
      ? 'no architecture is named'
      : `the architecture "${architecture.slice(0, 60)}" is not supported`;
  throw new UserError('architecture-unsupported', `${shown}.`, {
    place: { file: file.path, what: 'general.architecture' },
    hint: `Supported in GGUF files: ${Object.keys(architectures).join(', ')}.`,
  });
}

export class GgufTensors implements TensorSource {
  readonly names: ReadonlySet<string>;
  readonly #file: GgufFile;
  readonly #stored = new Map<string, Stored>();

  constructor(file: GgufFile, spec: DecoderSpec) {
    this.#file = file;
    for (const [name, stored] of ggufTensors(spec))
      if (file.tensors.has(stored.name)) this.#stored.set(name, stored);
    this.names = new Set(this.#stored.keys());
    const embedding = this.#stored.get(`${spec.names.embedding}.weight`);
    if (spec.tied && embedding) this.#stored.set(`${spec.names.head.path}.weight`, embedding);
  }

  #find(name: string): { stored: Stored; info: GgufTensor } {
    const stored = this.#stored.get(name);
    if (stored) return { stored, info: this.#file.info(stored.name) };
    throw new UserError('tensor-missing', `the tensor '${name}' is missing.`, {
      place: { file: this.#file.path },
    });
  }

  shape(name: string): readonly number[] {
    const { stored, info } = this.#find(name);
    return stored.transposed === true ? [...info.shape].reverse() : info.shape;
  }

  storedBytes(name: string): number {
    const { info } = this.#find(name);
    return info.end - info.begin;
  }

  readFloat32(name: string, into?: Float32Array): Float32Array {
    const { stored, info } = this.#find(name);
    if (stored.transposed === true) {
      const values = into ?? new Float32Array(info.elements);
      const [rows = 1, columns = 1] = info.shape;
      transpose(this.#file.readFloat32(stored.name), rows, columns, values);
      return values;
    }
    const values = this.#file.readFloat32(stored.name, into);
    const { interleavedHeads: heads, shift } = stored;
    if (heads !== undefined) undoInterleaving(values, heads, info.shape[1] ?? 1);
    if (shift !== undefined) for (let i = 0; i < values.length; i++) values[i]! += shift;
    return values;
  }

  close(): void {
    this.#file.close();
  }
}
