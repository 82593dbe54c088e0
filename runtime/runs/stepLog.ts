/**
 * @file What each step learned from, for "click a spike, see its rows and tokens": samples.jsonl (rows), token-losses.f32 (the
 * loss of each supervised token, float32, row after row), and steps.index, where a step finds its place in both.
 *
 * The index has 16 bytes a step: the offset of its line, and of its first loss, as little-endian doubles. It is written last, so
 * that a torn end is a step that isn't listed; a step that comes again after a resume overwrites its entry.
 */
import { closeSync, ftruncateSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { SamplesLine } from '../contract/run.ts';
import { AppendFile } from '../formats/appendFile.ts';
import { writeError } from '../formats/byteFile.ts';
import { parseSamples } from './events.ts';
import { runFiles } from './names.ts';
import { readSamples } from './read.ts';

const entryBytes = 16;
/** Of a float32. */
const lossBytes = Float32Array.BYTES_PER_ELEMENT;
/** A line of samples.jsonl has some tens of bytes a row; read in pieces of this size. */
const lineBytes = 1 << 14;
const newline = 0x0a;

interface Entry {
  /** In samples.jsonl. */
  readonly line: number;
  /** In token-losses.f32. */
  readonly losses: number;
}

function readEntry(descriptor: number, step: number): Entry | undefined {
  const bytes = Buffer.alloc(entryBytes);
  if (readSync(descriptor, bytes, 0, entryBytes, (step - 1) * entryBytes) !== entryBytes) return undefined;
  const entry = { line: bytes.readDoubleLE(0), losses: bytes.readDoubleLE(8) };
  return Number.isSafeInteger(entry.line) && Number.isSafeInteger(entry.losses) ? entry : undefined;
}

export class StepLog {
  readonly #samples: AppendFile;
  readonly #losses: AppendFile;
  readonly #index: number;
  readonly #indexPath: string;
  readonly #entry = Buffer.alloc(entryBytes);

  /** Opens or makes the files, and cuts what a killed writer left half-done. Throws `disk-full` or `file-unwritable`. */
  constructor(folder: string) {
    this.#samples = AppendFile.openLines(join(folder, runFiles.samples));
    this.#losses = AppendFile.open(join(folder, runFiles.tokenLosses));
    this.#losses.cut(this.#losses.length - (this.#losses.length % lossBytes));
    this.#indexPath = join(folder, runFiles.stepIndex);
    try {
      closeSync(openSync(this.#indexPath, 'a'));
      this.#index = openSync(this.#indexPath, 'r+');
    } catch (error) {
      throw writeError(error, this.#indexPath);
    }
  }

  /** `losses` of the rows' supervised tokens, row after row in the order of `line.rows`. Throws `disk-full`. */
  add(line: SamplesLine, losses: Float32Array): void {
    this.#entry.writeDoubleLE(this.#samples.length, 0);
    this.#entry.writeDoubleLE(this.#losses.length, 8);
    this.#losses.append(new Uint8Array(losses.buffer, losses.byteOffset, losses.byteLength));
    this.#samples.append(`${JSON.stringify(line)}\n`);
    this.#write(() => writeSync(this.#index, this.#entry, 0, entryBytes, (line.step - 1) * entryBytes));
  }

  /** The steps behind `fromStep` come again: their losses go, their lines are marked as superseded. */
  resumed(fromStep: number): void {
    const superseded = readEntry(this.#index, fromStep + 1);
    if (superseded !== undefined) this.#losses.cut(superseded.losses);
    this.#write(() => {
      ftruncateSync(this.#index, Math.max(0, fromStep) * entryBytes);
    });
    this.#samples.append(`${JSON.stringify({ event: 'resumed', fromStep })}\n`);
  }

  #write(write: () => void): void {
    try {
      write();
    } catch (error) {
      throw writeError(error, this.#indexPath);
    }
  }

  sync(): void {
    this.#samples.sync();
    this.#losses.sync();
    this.#write(() => {
      fsyncSync(this.#index);
    });
  }

  close(): void {
    this.#samples.close();
    this.#losses.close();
    closeSync(this.#index);
  }
}

export interface StepRecord {
  readonly samples: SamplesLine;
  /** One array a row; absent where the run didn't record them. */
  readonly tokenLosses?: readonly Float32Array[];
}

/** `use` with the file, or undefined where it can't be opened. */
function withFile<T>(path: string, use: (descriptor: number) => T): T | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The line that begins at `offset`. */
function lineAt(descriptor: number, offset: number): string {
  const pieces: Buffer[] = [];
  for (let at = offset; ; at += lineBytes) {
    const piece = Buffer.alloc(lineBytes);
    const read = piece.subarray(0, readSync(descriptor, piece, 0, lineBytes, at));
    const end = read.indexOf(newline);
    pieces.push(end < 0 ? read : read.subarray(0, end));
    if (end >= 0 || read.length < lineBytes) return Buffer.concat(pieces).toString('utf8');
  }
}

/** Losses of one row after the other. */
function split(losses: Float32Array, counts: readonly number[]): Float32Array[] {
  let begin = 0;
  return counts.map((count) => losses.subarray(begin, (begin += count)));
}

/** As the training loop sums a row: its means are these bits, so that losses of another step or run are found out. */
function meanOf(losses: Float32Array): number {
  let sum = 0;
  for (const loss of losses) sum += loss;
  return sum / Math.max(1, losses.length);
}

/** The rows of a step as they were last trained on, by one look into each file; undefined where the step didn't come (again). */
export function readStep(folder: string, step: number): StepRecord | undefined {
  if (!Number.isSafeInteger(step) || step < 1) return undefined;
  const entry = withFile(join(folder, runFiles.stepIndex), (file) => readEntry(file, step));
  const line =
    entry && withFile(join(folder, runFiles.samples), (file) => parseSamples(lineAt(file, entry.line)));
  if (entry === undefined || line === undefined || 'event' in line || line.step !== step) {
    // an older run has no index
    const samples = readSamples(folder, step);
    return samples && { samples };
  }
  const count = line.supervised.reduce((sum, tokens) => sum + tokens, 0);
  const bytes = Buffer.alloc(count * lossBytes);
  const read = withFile(join(folder, runFiles.tokenLosses), (file) =>
    readSync(file, bytes, 0, bytes.length, entry.losses),
  );
  if (read !== bytes.length) return { samples: line };
  const losses = Float32Array.from({ length: count }, (_, i) => bytes.readFloatLE(i * lossBytes));
  const tokenLosses = split(losses, line.supervised);
  return tokenLosses.every((row, i) => meanOf(row) === line.losses[i])
    ? { samples: line, tokenLosses }
    : { samples: line };
}
