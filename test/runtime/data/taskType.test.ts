/** @file The column task_type: 0 and 1 and nothing else, absent where it is. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset, readsTaskTypes } from '../../../runtime/data/dataset.ts';
import { taskTypeOf } from '../../../runtime/data/taskType.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();

describe('a value', () => {
  it.each([
    [0, 0],
    [1, 1],
    ['0', 0],
    ['1', 1],
    [null, undefined],
    ['', undefined],
  ])('%j is %j', (value, type) => {
    expect(taskTypeOf({ task_type: value })).toBe(type);
  });

  it.each([2, -1, 0.5, true, 'knowledge', [1]])('%j is refused', (value) => {
    expect(() => taskTypeOf({ task_type: value })).toThrow(
      expect.objectContaining({ code: 'task-type' }) as Error,
    );
  });
});

describe('a file', () => {
  const rows = [
    { input_ids: [1, 2, 3], labels: [1, 2, 3], task_type: 1 },
    { input_ids: [4, 5], labels: [4, 5], task_type: 0 },
    { input_ids: [6, 7], labels: [6, 7] },
  ];
  const open = (
    name: string,
    values: readonly object[],
    taskTypes: boolean,
    columns?: Record<string, string>,
  ) => {
    const file = join(scratch, name);
    writeFileSync(file, values.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const options = { tokenizer: undefined, length: 16, trainOn: 'all', vocabSize: 50 } as const;
    return openDataset({ ...options, file, cacheFolder: join(scratch, '.cache'), taskTypes, columns });
  };

  it('keeps the types of its rows through the cache, where they are asked for', async () => {
    for (let again = 0; again < 2; again++) {
      const data = await open('rows.jsonl', rows, true);
      expect([0, 1, 2].map((row) => data.read(row).taskType)).toEqual([1, 0, undefined]);
      expect(data.totals.typed).toBe(2);
      data.close();
    }
    const plain = await open('rows.jsonl', rows, false);
    expect([plain.read(0).taskType, plain.totals.typed]).toEqual([undefined, 0]);
    plain.close();
  });

  it('is asked for its types by a method with a balancing loss, also where its weight is 0', () => {
    const asks = (method: object): boolean =>
      readsTaskTypes({ method: { kind: 'loramoe', ...method } as never });
    expect([asks({ balance: 0.1 }), asks({ balance: 0 }), asks({ kind: 'lora' })]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('may call the column something else', async () => {
    const renamed = rows.slice(0, 2).map(({ task_type, ...row }) => ({ ...row, kind: task_type }));
    const data = await open('renamed.jsonl', renamed, true, { task_type: 'kind' });
    expect([data.read(0).taskType, data.read(1).taskType]).toEqual([1, 0]);
    data.close();
  });

  it('names the line of another value, and says nothing of it where types are not read', async () => {
    const odd = [...rows, { input_ids: [1, 2], labels: [1, 2], task_type: 'qa' }];
    await expect(open('odd.jsonl', odd, true)).rejects.toMatchObject({
      code: 'task-type',
      place: { line: 4 },
    });
    (await open('odd.jsonl', odd, false)).close();
  });
});
