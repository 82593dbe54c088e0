/** @file Answers to held-out rows: kept in order through kills and resumes, read from hostile files without trouble. */
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AnswersLine } from '../../../runtime/contract/run.ts';
import { AnswerLog, readAnswers } from '../../../runtime/runs/answers.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const root = temporaryFolder();
let made = 0;
const newFolder = (): string => {
  const folder = join(root, `run-${made++}`);
  mkdirSync(folder);
  return folder;
};

const questions = [
  { row: 3, prompt: '<|user|>Hi', wanted: 'Hello' },
  { row: 8, prompt: '<|user|>Bye', wanted: 'Good bye' },
];
const base: AnswersLine = { step: 0, questions, answers: [{ text: 'hm' }, { text: 'oh', cut: true }] };
const at = (step: number, seed = 0): AnswersLine => ({
  step,
  answers: [{ text: `a${step}.${seed}` }, { text: '"\n<b>' }],
});

function write(lines: readonly AnswersLine[], folder = newFolder()): string {
  const log = new AnswerLog(folder);
  for (const line of lines) log.add(line);
  log.sync();
  log.close();
  return folder;
}

test('a run without samples leaves no file', () => {
  const folder = write([]);
  expect(existsSync(join(folder, 'answers.jsonl'))).toBe(false);
  expect(readAnswers(folder)).toBeUndefined();
});

test('questions, the base’s answers, and those of each evaluation', () => {
  expect(readAnswers(write([base, at(5), at(10)]))).toEqual({
    questions,
    base: base.answers,
    given: [at(5), at(10)],
  });
});

test('what was answered after a checkpoint is answered anew by the resumed run', () => {
  const folder = write([base, at(5), at(10), at(15)]);
  // killed in a line, went back to step 6
  appendFileSync(join(folder, 'answers.jsonl'), '{"step":20,"answers":[{"te');
  write([at(10, 1)], folder);
  expect(readAnswers(folder)?.given).toEqual([at(5), at(10, 1)]);
  // went back to its beginning
  write([base, at(5, 2)], folder);
  expect(readAnswers(folder)).toEqual({ questions, base: base.answers, given: [at(5, 2)] });
});

test('lines that are none of ours are left out', () => {
  const folder = newFolder();
  const lines = [
    JSON.stringify(base),
    'no JSON',
    'null',
    '[]',
    '{"step":5}',
    '{"step":5,"answers":[{"text":1},{"text":"b"}]}',
    '{"step":5,"answers":[{"text":"one of two"}]}',
    '{"step":0,"questions":[{"row":1}],"answers":[{"text":"b"}]}',
    JSON.stringify(at(7)),
  ];
  writeFileSync(join(folder, 'answers.jsonl'), lines.map((line) => `${line}\n`).join(''));
  expect(readAnswers(folder)).toEqual({ questions, base: base.answers, given: [at(7)] });
});

test('whatever stands in the file, the result has an answer to each question', () => {
  const folder = newFolder();
  const text = fc.oneof(fc.string(), fc.constantFrom(JSON.stringify(base), JSON.stringify(at(5))));
  fc.assert(
    fc.property(fc.array(fc.oneof(text, fc.json()), { maxLength: 12 }), (lines) => {
      writeFileSync(join(folder, 'answers.jsonl'), lines.map((line) => `${line}\n`).join(''));
      const samples = readAnswers(folder);
      if (samples === undefined) return;
      const steps = samples.given.map(({ step }) => step);
      expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
      for (const answers of [samples.base, ...samples.given.map((line) => line.answers)])
        expect(answers.length).toBe(samples.questions.length);
    }),
    { numRuns: 300, seed: 1 },
  );
});
