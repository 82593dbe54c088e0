/** @file Runs of four variants with two seeds each, written by hand: for tests of what compares them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runConfig } from './runConfig.ts';
import { makeRun } from './runFolder.ts';
import { stepEvent } from './runSummary.ts';

/** Name, rank, learning rate, and how fast its loss falls. */
const variants = [
  { name: undefined, rank: 16, rate: 3e-3, pace: 26 },
  { name: 'rank 4', rank: 4, rate: 3e-3, pace: 34 },
  { name: 'rank 64', rank: 64, rate: 3e-3, pace: 22 },
  { name: 'slow', rank: 16, rate: 3e-4, pace: 90 },
] as const;

export interface ComparedRun {
  readonly id: string;
  readonly folder: string;
}

/** 200 steps with 8 evaluations; the last variant's second seed still runs. */
export function writeComparedRuns(output: string): ComparedRun[] {
  const made: ComparedRun[] = [];
  for (const seed of [0, 1])
    for (const [index, { name, rank, rate, pace }] of variants.entries()) {
      const isLast = seed === 1 && index === variants.length - 1;
      const steps = isLast ? 120 : 200;
      const id = `20260301T1000${seed}${index}Z-tickets-00000${made.length}`;
      const run = makeRun(output, id, {
        status: isLast ? 'stopped' : 'done',
        seed,
        ...(name === undefined ? {} : { variant: name }),
        step: steps,
        steps: 200,
        trainable: 20_352 * rank,
        hashes: { base: 'b'.repeat(64), train: 'a'.repeat(64) },
        versions: { node: '24.0.0', 'adapter-workbench': '0.1.0' },
      });
      const config = runConfig(output, { seed, learningRate: rate });
      writeFileSync(
        join(run.folder, 'config.resolved.json'),
        JSON.stringify({ ...config, method: { ...config.method, rank } }),
      );
      run.append({ event: 'started', run: id, steps: 200, rows: 400, trainable: 20_352 * rank });
      const lines: string[] = [];
      for (let step = 1; step <= steps; step++) {
        const loss = 9 * Math.exp(-step / (pace + 2 * seed)) + 0.012;
        run.append(stepEvent(step, { loss: loss * (1 + 0.25 * Math.sin(step * 7.3 + seed + index)) }));
        if (step % 25 === 0)
          run.append({ event: 'evaluation', step, loss, tokens: 9, seconds: 1, best: true });
        lines.push(
          `${JSON.stringify({ step, rows: [step % 40], losses: [loss], tokens: [9], supervised: [3] })}\n`,
        );
      }
      writeFileSync(join(run.folder, 'samples.jsonl'), lines.join(''));
      const kind = name === 'slow' ? 'question' : 'delivery';
      const answers = [
        {
          step: 0,
          questions: [
            {
              row: 4,
              prompt: '<|user|>Where are my three lamps?',
              wanted: '{"kind": "delivery", "quantity": 3}',
            },
          ],
          answers: [{ text: 'I do not know. <img src=x onerror=alert(1)>', cut: true }],
        },
        { step: 200, answers: [{ text: `{"kind": "${kind}", "quantity": ${seed + 2}}` }] },
      ];
      writeFileSync(
        join(run.folder, 'answers.jsonl'),
        answers.map((line) => `${JSON.stringify(line)}\n`).join(''),
      );
      made.push({ id, folder: run.folder });
    }
  return made;
}
