/** @file 2,000 damaged files a reader, half of them damaged where the format has its meaning: a right reading or a clear error. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UserError } from '../../../runtime/contract/errors.ts';
import { GgufFile } from '../../../runtime/formats/gguf.ts';
import { SafetensorsFile } from '../../../runtime/formats/safetensors.ts';
import { largestAllocation } from '../../support/allocations.ts';
import { ggufBytes } from '../../support/ggufFile.ts';
import type { GgufContent, GgufValue, TensorToWrite, ValueName } from '../../support/ggufFile.ts';
import { below, hostileCounts, mutateBytes, mutateJson, pick, random } from '../../support/damage.ts';
import type { Random } from '../../support/damage.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
const runs = 2000;
/** Window of the header cursor and table of half floats; the files themselves have a few hundred bytes. */
const allowedBytes = 1 << 18;

/** Reads `make`'s files one after another; each is read rightly or refused, and no count is believed. */
function check(
  name: string,
  make: (next: Random, seed: number) => Buffer,
  read: (path: string) => void,
): number {
  let accepted = 0;
  for (let seed = 0; seed < runs; seed++) {
    const path = join(folder, name);
    writeFileSync(path, make(random(seed), seed));
    const largest = largestAllocation(() => {
      try {
        read(path);
        accepted++;
      } catch (error) {
        if (!(error instanceof UserError)) throw new Error(`seed ${seed}`, { cause: error });
        expect(error.place.file, `seed ${seed}`).toBe(path);
        expect(error.message.length, `seed ${seed}`).toBeLessThan(1000);
      }
    });
    expect(largest, `seed ${seed}`).toBeLessThanOrEqual(allowedBytes);
  }
  return accepted;
}

const safeHeader = {
  __metadata__: { format: 'pt', note: 'é' },
  a: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
  b: { dtype: 'BF16', shape: [4], data_offsets: [24, 32] },
  c: { dtype: 'I64', shape: [2], data_offsets: [32, 48] },
  d: { dtype: 'F16', shape: [], data_offsets: [48, 50] },
  e: { dtype: 'BOOL', shape: [0, 5], data_offsets: [50, 50] },
  f: { dtype: 'U8', shape: [6], data_offsets: [50, 56] },
};

function safeBytes(header: unknown, length?: bigint): Buffer {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(length ?? BigInt(text.length));
  return Buffer.concat([
    head,
    text,
    Buffer.alloc(32, 0x3c),
    Buffer.alloc(24, 1).fill(0, 4, 8).fill(0, 12, 16),
  ]);
}

function damagedSafetensors(next: Random, seed: number): Buffer {
  if (seed % 2 === 0) return mutateBytes(safeBytes(safeHeader), next);
  if (below(next, 8) === 0) return safeBytes(safeHeader, pick(next, hostileCounts));
  const text = JSON.stringify(mutateJson(safeHeader, next));
  // A name that stands there twice, which JSON alone would not show
  return safeBytes(below(next, 8) === 0 ? text.replace('"b"', '"a"') : text);
}

function readSafetensors(path: string): void {
  const file = SafetensorsFile.open(path);
  try {
    for (const { name, dtype } of file.tensors.values()) {
      file.readBytes(name);
      if (!dtype.startsWith('F8')) file.readFloat32(name);
      if (!/F/.test(dtype)) file.readInts(name);
    }
  } finally {
    file.close();
  }
}

const ggufContent = {
  metadata: {
    'general.architecture': ['text', 'llama'],
    'general.alignment': ['u32', 32],
    'llama.block_count': ['u32', 2],
    'llama.rope.freq_base': ['f32', 10_000],
    'tokenizer.ggml.add_bos_token': ['bool', true],
    'tokenizer.ggml.tokens': ['array', 'text', ['a', 'b', 'é']],
    'tokenizer.ggml.token_type': ['array', 'i32', [1, 3, 1]],
    'tokenizer.ggml.scores': ['array', 'f32', [0, -1, -2]],
    wide: ['u64', 3],
  } as Record<string, GgufValue>,
  tensors: [
    { name: 'token_embd.weight', type: 8, dimensions: [32, 3], data: Buffer.alloc(3 * 34, 0x11) },
    { name: 'blk.0.attn_norm.weight', type: 0, dimensions: [4], data: Buffer.alloc(16, 0x3c) },
    { name: 'blk.0.attn_q.weight', type: 12, dimensions: [256], data: Buffer.alloc(144, 0x22) },
    { name: 'blk.0.attn_k.weight', type: 1, dimensions: [2, 2], data: Buffer.alloc(8, 0x3c) },
  ] as TensorToWrite[],
};

const names: readonly string[] = ['', 'x', 'token_embd.weight', 'a'.repeat(3000), '\ufffd\0', '__proto__'];

/** One thing of the header is another: a count, a type, a name, a size, an offset, a value. */
function damageContent(next: Random): GgufContent {
  const metadata = { ...ggufContent.metadata };
  const tensors = [...ggufContent.tensors];
  const at = below(next, tensors.length);
  const change = (more: Partial<TensorToWrite>): GgufContent => {
    tensors[at] = { ...tensors[at]!, ...more };
    return { metadata, tensors };
  };
  const hostile = (): number =>
    Number(
      pick(
        next,
        hostileCounts.filter((count) => count <= 2n ** 53n),
      ),
    );
  const key = pick(next, Object.keys(metadata));
  switch (below(next, 9)) {
    case 0:
      return { metadata, tensors, tensorCount: pick(next, hostileCounts) };
    case 1:
      return { metadata, tensors, keyCount: pick(next, hostileCounts) };
    case 2:
      return { metadata, tensors, version: pick(next, [0, 1, 2, 4, 0x03000000, 2 ** 32 - 1]) };
    case 3:
      return change({ name: pick(next, names) });
    case 4:
      return change({ type: below(next, 45) });
    case 5:
      return change({ offset: next() < 0.5 ? 32 * below(next, 40) : hostile() });
    case 6:
      return change({ dimensions: Array.from({ length: below(next, 6) }, hostile) });
    case 7:
      metadata['general.alignment'] = ['u32', pick(next, [0, 1, 8, 12, 16, 64, 4096, 2 ** 31])];
      return { metadata, tensors };
    default:
      metadata[key] = pick<GgufValue>(next, [
        [pick(next, ['u8', 'i32', 'u64', 'f64'] as const satisfies ValueName[]), 3],
        ['text', pick(next, names)],
        ['array', 'text', names],
        ['array', 'u8', [1, 2, 3]],
        ['bool', true],
      ]);
      return { metadata, tensors };
  }
}

function readGguf(path: string): void {
  const file = GgufFile.open(path);
  try {
    for (const { name } of file.tensors.values()) file.readFloat32(name);
    for (const key of file.metadata.keys()) {
      if (!file.metadata.isArray(key)) continue;
      if (key.endsWith('tokens')) file.metadata.texts(key);
      else file.metadata.numbers(key);
    }
  } finally {
    file.close();
  }
}

test('the undamaged files are read', () => {
  for (const [name, bytes, read] of [
    ['safe', safeBytes(safeHeader), readSafetensors],
    ['gguf', ggufBytes(ggufContent), readGguf],
  ] as const) {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    expect(() => {
      read(path);
    }).not.toThrow();
  }
});

test('safetensors', () => {
  const accepted = check('damaged.safetensors', damagedSafetensors, readSafetensors);
  // Damage of values and metadata is harmless; most of the rest must be noticed
  expect(accepted).toBeGreaterThan(runs / 100);
  expect(accepted).toBeLessThan(runs / 2);
});

test('GGUF', () => {
  const make = (next: Random, seed: number): Buffer =>
    seed % 2 === 0 ? mutateBytes(ggufBytes(ggufContent), next) : ggufBytes(damageContent(next));
  const accepted = check('damaged.gguf', make, readGguf);
  expect(accepted).toBeGreaterThan(runs / 100);
  expect(accepted).toBeLessThan(runs / 2);
});
