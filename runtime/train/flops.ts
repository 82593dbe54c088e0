/** @file Arithmetic of training, counted from shapes: what the roofline shows, and all that a step's time grows with. */
import type { MemoryPolicy } from '../contract/config.ts';
import { elementCount, linearsOf } from '../model/adapted.ts';
import type { DecoderSpec, LinearSpec } from '../model/decoder.ts';
import { layerSpec } from '../model/layerSpec.ts';
import { headLinears } from '../model/specTensors.ts';

/** Forward and backward through frozen linears are 2 N each; recomputation adds 2 N; the head works on trained tokens only. */
export function flopsPerToken(spec: DecoderSpec, memory: MemoryPolicy, labelled: number): number {
  const numbers = (linears: readonly LinearSpec[]): number =>
    linears.reduce((sum, { inputs, outputs }) => sum + elementCount([inputs, outputs]), 0);
  const head = headLinears(spec);
  const blocks = linearsOf(spec).filter(({ path }) => !head.some((linear) => linear.path === path));
  return (memory === 'low' ? 6 : 4) * numbers(blocks) + 4 * labelled * numbers(head);
}

export interface TokenWork {
  readonly memory: MemoryPolicy;
  /** Share of the tokens that are trained. */
  readonly labelled: number;
  /** Tokens of the row that a token stands in, in the mean over tokens. */
  readonly rowTokens: number;
  /** Numbers of the adapter that are trained, and those that stay as they start. */
  readonly adapter: number;
  readonly frozen: number;
}

/**
 * Floating-point operations a token, with what the roofline leaves out. An adapter's number costs 2 forwards, 2 for the gradient of its
 * input and 2 for its own if it is trained; scores and their use cost 2 each for half the row's tokens, and twice that backwards.
 */
export function workPerToken(
  spec: DecoderSpec,
  { memory, labelled, rowTokens, adapter, frozen }: TokenWork,
): number {
  const again = memory === 'low' ? 2 : 0;
  const heads = spec.layers.reduce((sum, layer) => sum + layerSpec(spec, layer).heads, 0);
  const attention = heads * spec.headSize * rowTokens;
  return flopsPerToken(spec, memory, labelled) + (6 + again) * (adapter + attention) + (4 + again) * frozen;
}
