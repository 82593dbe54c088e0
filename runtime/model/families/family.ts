/** @file What a model family answers, and the description that the families around Llama share: traits in, `DecoderSpec` out. */
import type { ConfigReader } from '../configReader.ts';
import type { BlockNames, DecoderSpec, LayerKind, LinearSpec } from '../decoder.ts';
import { ropeFrom } from '../rope.ts';
import type { RopeContext, ScaledRope } from '../rope.ts';

/** One `model_type` of config.json. */
export interface Family {
  readonly modelType: string;
  /** Folders of reference numbers (fixtures/lm) that prove this family. */
  readonly references: readonly string[];
  /** Throws `base-config`. */
  readonly describe: (config: ConfigReader) => DecoderSpec;
}

/** Bounds of what a file may ask for, far above any model in use: everything that is allocated per count stays small. */
export const limits = {
  layers: 4096,
  hidden: 1 << 20,
  intermediate: 1 << 24,
  heads: 1 << 14,
  headSize: 1 << 14,
  vocab: 1 << 24,
  positions: 2 ** 31 - 1,
  tokenTypes: 1 << 16,
  buckets: 1 << 16,
  labels: 1 << 16,
} as const;

export interface Sizes {
  readonly layers: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly vocab: number;
  readonly maxPositions: number;
}

/** True, false, or the config key that says it (false when absent). */
type Switch = boolean | 'attention_bias' | 'mlp_bias';

/** What differs between the families whose modules are named like Llama's; defaults are those of transformers' config classes. */
export interface Traits {
  readonly modelType: string;
  readonly theta: number;
  readonly eps: number;
  readonly tied: boolean;
  /** When `head_dim` is absent; otherwise hidden / heads. */
  readonly headSize?: number;
  /** When `num_key_value_heads` is absent; otherwise the number of heads. */
  readonly kvHeads?: number;
  readonly activation: { readonly key: 'hidden_act' | 'hidden_activation'; readonly fallback: string };
  readonly bias: { readonly qkv: Switch; readonly o: Switch; readonly mlp: Switch };
  readonly normPlacement: Exclude<DecoderSpec['normPlacement'], 'sum'>;
  readonly normOffset: number;
  readonly qkNorm: DecoderSpec['qkNorm'];
  /** `qkv_proj` and `gate_up_proj` instead of the single projections. */
  readonly fused?: boolean;
  /** Only part of a head may be rotated (`partial_rotary_factor`). */
  readonly partialRotary?: boolean;
  /** Absent: one rope from `rope_parameters` or `rope_scaling`. */
  readonly ropes?: (config: ConfigReader, context: RopeContext) => readonly ScaledRope[];
  /** Absent: every layer sees everything before it and has the first rope. */
  readonly layers?: (config: ConfigReader, count: number) => readonly LayerKind[];
  readonly scales?: (config: ConfigReader, sizes: Sizes) => Partial<Scales>;
}

export type Scales = Pick<
  DecoderSpec,
  'attentionScale' | 'attentionSoftcap' | 'finalSoftcap' | 'embeddingScale' | 'residualScale' | 'logitScale'
>;

const activations: Readonly<Record<string, DecoderSpec['activation']>> = {
  silu: 'silu',
  swish: 'silu',
  gelu: 'gelu',
  gelu_python: 'gelu',
  gelu_new: 'gelu-tanh',
  gelu_fast: 'gelu-tanh',
  gelu_accurate: 'gelu-tanh',
  gelu_pytorch_tanh: 'gelu-tanh',
  relu: 'relu',
};

export function readActivation(
  config: ConfigReader,
  key: string,
  fallback: string,
): DecoderSpec['activation'] {
  const name = config.text(key, fallback);
  const known = Object.hasOwn(activations, name) ? activations[name] : undefined;
  if (known) return known;
  const hint = `Supported: ${Object.keys(activations).join(', ')}.`;
  throw config.error(key, `is "${name.slice(0, 40)}", an activation that is not supported.`, hint);
}

/**
 * Names of the classes in the order of their ids: `id2label`, or "LABEL_0", "LABEL_1", ... for `num_labels` (2) of them, as
 * transformers names them.
 */
export function readLabels(config: ConfigReader): string[] {
  const given = config.object('id2label')?.values;
  const count = given ? Object.keys(given).length : config.count('num_labels', limits.labels, 2);
  if (count === 0 || count > limits.labels)
    throw config.error('id2label', `names ${count} classes; 1 to ${limits.labels} were expected.`);
  return Array.from({ length: count }, (_, id): string => {
    const name = given ? given[String(id)] : `LABEL_${id}`;
    if (typeof name === 'string') return name;
    throw config.error('id2label', `has no text for ${id}; it names ${count} classes, counted from 0.`);
  });
}

/** `null` switches a value off, a missing key means the family's default. */
export function optionalPositive(config: ConfigReader, key: string, absent?: number): number | undefined {
  return config.values[key] === undefined ? absent : config.has(key) ? config.positive(key) : undefined;
}

/** `sliding_window`: null switches it off, a missing key means the family's default. */
export function slidingWindow(config: ConfigReader, absent?: number): number | undefined {
  if (config.values['sliding_window'] === undefined) return absent;
  return config.has('sliding_window') ? config.count('sliding_window', limits.positions) : undefined;
}

/** Layer kinds from `layer_types`, or from the family's own pattern when the key is absent. */
export function layersByType(
  config: ConfigReader,
  count: number,
  window: number | undefined,
  slides: (layer: number) => boolean,
): LayerKind[] {
  const types = config.choices('layer_types', count, ['full_attention', 'sliding_attention']);
  return Array.from({ length: count }, (_, layer) => {
    if (!(types ? types[layer] === 'sliding_attention' : slides(layer))) return { rope: 0 };
    if (window === undefined) throw config.error('sliding_window', 'is missing; layer_types asks for it.');
    return { rope: 0, window };
  });
}

/** Description of a family that differs from Llama by `traits` alone. Throws `base-config`. */
export function describeDecoder(config: ConfigReader, traits: Traits): DecoderSpec {
  refuseBidirectional(config);
  const sizes = readSizes(config, traits);
  const { maxPositions } = sizes;
  const context = { rotated: rotatedSize(config, traits, sizes.headSize), maxPositions };
  const ropes = traits.ropes?.(config, context) ?? [ropeFrom(ropeParameters(config), traits.theta, context)];
  const layers = traits.layers?.(config, sizes.layers);
  return {
    modelType: traits.modelType,
    hidden: sizes.hidden,
    intermediate: sizes.intermediate,
    heads: sizes.heads,
    kvHeads: sizes.kvHeads,
    headSize: sizes.headSize,
    vocab: sizes.vocab,
    maxPositions: Math.min(...ropes.map((rope) => rope.maxPositions)),
    layers: layers ?? Array.from({ length: sizes.layers }, () => ({ rope: 0 })),
    ropes: ropes.map(({ rope }) => rope),
    tied: config.flag('tie_word_embeddings', traits.tied),
    norm: { kind: 'rms', eps: config.positive('rms_norm_eps', traits.eps), offset: traits.normOffset },
    normPlacement: traits.normPlacement,
    qkNorm: traits.qkNorm,
    activation: readActivation(config, traits.activation.key, traits.activation.fallback),
    mlp: 'gated',
    attentionScale: sizes.headSize ** -0.5,
    embeddingScale: 1,
    residualScale: 1,
    logitScale: 1,
    ...traits.scales?.(config, sizes),
    learnedPositions: false,
    names: {
      embedding: 'model.embed_tokens',
      blocks: Array.from({ length: sizes.layers }, (_, layer) => blockNames(config, traits, sizes, layer)),
      finalNorm: 'model.norm',
      head: linear('lm_head', sizes.hidden, sizes.vocab),
    },
  };
}

function refuseBidirectional(config: ConfigReader): void {
  if (!config.flag('use_bidirectional_attention', false)) return;
  throw config.error('use_bidirectional_attention', 'is true; only causal attention is supported.');
}

function readSizes(config: ConfigReader, traits: Traits): Sizes {
  const hidden = config.count('hidden_size', limits.hidden);
  const heads = config.count('num_attention_heads', limits.heads);
  const given = config.values['num_key_value_heads'];
  const kvHeads = config.count(
    'num_key_value_heads',
    limits.heads,
    given === undefined ? (traits.kvHeads ?? heads) : heads,
  );
  if (heads % kvHeads !== 0)
    throw config.error(
      'num_key_value_heads',
      `is ${kvHeads}, which does not divide the ${heads} attention heads.`,
    );
  const derived = traits.headSize ?? hidden / heads;
  if (!config.has('head_dim') && !Number.isInteger(derived))
    throw config.error(
      'num_attention_heads',
      `is ${heads}, which does not divide the hidden size ${hidden}.`,
    );
  return {
    layers: config.count('num_hidden_layers', limits.layers),
    hidden,
    intermediate: config.count('intermediate_size', limits.intermediate),
    heads,
    kvHeads,
    headSize: config.count('head_dim', limits.headSize, derived),
    vocab: config.count('vocab_size', limits.vocab),
    maxPositions: config.count('max_position_embeddings', limits.positions),
  };
}

function rotatedSize(config: ConfigReader, traits: Traits, headSize: number): number {
  // ropes that differ by layer have no common place for it
  const inside = traits.ropes && traits.partialRotary !== true ? config : ropeParameters(config);
  const holder = inside.has('partial_rotary_factor') ? inside : config;
  const share = holder.positive('partial_rotary_factor', 1);
  if (share !== 1 && traits.partialRotary !== true)
    throw holder.error('partial_rotary_factor', `is ${share}; ${traits.modelType} rotates whole heads.`);
  // The share may itself be a rounded quotient.
  const rotated = Math.floor(headSize * share + 1e-6);
  if (rotated >= 2 && rotated % 2 === 0 && rotated <= headSize) return rotated;
  throw holder.error(
    'partial_rotary_factor',
    `leaves ${rotated} of ${headSize} dimensions to rotate; an even number was expected.`,
  );
}

/**
 * The keys that describe the rope, old spelling or new: `rope_scaling` wins over `rope_parameters` unless it is empty, what they
 * lack comes from the top level (`rope_theta`, `original_max_position_embeddings`), as transformers does it.
 */
export function ropeParameters(config: ConfigReader): ConfigReader {
  const scaling = config.object('rope_scaling');
  const key = scaling && Object.keys(scaling.values).length > 0 ? 'rope_scaling' : 'rope_parameters';
  const own = config.object(key);
  if (own?.has('full_attention') === true || own?.has('sliding_attention') === true)
    throw config.error(key, 'differs by layer, which this family does not have.');
  const original = config.values['original_max_position_embeddings'];
  const values = {
    rope_theta: config.values['rope_theta'],
    ...own?.values,
    ...(original === undefined || original === null ? {} : { original_max_position_embeddings: original }),
  };
  return config.derive(values, own ? `${key}.` : '');
}

/** A linear map stored [out, in]. */
export function linear(path: string, inputs: number, outputs: number, bias = false): LinearSpec {
  return { path, inputs, outputs, bias, transposed: false };
}

function blockNames(config: ConfigReader, traits: Traits, sizes: Sizes, layer: number): BlockNames {
  const { hidden, intermediate } = sizes;
  const at = (name: string): string => `model.layers.${layer}.${name}`;
  const on = (setting: Switch): boolean =>
    typeof setting === 'boolean' ? setting : config.flag(setting, false);
  const bias = { qkv: on(traits.bias.qkv), o: on(traits.bias.o), mlp: on(traits.bias.mlp) };
  const q = sizes.heads * sizes.headSize;
  const kv = sizes.kvHeads * sizes.headSize;
  const projections = traits.fused
    ? {
        qkv: linear(at('self_attn.qkv_proj'), hidden, q + 2 * kv, bias.qkv),
        gateUp: linear(at('mlp.gate_up_proj'), hidden, 2 * intermediate, bias.mlp),
      }
    : {
        q: linear(at('self_attn.q_proj'), hidden, q, bias.qkv),
        k: linear(at('self_attn.k_proj'), hidden, kv, bias.qkv),
        v: linear(at('self_attn.v_proj'), hidden, kv, bias.qkv),
        gate: linear(at('mlp.gate_proj'), hidden, intermediate, bias.mlp),
        up: linear(at('mlp.up_proj'), hidden, intermediate, bias.mlp),
      };
  return {
    ...normNames(traits.normPlacement, at),
    ...(traits.qkNorm === 'none' ? {} : { qNorm: at('self_attn.q_norm'), kNorm: at('self_attn.k_norm') }),
    ...projections,
    o: linear(at('self_attn.o_proj'), q, hidden, bias.o),
    down: linear(at('mlp.down_proj'), intermediate, hidden, bias.mlp),
  };
}

/** The same module name means different places: Llama's post_attention_layernorm stands before the MLP. */
function normNames(placement: Traits['normPlacement'], at: (name: string) => string): Partial<BlockNames> {
  const input = at('input_layernorm');
  const attention = at('post_attention_layernorm');
  const feedforward = at('post_feedforward_layernorm');
  switch (placement) {
    case 'pre':
      return { inputNorm: input, preMlpNorm: attention };
    case 'post':
      return { postAttentionNorm: attention, postMlpNorm: feedforward };
    case 'both':
      return {
        inputNorm: input,
        postAttentionNorm: attention,
        preMlpNorm: at('pre_feedforward_layernorm'),
        postMlpNorm: feedforward,
      };
  }
}
