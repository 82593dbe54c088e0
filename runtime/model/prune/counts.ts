/**
 * @file How many units a pruning ratio leaves, and what a base then stores: exact arithmetic on the ratio's decimal digits.
 * The counts are those of LoRAM (arXiv:2502.13533): in doubles 28672 * (1 - .15) would already be one off for some ratios.
 */
import { UserError } from '../../contract/errors.ts';
import { elementCount } from '../adapted.ts';
import type { DecoderSpec } from '../decoder.ts';
import { blockLinears, specTensors } from '../specTensors.ts';

interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** The ratio as its digits say it: 0.65 is 65/100, not the double beside it. Throws `prune-ratio` outside of [0, 1). */
function exactRatio(ratio: number): Fraction {
  if (!(ratio >= 0 && ratio < 1))
    throw new UserError('prune-ratio', `the pruning ratio is ${ratio}; it must be at least 0 and below 1.`);
  const [digits = '0', exponent = '0'] = String(ratio).split('e-');
  const [whole = '0', decimals = ''] = digits.split('.');
  return {
    numerator: BigInt(whole + decimals),
    denominator: 10n ** BigInt(decimals.length + Number(exponent)),
  };
}

/** floor(count * ratio). Throws `prune-ratio`. */
export function floorShare(count: number, ratio: number): number {
  const { numerator, denominator } = exactRatio(ratio);
  return Number((BigInt(count) * numerator) / denominator);
}

/** floor(count * (1 - ratio)), which is count - ceil(count * ratio). Throws `prune-ratio`. */
function floorRest(count: number, ratio: number): number {
  const { numerator, denominator } = exactRatio(ratio);
  return Number((BigInt(count) * (denominator - numerator)) / denominator);
}

/** Neurons of an MLP that stay. Throws `prune-ratio`. */
export function keptNeurons(intermediate: number, ratio: number): number {
  return floorRest(intermediate, ratio);
}

/**
 * Key-value heads that stay, each with its query heads: where each head has its own keys floor(heads (1 - p)), else floor(kv p)
 * of them go. Throws `prune-ratio`.
 */
export function keptKvHeads(
  { heads, kvHeads }: Pick<DecoderSpec, 'heads' | 'kvHeads'>,
  ratio: number,
): number {
  return heads === kvHeads ? floorRest(heads, ratio) : kvHeads - floorShare(kvHeads, ratio);
}

/** Numbers that the base's file holds. */
export function parameterCount(spec: DecoderSpec): number {
  return specTensors(spec).reduce((sum, { shape }) => sum + elementCount(shape), 0);
}

/** Numbers left when the share `ratio` of every block's linears is zero, biases not counted among them. Throws `prune-ratio`. */
export function sparseParameterCount(spec: DecoderSpec, ratio: number): number {
  const linears = spec.layers
    .flatMap((_, index) => blockLinears(spec, index))
    .reduce((sum, { inputs, outputs }) => sum + inputs * outputs, 0);
  return parameterCount(spec) - floorShare(linears, ratio);
}

export interface NominalStorage {
  readonly parameters: number;
  /** Parameters of the original over these. */
  readonly reduction: number;
  readonly bytes: number;
}

/**
 * The paper's storage columns: 16 bits a parameter, and for QLoRAM 4 bits for every one, counted as a quarter of a parameter.
 * Nominal: real 4-bit bases keep embeddings, head and norms in more bits, and constants beside each block.
 */
export function nominalStorage(
  original: number,
  pruned: number,
): { readonly loram: NominalStorage; readonly qloram: NominalStorage } {
  const of = (parameters: number): NominalStorage => ({
    parameters,
    reduction: original / parameters,
    bytes: 2 * parameters,
  });
  return { loram: of(pruned), qloram: of(pruned / 4) };
}
