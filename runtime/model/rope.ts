/**
 * @file Rotary positions and their scalings, as transformers computes them: frequencies in float32, so that long positions
 * turn by the same angles. Each kind is checked against transformers' own numbers (test/fixtures/rope.json).
 */
import type { ConfigReader } from './configReader.ts';
import type { Rope } from './decoder.ts';

const f32 = Math.fround;

export const ropeKinds = ['default', 'linear', 'dynamic', 'llama3', 'yarn', 'longrope'] as const;
type RopeKind = (typeof ropeKinds)[number];

/** What a rope needs to know of its model. */
export interface RopeContext {
  /** Rotated dimensions of a head, even. */
  readonly rotated: number;
  readonly maxPositions: number;
}

export interface ScaledRope {
  readonly rope: Rope;
  /** Positions for which these frequencies hold: a kind that changes with the length is only right up to here. */
  readonly maxPositions: number;
}

/** base ** (-2i / rotated) for each pair, [rotated / 2]. */
export function plainFrequencies(theta: number, rotated: number): Float64Array {
  return Float64Array.from({ length: rotated / 2 }, (_, i) => f32(1 / wave(theta, i, rotated)));
}

/** base ** (2i / rotated) in float32. */
function wave(theta: number, i: number, rotated: number): number {
  return f32(f32(theta) ** f32((2 * i) / rotated));
}

/**
 * The rope that `parameters` describe (`rope_type` and its keys; `rope_theta` falls back to `theta`).
 * Throws `base-config` for a kind that isn't known or a value out of its range.
 */
export function ropeFrom(parameters: ConfigReader, theta: number, context: RopeContext): ScaledRope {
  const scaled = scaledRope(parameters, theta, context);
  const { inverseFrequencies, attentionFactor } = scaled.rope;
  if (inverseFrequencies.every(Number.isFinite) && Number.isFinite(attentionFactor)) return scaled;
  throw parameters.error('rope_theta', 'and the values beside it give no finite frequencies.');
}

function scaledRope(parameters: ConfigReader, theta: number, context: RopeContext): ScaledRope {
  const { rotated, maxPositions } = context;
  const base = parameters.positive('rope_theta', theta);
  const kind = kindOf(parameters);
  const rope = (inverseFrequencies: Float64Array, attentionFactor = 1): Rope => ({
    inverseFrequencies,
    attentionFactor,
    rotated,
  });
  const plain = plainFrequencies(base, rotated);
  switch (kind) {
    case 'default':
    // Dynamic NTK changes the base only for sequences beyond the known positions, and those are refused.
    case 'dynamic':
      return { rope: rope(plain), maxPositions };
    case 'linear': {
      const factor = f32(parameters.positive('factor'));
      return { rope: rope(plain.map((frequency) => f32(frequency / factor))), maxPositions };
    }
    case 'llama3':
      return { rope: rope(llama3(plain, parameters, maxPositions)), maxPositions };
    case 'yarn':
      return { rope: rope(...yarn(base, parameters, context)), maxPositions };
    case 'longrope':
      return longrope(base, parameters, context);
  }
}

function kindOf(parameters: ConfigReader): RopeKind {
  const key = parameters.has('rope_type') ? 'rope_type' : 'type';
  const kind = parameters.text(key, 'default');
  // Phi-3's first files call longrope "su"
  if (kind === 'su') return 'longrope';
  if ((ropeKinds as readonly string[]).includes(kind)) return kind as RopeKind;
  throw parameters.error(
    key,
    `is "${kind.slice(0, 40)}", which is not known.`,
    `Known: ${ropeKinds.join(', ')}.`,
  );
}

const originalLength = (parameters: ConfigReader, maxPositions: number): number =>
  parameters.count('original_max_position_embeddings', 2 ** 31 - 1, maxPositions);

/** Llama 3.1: long waves are slowed by the factor, short ones kept, those between blended. */
function llama3(plain: Float64Array, parameters: ConfigReader, maxPositions: number): Float64Array {
  const factor = parameters.positive('factor');
  const low = parameters.positive('low_freq_factor');
  const high = parameters.positive('high_freq_factor');
  if (high <= low)
    throw parameters.error('high_freq_factor', `is ${high}; above low_freq_factor was expected.`);
  const original = originalLength(parameters, maxPositions);
  return plain.map((frequency) => {
    const wavelength = f32(f32(2 * Math.PI) / frequency);
    if (wavelength < f32(original / high)) return frequency;
    if (wavelength > f32(original / low)) return f32(frequency / f32(factor));
    const smooth = f32(f32(f32(original / wavelength) - f32(low)) / f32(high - low));
    return f32(f32(f32(f32(1 - smooth) * frequency) / f32(factor)) + f32(smooth * frequency));
  });
}

/** YaRN (Peng et al. 2023, section 3.2): blends slowed and kept frequencies by how often a pair turns over the original length. */
function yarn(
  theta: number,
  parameters: ConfigReader,
  { rotated, maxPositions }: RopeContext,
): [frequencies: Float64Array, attentionFactor: number] {
  const original = originalLength(parameters, maxPositions);
  const factor = parameters.positive('factor', maxPositions / original);
  const dimensionOf = (turns: number): number =>
    (rotated * Math.log(original / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const [first, last] = [
    dimensionOf(parameters.positive('beta_fast', 32)),
    dimensionOf(parameters.positive('beta_slow', 1)),
  ];
  // null means false there
  const truncate = parameters.values['truncate'] !== null && parameters.flag('truncate', true);
  const low = Math.max(truncate ? Math.floor(first) : first, 0);
  const high = Math.min(truncate ? Math.ceil(last) : last, rotated - 1);
  const span = low === high ? 0.001 : high - low;
  const frequencies = Float64Array.from({ length: rotated / 2 }, (_, i) => {
    const ramp = Math.min(Math.max(f32(f32(i - f32(low)) / f32(span)), 0), 1);
    const kept = f32(1 - ramp);
    const position = wave(theta, i, rotated);
    const slow = f32(f32(1 / f32(f32(factor) * position)) * f32(1 - kept));
    return f32(slow + f32(f32(1 / position) * kept));
  });
  return [frequencies, yarnAttentionFactor(parameters, factor)];
}

function yarnAttentionFactor(parameters: ConfigReader, factor: number): number {
  if (parameters.has('attention_factor')) return parameters.positive('attention_factor');
  const scale = (mscale: number): number => (factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1);
  // A zero counts as absent there
  const given = (key: string): number => (parameters.values[key] === 0 ? 0 : parameters.positive(key, 0));
  const mscale = given('mscale');
  const all = given('mscale_all_dim');
  return mscale > 0 && all > 0 ? scale(mscale) / scale(all) : scale(1);
}

/** LongRoPE (Phi-3): one factor a pair. The short ones hold up to the original length, and longer sequences are refused. */
function longrope(
  theta: number,
  parameters: ConfigReader,
  { rotated, maxPositions }: RopeContext,
): ScaledRope {
  const original = originalLength(parameters, maxPositions);
  const short = parameters.numbers('short_factor', rotated / 2);
  const factor = parameters.positive('factor', maxPositions / original);
  const inverseFrequencies = Float64Array.from(short, (stretch, i) =>
    f32(1 / f32(f32(stretch) * wave(theta, i, rotated))),
  );
  const grown = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
  const attentionFactor = parameters.positive('attention_factor', grown);
  return {
    rope: { inverseFrequencies, attentionFactor, rotated },
    maxPositions: Math.min(original, maxPositions),
  };
}
