/** @file The description as one layer has it: pruned layers have fewer heads and narrower MLPs than the model's others. */
import type { DecoderSpec, LayerKind } from './decoder.ts';

/** `spec` with the layer's own sizes; the same object where it has none. */
export function layerSpec(spec: DecoderSpec, { heads, kvHeads, intermediate }: LayerKind): DecoderSpec {
  if (heads === undefined && kvHeads === undefined && intermediate === undefined) return spec;
  return {
    ...spec,
    heads: heads ?? spec.heads,
    kvHeads: kvHeads ?? spec.kvHeads,
    intermediate: intermediate ?? spec.intermediate,
  };
}

export interface HeadCounts {
  readonly heads: number;
  readonly kvHeads: number;
}

/** What marks the graph inputs of attention with these counts; nothing for the model's own. */
export function headMark(spec: DecoderSpec, { heads, kvHeads }: HeadCounts): string {
  return heads === spec.heads && kvHeads === spec.kvHeads ? '' : `.${heads}of${kvHeads}`;
}

/** The different head counts of the model's layers, the model's own first. */
export function headCountsOf(spec: DecoderSpec): HeadCounts[] {
  const all = spec.layers.map((layer): HeadCounts => layerSpec(spec, layer));
  const byMark = new Map([spec, ...all].map((counts) => [headMark(spec, counts), counts]));
  return [...byMark.values()].map(({ heads, kvHeads }) => ({ heads, kvHeads }));
}
