/**
 * @file What base and adapter answered to the first held-out rows: answers.jsonl, one line for the questions with the base's answers
 * (step 0), then one an evaluation. Appended as the run goes on; a resume supersedes what came after its step.
 */
import { join } from 'node:path';
import type { AnswersLine, SampleAnswer, SampleQuestion, Samples } from '../contract/run.ts';
import { AppendFile } from '../formats/appendFile.ts';
import { readLines } from './lines.ts';
import { runFiles } from './names.ts';

export class AnswerLog {
  readonly #path: string;
  #file: AppendFile | undefined;

  constructor(folder: string) {
    this.#path = join(folder, runFiles.answers);
  }

  /** Opened at the first line: most runs write none. Throws `disk-full` or `file-unwritable`. */
  add(line: AnswersLine): void {
    this.#file ??= AppendFile.openLines(this.#path);
    this.#file.append(`${JSON.stringify(line)}\n`);
  }

  sync(): void {
    this.#file?.sync();
  }

  close(): void {
    this.#file?.close();
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const isAnswer = (value: unknown): value is SampleAnswer =>
  isRecord(value) && typeof value['text'] === 'string' && typeof (value['cut'] ?? false) === 'boolean';

const isQuestion = (value: unknown): value is SampleQuestion =>
  isRecord(value) &&
  typeof value['row'] === 'number' &&
  typeof value['prompt'] === 'string' &&
  typeof value['wanted'] === 'string';

/** The line's content, undefined for what is none of ours. */
function parseAnswers(line: string): AnswersLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || typeof value['step'] !== 'number') return undefined;
  const { questions = [], answers } = value;
  const fits =
    Array.isArray(answers) &&
    answers.every(isAnswer) &&
    Array.isArray(questions) &&
    questions.every(isQuestion) &&
    (value['step'] > 0 || questions.length === answers.length);
  return fits ? (value as unknown as AnswersLine) : undefined;
}

/** Questions with all that was answered so far and still holds; undefined where the run writes none. */
export function readAnswers(folder: string): Samples | undefined {
  let questions: readonly SampleQuestion[] | undefined;
  let base: readonly SampleAnswer[] = [];
  let given: { step: number; answers: readonly SampleAnswer[] }[] = [];
  for (const text of readLines(join(folder, runFiles.answers))) {
    const line = parseAnswers(text);
    if (line === undefined) continue;
    const { step, answers } = line;
    // steps only fall where a run went back to a checkpoint
    given = given.filter((earlier) => earlier.step < step);
    if (line.questions !== undefined) [questions, base] = [line.questions, answers];
    else if (questions?.length === answers.length) given.push({ step, answers });
  }
  return questions && { questions, base, given };
}
