/** @file A run's metrics as CSV (RFC 4180): one line a step, and one an evaluation. Pure: state in, text out. */
import type { RunState } from '../common/runState.ts';

const header = [
  'event',
  'step',
  'loss',
  'gradient_norm',
  'learning_rate',
  'tokens_per_second',
  'trained_tokens_per_second',
  'seconds',
  'tokens',
  'memory_bytes',
  'smaller_base_loss',
  'accuracy',
].join(',');

/** Nothing for a value that there isn't. */
const cell = (value: number): string => (Number.isFinite(value) ? String(value) : '');

export function metricsCsv({ steps, evaluations }: RunState): string {
  const columns = [
    steps.step,
    steps.loss,
    steps.gradNorm,
    steps.learningRate,
    steps.tokens,
    steps.supervised,
    steps.secondsSoFar,
    steps.tokensSoFar,
    steps.memory,
  ].map(({ values }) => values);
  const lines = [header];
  for (let i = 0; i < steps.step.length; i++)
    lines.push(`step,${columns.map((values) => cell(values[i]!)).join(',')},,`);
  for (const { step, loss, trainedLoss, accuracy } of evaluations) {
    const [smaller, right] = [trainedLoss ?? NaN, accuracy ?? NaN].map(cell);
    lines.push(`evaluation,${step},${cell(loss)}${','.repeat(columns.length - 2)},${smaller},${right}`);
  }
  return `${lines.join('\r\n')}\r\n`;
}
