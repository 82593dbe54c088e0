/** @file What it takes to try a run's adapter: its base, its folder, and a question like those that it learned from. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RunTrial } from '../contract/api/runs.ts';
import type { ResolvedConfig } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import { openContainer } from '../data/containers/open.ts';
import type { Row } from '../data/row.ts';
import { RowReader } from '../data/rows.ts';
import { ByteFile } from '../formats/byteFile.ts';
import { runFiles } from '../runs/names.ts';
import { readResolvedConfig } from '../runs/read.ts';

type Question = Pick<RunTrial, 'system' | 'prompt'>;

/** The first row's system turn, and the first thing that it asks. */
function questionOf(row: Row): Question {
  if (row.kind === 'pair')
    return { prompt: row.prompt, ...(row.system === undefined ? {} : { system: row.system }) };
  if (row.kind !== 'chat') return {};
  const said = (role: string): string | undefined => {
    const content = row.conversation.messages.find((message) => message.role === role)?.content;
    return typeof content === 'string' ? content : undefined;
  };
  const [system, prompt] = [said('system'), said('user')];
  return { ...(system === undefined ? {} : { system }), ...(prompt === undefined ? {} : { prompt }) };
}

async function firstQuestion({ data }: ResolvedConfig): Promise<Question> {
  const path = typeof data.validation === 'string' ? data.validation : data.train;
  const file = new ByteFile(path);
  try {
    const container = await openContainer(file);
    const reader = new RowReader({ format: data.format, columns: data.columns });
    for await (const rows of container.rows())
      for (const { value, error } of rows)
        return error === undefined ? questionOf(reader.read(value, 'the first row')) : {};
    return {};
  } finally {
    file.close();
  }
}

/** Throws `no-adapter` where the run has written none, and `run-damaged`. */
export async function readTrial(folder: string): Promise<RunTrial> {
  const config = readResolvedConfig(folder);
  const adapter = join(folder, runFiles.adapter);
  if (!existsSync(adapter))
    throw new UserError('no-adapter', 'This run has written no adapter yet.', {
      hint: 'It writes one when it ends.',
    });
  // a question is only an offer: without readable data the person asks their own
  const question = await firstQuestion(config).catch((error: unknown): Question => {
    if (error instanceof UserError) return {};
    throw error;
  });
  return { base: config.base, adapter, ...question };
}
