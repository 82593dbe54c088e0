/** @file The model card's facts are those of the run. */
import { expect, test } from 'vitest';
import { cardFacts } from '../../../runtime/pipelines/card.ts';
import type { TrainingSetup } from '../../../runtime/pipelines/training.ts';
import type { RunRecorder } from '../../../runtime/runs/record.ts';

const recorder = (validation: string | number): RunRecorder =>
  ({
    id: 'run-1',
    config: {
      data: { train: '/data/train.jsonl', validation, length: 64 },
      training: { epochs: 2 },
    },
    record: { loss: 0.123456, hashes: { validation: 'beef' } },
  }) as unknown as RunRecorder;
const setup = {
  method: { rank: 4, alpha: 8, targets: ['q_proj'] },
  train: { rows: 10, totals: { contentHash: 'cafe' } },
  validation: { rows: 3 },
} as unknown as TrainingSetup;

test('names the data with rows and hashes, the settings and the results', () => {
  const facts = cardFacts(recorder('/data/valid.jsonl'), setup, {
    step: 9,
    waited: 0,
    best: { step: 8, loss: 0.5 },
  });
  expect(facts.name).toBe('run-1');
  expect(facts.data).toEqual([
    { role: 'training', name: 'train.jsonl', rows: 10, sha256: 'cafe' },
    { role: 'validation', name: 'valid.jsonl', rows: 3, sha256: 'beef' },
  ]);
  expect(facts.settings).toEqual({ epochs: 2, rank: 4, alpha: 8, targets: ['q_proj'], length: 64 });
  expect(facts.results).toEqual({
    'last training loss': '0.1235',
    'best validation loss': '0.5000 at step 8',
  });
});

test('says nothing of what there was not', () => {
  const facts = cardFacts(recorder(0.1), setup, { step: 9, waited: 0 });
  expect(facts.data.map(({ role }) => role)).toEqual(['training']);
  expect(Object.keys(facts.results)).toEqual(['last training loss']);
});
