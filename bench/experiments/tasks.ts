/** @file The tasks of experiments: a base with rows to learn from and rows held out, small enough for two cores. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeText } from '../../runtime/formats/textFile.ts';
import type { Task } from './experiment.ts';

const root = resolve(import.meta.dirname, '../..');
const shared = join(root, '../shared');
const clerk = join(root, 'media/base/tiny-clerk');
const smol = join(shared, 'models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf');

type Row = Readonly<Record<string, unknown>>;

/** Rows of a file of JSON lines, or of one JSON array. */
export function rowsOf(text: string): Row[] {
  if (text.trimStart().startsWith('[')) return JSON.parse(text) as Row[];
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Row);
}

/** Writes rows as JSON lines and returns the path. */
function write(folder: string, name: string, rows: readonly Row[]): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.jsonl`);
  writeText(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}

const read = (path: string): Row[] => rowsOf(readFileSync(path, 'utf8'));

/** A customer's message becomes a ticket in JSON: the data of the quick start. */
export function tickets(): Task {
  const folder = join(root, 'media/data/tickets');
  const at = (name: string): string => join(folder, name);
  return {
    name: 'tickets',
    title: 'tickets (400 rows, 50 for validation, 100 for exact match) on tiny-clerk (2.75 M parameters)',
    base: clerk,
    data: { train: at('train.jsonl'), validation: at('valid.jsonl'), length: 256 },
    measures: [{ name: 'exact match', kind: 'exact-match', file: at('test.jsonl') }],
    seconds: { step: 0.21, evaluation: 0.4, rest: 8 },
  };
}

/** Grade-school mathematics: the loss of whole answers. `folder` takes the chosen rows. */
export function gsm8k(folder: string): Task {
  const pick = (split: string, rows: number): string =>
    write(folder, `gsm8k-${split}-${rows}`, read(join(shared, `data/gsm8k/${split}.jsonl`)).slice(0, rows));
  return {
    name: 'gsm8k',
    title: 'GSM8K answers (the first 400 training rows, the first 24 test rows) on SmolLM2-135M-Instruct',
    base: smol,
    data: {
      train: pick('train', 400),
      validation: pick('test', 24),
      format: 'prompt-completion',
      columns: { prompt: 'question', completion: 'answer' },
      length: 384,
    },
    measures: [],
    seconds: { step: 4, evaluation: 8, rest: 20 },
  };
}

/** Questions of ARC-Easy with four answers to choose from. */
export function commonsense(folder: string): Task {
  const pick = (split: string, rows: number): string => {
    const chosen = read(join(shared, `data/commonsense/arc-easy-${split}.json`)).slice(0, rows);
    const alpaca = chosen.map(({ instruction, input, output }) => ({ instruction, input, output }));
    return write(folder, `arc-easy-${split}-${rows}`, alpaca);
  };
  return {
    name: 'commonsense',
    title:
      'ARC-Easy as instructions (the first 800 training rows, the first 64 test rows) on SmolLM2-135M-Instruct',
    base: smol,
    data: { train: pick('train', 800), validation: pick('test', 64), format: 'alpaca', length: 256 },
    measures: [],
    seconds: { step: 3.6, evaluation: 9, rest: 20 },
  };
}

/** Rows of many other tasks: the nearest to a general text that there is here. */
export function otherText(folder: string): string {
  return write(folder, 'mixed-all', read(join(shared, 'data/mixed-tasks/train.jsonl')));
}

/** Names of the two kinds of rows, by `task_type`. */
export const kinds = ['other tasks', 'knowledge'] as const;

/** Knowledge asked closed-book (`task_type` 1) and everything else (0), with held-out rows of each kind. */
export function mixed(folder: string, base: 'tiny-clerk' | 'smollm2'): Task {
  const rows = read(join(shared, 'data/mixed-tasks/train.jsonl'));
  const HELD = 80;
  const held = rows.slice(-HELD);
  const tiny = base === 'tiny-clerk';
  return {
    name: `mixed-${base}`,
    title: `mixed tasks (${rows.length - HELD} rows, ${HELD} held out) on ${tiny ? 'tiny-clerk (2.75 M parameters)' : 'SmolLM2-135M-Instruct'}`,
    base: tiny ? clerk : smol,
    data: {
      train: write(folder, 'mixed-train', rows.slice(0, -HELD)),
      validation: write(folder, 'mixed-held', held),
      length: 256,
    },
    measures: kinds.map((kind, type) => ({
      name: `loss of ${kind}`,
      kind: 'loss',
      file: write(
        folder,
        `mixed-held-${type}`,
        held.filter((row) => row['task_type'] === type),
      ),
    })),
    seconds: tiny ? { step: 0.65, evaluation: 2.5, rest: 10 } : { step: 5, evaluation: 20, rest: 40 },
  };
}
