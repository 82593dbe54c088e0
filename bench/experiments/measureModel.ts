/** @file Numbers of a base on held-out rows, with an adapter as its folder has it or without one. */
import { providerOf } from '../../runtime/config/options.ts';
import type { ResolvedConfig } from '../../runtime/contract/config.ts';
import { readingOptions } from '../../runtime/data/dataset.ts';
import { openPeftAdapter } from '../../runtime/formats/peft.ts';
import { adapterFromPeft } from '../../runtime/model/peftAdapter.ts';
import { adaptedEngine, answeredPositions, measure } from '../../runtime/pipelines/evaluate.ts';
import { tokenizerOf } from '../../runtime/pipelines/training.ts';
import { evaluate } from '../../runtime/train/loop.ts';
import type { Measure } from './experiment.ts';
import type { Laboratory } from './trial.ts';

/** By the measures' names; null for the base alone. */
export async function measureModel(
  adapter: string | null,
  measures: readonly Measure[],
  config: ResolvedConfig,
  { parts, threads }: Pick<Laboratory, 'parts' | 'threads'>,
): Promise<Record<string, number>> {
  if (measures.length === 0) return {};
  const base = parts.base(config.base);
  const tokenizer = tokenizerOf(config, parts);
  const device = parts.device({ provider: providerOf(config.device), threads });
  const weights = parts.weights(config.base, base, device, config.memory);
  const peft = adapter === null ? undefined : openPeftAdapter(adapter);
  try {
    const model = peft && adapterFromPeft(peft, base);
    const measured: Record<string, number> = {};
    for (const { name, kind, file } of measures) {
      const data = await parts.data(config.base, { ...readingOptions(config, base.spec, tokenizer), file });
      const rows = Array.from({ length: data.rows }, (_, row) => data.read(row));
      const longest = kind === 'loss' ? data.totals.longest + 1 : answeredPositions(data.totals.longest);
      using engine = await adaptedEngine(base, model, device, longest, weights);
      measured[name] =
        kind === 'loss'
          ? (await evaluate(engine, rows)).loss
          : (await measure(engine, parts.tokenizer(config.base), rows, { measures: [kind] })).exact!;
    }
    return measured;
  } finally {
    peft?.close();
  }
}
