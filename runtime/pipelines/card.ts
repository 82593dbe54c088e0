/** @file Facts of a finished run for its adapter's model card. */
import { basename } from 'node:path';
import type { MethodConfig } from '../contract/config.ts';
import type { CardFacts } from '../formats/modelCard.ts';
import type { RunRecorder } from '../runs/record.ts';
import type { LoopState } from '../train/loop.ts';
import type { TrainingSetup } from './training.ts';
import { versions } from './versions.ts';

/** What the model card says: enough to judge the adapter and to make it again. */
export function cardFacts(
  recorder: RunRecorder,
  { train, validation, method }: TrainingSetup,
  { best }: LoopState,
): CardFacts {
  const { data, training } = recorder.config;
  const { loss, hashes } = recorder.record;
  const held = typeof data.validation === 'string' ? data.validation : undefined;
  return {
    name: recorder.id,
    data: [
      { role: 'training', name: basename(data.train), rows: train.rows, sha256: train.totals.contentHash },
      ...(held !== undefined && validation
        ? [
            {
              role: 'validation',
              name: basename(held),
              rows: validation.rows,
              sha256: hashes['validation'] ?? '',
            },
          ]
        : []),
    ],
    settings: {
      ...training,
      ...methodSettings(method),
      length: data.length,
    },
    results: {
      ...(loss !== undefined && { 'last training loss': loss.toPrecision(4) }),
      ...(best && { 'best validation loss': `${best.loss.toPrecision(4)} at step ${best.step}` }),
    },
    versions: versions(),
  };
}

/** The method's keys; lists and maps of patterns only where they say something. */
function methodSettings(method: MethodConfig): Record<string, unknown> {
  const empty = (value: unknown): boolean =>
    value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
  const { kind, from: _from, ...keys } = method;
  return { method: kind, ...Object.fromEntries(Object.entries(keys).filter(([, value]) => !empty(value))) };
}
