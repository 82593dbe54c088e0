/** @file Sizes of a micro-batch of whole documents from lengths alone: for estimates, which load no ONNX Runtime. */
import type { Task } from '../contract/config.ts';
import type { Sizes } from '../graph/sizes.ts';
import type { Stream } from '../model/decoder.ts';
import { documentAttentions } from '../model/documents.ts';
import type { DocumentAttention } from '../model/documents.ts';
import { documentsOf, tileWidth } from './layout.ts';

/** Lengths of a row's texts: of the only one, or of both. */
export interface TextLengths {
  readonly source: number;
  readonly target: number;
}

/** Sizes that a micro-batch of such rows has, as `documentBatch` gives them: for estimates. */
export function documentSizes(task: Task, rows: readonly TextLengths[]): Sizes {
  const lengths = (stream: Stream): number[] => rows.map((row) => row[stream]);
  const tokens = (stream: Stream): number => documentsOf(lengths(stream)).pad + 1;
  const tiles = (
    { name }: DocumentAttention,
    asking: readonly number[],
    asked: readonly number[],
  ): Sizes => ({
    [`${name}Tiles`]: rows.length,
    [`${name}Queries`]: tileWidth(asking),
    [`${name}Keys`]: tileWidth(asked),
  });
  const [source, target] = [lengths('source'), lengths('target')];
  if (task === 'classification')
    return { tokens: tokens('source'), rows: rows.length, ...tiles(documentAttentions.all, source, source) };
  return {
    tokens: tokens('source') + tokens('target') - 1,
    rows: rows.length,
    sourceTokens: tokens('source'),
    targetTokens: tokens('target'),
    ...tiles(documentAttentions.source, source, source),
    ...tiles(documentAttentions.target, target, target),
    ...tiles(documentAttentions.cross, target, source),
  };
}
