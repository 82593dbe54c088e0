/** @file Letting a base write: prompts and chats, streamed text, and what is refused before anything runs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateText } from '../../../runtime/pipelines/generate.ts';
import type { GenerateOptions } from '../../../runtime/pipelines/generate.ts';
import { writeRows } from '../../support/finetuneRun.ts';
import { root } from '../../support/sourceFiles.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const scratch = temporaryFolder();
const usual: GenerateOptions = {
  base: join(root, 'media/base/tiny-clerk'),
  maxTokens: 8,
  sampling: { temperature: 0, topP: 1, seed: 0 },
  provider: 'cpu',
};
const user = (content: string): unknown => ({ role: 'user', content });

describe('an answer', () => {
  it('is the same to a prompt and to a chat that holds it, its old answer left out', async () => {
    const question = 'My lamp is broken.';
    const [answer] = await generateText({ ...usual, prompt: question });
    const chat = writeRows(
      join(scratch, 'chat.jsonl'),
      [
        { messages: [user(question), { role: 'assistant', content: 'old' }] },
        { messages: [user('Hello')] },
        { prompt: question, completion: 'old' },
      ].slice(0, 2),
    );
    const answers = await generateText({ ...usual, chat });
    expect(answers.length).toBe(2);
    expect(answers[0]).toBe(answer);
    expect(answer).not.toBe('');
  });

  it('comes in pieces that make the whole', async () => {
    const pieces: string[] = [];
    const onText = (row: number, text: string): void => {
      expect(row).toBe(0);
      pieces.push(text);
    };
    const [answer] = await generateText({ ...usual, prompt: 'Hello', onText });
    expect(pieces.join('')).toBe(answer);
    expect(pieces.length).toBeGreaterThan(1);
  });

  it('that is drawn follows its seed', async () => {
    const drawn = (seed: number): Promise<string[]> =>
      generateText({ ...usual, prompt: 'Hello', sampling: { temperature: 2, topP: 1, seed } });
    expect(await drawn(1)).toEqual(await drawn(1));
    expect(await drawn(1)).not.toEqual(await drawn(2));
  });
});

describe('refused', () => {
  it.each([
    ['neither prompt nor chat', {}],
    ['both', { prompt: 'a', chat: 'b.jsonl' }],
  ])('%s', async (_, choices) => {
    await expect(generateText({ ...usual, ...choices })).rejects.toMatchObject({
      code: 'bad-argument',
      message: expect.stringContaining('either --prompt or --chat') as string,
    });
  });

  it('more tokens than the base has positions, prompt and answer together', async () => {
    const maxTokens = 1_000_000;
    await expect(generateText({ ...usual, prompt: 'Hello', maxTokens })).rejects.toMatchObject({
      code: 'prompt-too-long',
      message: expect.stringMatching(/take 10000\d\d tokens/) as string,
    });
  });

  it('rows that are no chats', async () => {
    const chat = writeRows(join(scratch, 'text.jsonl'), [{ text: 'plain' }]);
    await expect(generateText({ ...usual, chat })).rejects.toMatchObject({
      code: 'data-unsupported',
      place: { file: chat, line: 1 },
    });
    writeFileSync(chat, '\nno JSON\n');
    await expect(generateText({ ...usual, chat })).rejects.toMatchObject({
      message: expect.stringContaining('is not JSON') as string,
      place: { file: chat, line: 2 },
    });
  });
});
