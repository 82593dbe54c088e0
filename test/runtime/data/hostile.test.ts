/**
 * @file 2,000 broken inputs for each reader, half of them with the structure kept and its values changed: each is read or gives
 * one clear error, in bounded time and memory.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetMetadata } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../runtime/contract/errors.ts';
import { checkDataset } from '../../../runtime/data/dataset.ts';
import { Tokenizer } from '../../../runtime/data/tokenizer.ts';
import { byteTokenizerJson } from '../../support/byteTokenizer.ts';
import { below, mutateBytes, mutateJson, pick, random } from '../../support/damage.ts';
import type { Random } from '../../support/damage.ts';
import { chatml, folder } from './dataFiles.ts';

/** One to three values changed. */
function mutateTree(value: unknown, next: Random): unknown {
  let changed = value;
  for (let times = 1 + below(next, 3); times > 0; times--) changed = mutateJson(changed, next);
  return changed;
}

const inputs = 2_000;
/** Far above what any input takes; a hang would be minutes. */
const longest = 3_000;
const largestGrowth = 600 * 1024 * 1024;

/** Runs every input, and fails on a crash, on one that takes too long, and when memory grows without bound. */
async function survive(
  run: (i: number) => Promise<'read' | 'refused'>,
): Promise<Record<'read' | 'refused', number>> {
  const counts = { read: 0, refused: 0 };
  const before = process.memoryUsage.rss();
  let peak = before;
  for (let i = 0; i < inputs; i++) {
    const start = performance.now();
    counts[await run(i)] += 1;
    const took = performance.now() - start;
    if (took > longest) throw new Error(`input ${i} took ${Math.round(took)} ms`);
    if (i % 50 === 0) peak = Math.max(peak, process.memoryUsage.rss());
  }
  expect(peak - before).toBeLessThan(largestGrowth);
  return counts;
}

async function check(path: string, bytes: Uint8Array | string): Promise<'read' | 'refused'> {
  writeFileSync(path, bytes);
  const { problems, rows } = await checkDataset({
    file: path,
    tokenizer: chatml,
    length: 128,
    trainOn: 'assistant',
  });
  for (const problem of problems) {
    expect(problem).toBeInstanceOf(UserError);
    expect(problem.place.file).toBe(path);
    expect(problem.message.length).toBeLessThan(8_000);
  }
  if (problems.length > 0) return 'refused';
  expect(rows).toBeGreaterThan(0);
  return 'read';
}

const turn = (role: string, content: string): object => ({ role, content });
const rowSets: readonly (readonly object[])[] = [
  [0, 1, 2].map((i) => ({
    messages: [turn('system', 's'), turn('user', `u${i}`), { ...turn('assistant', 'a'), weight: 1 }],
    tools: [{ type: 'function', function: { name: 'f' } }],
  })),
  [0, 1].map((i) => ({ prompt: `p${i}`, completion: 'c' })),
  [
    {
      conversations: [
        { from: 'human', value: 'x' },
        { from: 'gpt', value: 'y' },
      ],
      system: 's',
    },
  ],
  [{ instruction: 'i', input: 'j', output: 'o', history: [['a', 'b']] }],
  [{ input_ids: [1, 2, 3, 4], labels: [-100, 2, 3, 4], attention_mask: [1, 1, 1, 1] }],
  [
    {
      messages: [
        turn('user', 'u'),
        { role: 'assistant', content: null, tool_calls: [{ function: { name: 'f', arguments: '{"a":1}' } }] },
      ],
    },
  ],
  [{ text: 'plain text' }],
];
const asLines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

describe('JSONL and JSON lists', () => {
  test('broken in any way', { timeout: 60_000 }, async () => {
    const next = random(1);
    const counts = await survive(async (i) => {
      const rows = pick(next, rowSets);
      const list = i % 8 === 0;
      const path = join(folder, list ? 'hostile.json' : 'hostile.jsonl');
      const text = (value: readonly unknown[]): string => (list ? JSON.stringify(value) : asLines(value));
      if (i % 2 === 0) return check(path, mutateBytes(Buffer.from(text(rows)), next));
      const mutated = mutateTree(i % 3 === 0 ? [...rows, ...pick(next, rowSets)] : rows, next);
      return check(path, text(Array.isArray(mutated) ? mutated : [mutated]));
    });
    expect(counts.read).toBeGreaterThan(100);
    expect(counts.refused).toBeGreaterThan(500);
  });
});

describe('Parquet', () => {
  const fixtures = join(import.meta.dirname, '../../fixtures/data/parquet');
  const names = [
    'chats-none',
    'chats-snappy',
    'chats-gzip',
    'chats-lz4',
    'chats-zstd',
    'chats-brotli',
    'pairs-none-v2',
    'pairs-snappy-v2',
    'pairs-delta',
    'tokens',
  ];
  const files = names.map((name) => {
    const bytes = new Uint8Array(readFileSync(join(fixtures, `${name}.parquet`)));
    const { row_groups: groups, metadata_length: footer } = parquetMetadata(bytes.slice().buffer);
    const chunks = groups.flatMap(({ columns }) =>
      columns.map(({ meta_data: meta }) => Number(meta!.dictionary_page_offset ?? meta!.data_page_offset)),
    );
    return { bytes, chunks, footer };
  });

  /** Page headers, run lengths behind them, the footer's numbers and its length: where counts and offsets stand. */
  function mutateStructure(file: (typeof files)[number], next: Random): Uint8Array {
    const bytes = Uint8Array.from(file.bytes);
    const changes = 1 + below(next, 3);
    for (let i = 0; i < changes; i++) {
      const footerStart = bytes.length - 8 - file.footer;
      const at =
        next() < 0.5 ? pick(next, file.chunks) + below(next, 48) : footerStart + below(next, file.footer + 4);
      // Varints: a set high bit lengthens one, all bits make it huge, small changes shift what follows.
      const value = pick(next, [
        0x00,
        0x01,
        0x02,
        0x7f,
        0x80,
        0xfe,
        0xff,
        (bytes[at]! + 1) & 0xff,
        bytes[at]! | 0x80,
      ]);
      bytes[Math.min(at, bytes.length - 1)] = value;
      if (next() < 0.3) bytes.fill(0xff, at, Math.min(at + 4, bytes.length));
    }
    return bytes;
  }

  test('broken in any way', { timeout: 60_000 }, async () => {
    const next = random(2);
    const path = join(folder, 'hostile.parquet');
    const counts = await survive(async (i) => {
      const file = pick(next, files);
      return check(
        path,
        i % 2 === 0 ? mutateBytes(Buffer.from(file.bytes), next) : mutateStructure(file, next),
      );
    });
    expect(counts.read).toBeGreaterThan(50);
    expect(counts.refused).toBeGreaterThan(500);
  });
});

describe('tokenizer.json', () => {
  const { entries } = JSON.parse(
    readFileSync(new URL('../../fixtures/data/tokenizers.json', import.meta.url), 'utf8'),
  ) as { entries: { json?: Record<string, unknown> }[] };
  const trees = [
    byteTokenizerJson({ special: ['<s>', '</s>'], bos: '<s>', addBos: true, merges: [['a', 'b']] }),
    ...entries.flatMap(({ json }) => (json === undefined ? [] : [json])).slice(0, 17),
  ];
  const roles = {
    specialTokens: { eos_token: '</s>' },
    endIds: [1],
    chatTemplate: undefined,
    toolTemplate: undefined,
  };

  function tokenise(json: unknown): 'read' | 'refused' {
    try {
      const tokenizer = new Tokenizer(json, roles, 'tokenizer.json');
      for (const text of [
        'Hello, world 12!\n\n  aaaaaaaaaaaaaaaaaaaaaaaa',
        '<s>é 中 👍</s>',
        '\u0000  \t'.repeat(20),
      ]) {
        const ids = tokenizer.encode(text, { addSpecial: true });
        for (const id of ids) if (!(id >= 0 && id < tokenizer.vocabSize)) throw new Error(`id ${id}`);
        tokenizer.decode(ids);
      }
      return 'read';
    } catch (error) {
      if (error instanceof UserError) return 'refused';
      throw error;
    }
  }

  test('broken in any way', { timeout: 60_000 }, async () => {
    const next = random(3);
    const counts = await survive(async (i) => {
      const tree = pick(next, trees);
      if (i % 2 === 1) return Promise.resolve(tokenise(mutateTree(tree, next)));
      // A broken text is no JSON most of the time; what is left of it goes on.
      try {
        return tokenise(
          JSON.parse(Buffer.from(mutateBytes(Buffer.from(JSON.stringify(tree)), next)).toString()),
        );
      } catch (error) {
        if (error instanceof SyntaxError) return 'refused';
        throw error;
      }
    });
    expect(counts.read).toBeGreaterThan(100);
    expect(counts.refused).toBeGreaterThan(500);
  });
});
