/**
 * @file GGUF metadata as the config.json it came from: the same family then describes both.
 * Keys: ggml/docs/gguf.md; values that llama.cpp has in its code and not in the file are marked.
 */
import { UserError } from '../contract/errors.ts';
import type { GgufFile } from '../formats/gguf.ts';
import { ConfigReader } from './configReader.ts';
import { limits } from './families/family.ts';

type Values = Record<string, unknown>;

/** `general.architecture` -> `model_type`; Mistral models carry the architecture "llama". */
export const architectures: Readonly<Record<string, string>> = {
  llama: 'llama',
  qwen2: 'qwen2',
  qwen3: 'qwen3',
  gemma2: 'gemma2',
  gemma3: 'gemma3_text',
  phi3: 'phi3',
  smollm3: 'smollm3',
  olmo2: 'olmo2',
  granite: 'granite',
  gpt2: 'gpt2',
};

/** config.json's keys -> GGUF's, for messages; `*` stands for the architecture. */
const spellings: Readonly<Record<string, string>> = {
  hidden_size: '*.embedding_length',
  n_embd: '*.embedding_length',
  intermediate_size: '*.feed_forward_length',
  n_inner: '*.feed_forward_length',
  num_hidden_layers: '*.block_count',
  n_layer: '*.block_count',
  num_attention_heads: '*.attention.head_count',
  n_head: '*.attention.head_count',
  num_key_value_heads: '*.attention.head_count_kv',
  head_dim: '*.attention.key_length',
  max_position_embeddings: '*.context_length',
  n_positions: '*.context_length',
  rms_norm_eps: '*.attention.layer_norm_rms_epsilon',
  layer_norm_epsilon: '*.attention.layer_norm_epsilon',
  sliding_window: '*.attention.sliding_window',
  partial_rotary_factor: '*.rope.dimension_count',
  attn_logit_softcapping: '*.attn_logit_softcapping',
  final_logit_softcapping: '*.final_logit_softcapping',
  'rope_parameters.rope_theta': '*.rope.freq_base',
  'rope_parameters.factor': '*.rope.scaling.factor',
  'rope_parameters.rope_type': '*.rope.scaling.type',
  'rope_parameters.attention_factor': '*.rope.scaling.attn_factor',
  'rope_parameters.original_max_position_embeddings': '*.rope.scaling.original_context_length',
  original_max_position_embeddings: '*.rope.scaling.original_context_length',
  'rope_parameters.short_factor': 'rope_factors_short.weight',
  attention_multiplier: '*.attention.scale',
  embedding_multiplier: '*.embedding_scale',
  residual_multiplier: '*.residual_scale',
  logits_scaling: '*.logit_scale',
  vocab_size: 'token_embd.weight',
};

/** Reads `<architecture>.<key>`; a list is taken where all its items agree. */
class Source {
  readonly file: GgufFile;
  readonly architecture: string;

  constructor(file: GgufFile, architecture: string) {
    this.file = file;
    this.architecture = architecture;
  }

  number(key: string): number | undefined {
    const { metadata } = this.file;
    const full = `${this.architecture}.${key}`;
    if (!metadata.isArray(full)) return metadata.number(full);
    const [first, ...rest] = metadata.numbers(full) ?? [];
    if (rest.every((item) => item === first)) return first;
    throw this.unsupported(full, 'differs by layer, which is not supported.');
  }

  text(key: string): string | undefined {
    return this.file.metadata.text(`${this.architecture}.${key}`);
  }

  has(tensor: string): boolean {
    return this.file.tensors.has(tensor);
  }

  /** A small float tensor as a list; undefined when absent. */
  vector(tensor: string): number[] | undefined {
    const info = this.file.tensors.get(tensor);
    if (info === undefined) return undefined;
    if (info.elements <= limits.headSize) return [...this.file.readFloat32(tensor)];
    throw this.unsupported(tensor, `has ${info.elements} values, more than half a head.`);
  }

  unsupported(what: string, message: string): UserError {
    return new UserError('gguf-unsupported', `${what} ${message}`, { place: { file: this.file.path, what } });
  }
}

/** The configuration of the model in a GGUF file. Throws `architecture-unsupported` (by the caller), `gguf-unsupported`, `gguf-metadata`. */
export function ggufConfig(file: GgufFile, architecture: string): ConfigReader {
  const source = new Source(file, architecture);
  refuseOthers(source);
  const values = { model_type: architectures[architecture], ...describe(source) };
  const spelling = (key: string): string => (spellings[key] ?? key).replace('*', architecture);
  return new ConfigReader(values, file.path, '', spelling);
}

/** What the file may hold besides a plain decoder, named. */
function refuseOthers(source: Source): void {
  const { metadata } = source.file;
  const type = metadata.text('general.type') ?? 'model';
  if (type !== 'model')
    throw source.unsupported('general.type', `is "${type.slice(0, 40)}"; a model was expected.`);
  if ((metadata.number('split.count') ?? 1) > 1)
    throw source.unsupported('split.count', 'is above 1: merge the parts into one file first.');
  if ((source.number('expert_count') ?? 0) > 0)
    throw source.unsupported(
      `${source.architecture}.expert_count`,
      'is above 0: mixtures of experts are not supported.',
    );
  const [key, value] = [source.number('attention.key_length'), source.number('attention.value_length')];
  if (key !== value)
    throw source.unsupported(
      `${source.architecture}.attention.value_length`,
      `is ${value ?? 'missing'}, the keys' ${key ?? 'missing'}.`,
    );
}

function describe(source: Source): Values {
  switch (source.architecture) {
    case 'gpt2':
      return gpt2(source);
    case 'gemma2':
    case 'gemma3':
      return gemma(source);
    case 'phi3':
      return phi3(source);
    case 'granite':
      return granite(source);
    case 'smollm3':
      // In llama.cpp's code: every fourth layer has no rope
      return { ...common(source), no_rope_layer_interval: 4 };
    case 'olmo2':
      if ((source.number('attention.sliding_window') ?? 0) > 0)
        throw source.unsupported(
          'olmo2.attention.sliding_window',
          'is set: this is OLMo 3, which is not supported.',
        );
      return common(source);
    default:
      return common(source);
  }
}

const vocabulary = (source: Source): number | undefined =>
  source.file.tensors.get('token_embd.weight')?.shape[0];

function common(source: Source): Values {
  const heads = source.number('attention.head_count');
  const hidden = source.number('embedding_length');
  const headSize = source.number('attention.key_length') ?? (hidden ?? 0) / (heads ?? 1);
  const rotated = source.number('rope.dimension_count') ?? headSize;
  const hasBias = (stem: string): boolean => source.has(`blk.0.${stem}.bias`);
  return {
    hidden_size: hidden,
    intermediate_size: source.number('feed_forward_length'),
    num_hidden_layers: source.number('block_count'),
    num_attention_heads: heads,
    num_key_value_heads: source.number('attention.head_count_kv') ?? heads,
    head_dim: source.number('attention.key_length') ?? (Number.isInteger(headSize) ? headSize : undefined),
    vocab_size: vocabulary(source),
    max_position_embeddings: source.number('context_length'),
    rms_norm_eps: source.number('attention.layer_norm_rms_epsilon'),
    partial_rotary_factor: rotated / headSize,
    tie_word_embeddings: !source.has('output.weight'),
    attention_bias: hasBias('attn_q'),
    mlp_bias: hasBias('ffn_up'),
    rope_parameters: rope(source),
  };
}

/** Scaling from metadata, or from the tensors that take its place. */
function rope(source: Source): Values {
  const theta = source.number('rope.freq_base') ?? 10_000;
  const factors = source.vector('rope_freqs.weight');
  // One factor a pair is longrope's formula; these hold for the whole context.
  if (factors)
    return { rope_theta: theta, rope_type: 'longrope', short_factor: factors, attention_factor: 1 };
  const factor = source.number('rope.scaling.factor') ?? source.number('rope.scale_linear');
  const short = source.vector('rope_factors_short.weight');
  const named = source.text('rope.scaling.type') ?? (factor !== undefined && factor > 1 ? 'linear' : 'none');
  const kind = short ? 'longrope' : named;
  const attention = source.number('rope.scaling.yarn_attn_factor') ?? attnFactor(source, kind, factor ?? 1);
  const original = source.number('rope.scaling.original_context_length');
  if ((source.number('rope.scaling.yarn_log_multiplier') ?? 0) !== 0)
    throw source.unsupported(
      `${source.architecture}.rope.scaling.yarn_log_multiplier`,
      'is set, which is not supported.',
    );
  return {
    rope_theta: theta,
    rope_type: kind === 'none' ? 'default' : kind,
    factor: kind === 'longrope' ? undefined : factor,
    attention_factor: attention,
    original_max_position_embeddings: original,
    beta_fast: source.number('rope.scaling.yarn_beta_fast'),
    beta_slow: source.number('rope.scaling.yarn_beta_slow'),
    short_factor: short,
  };
}

/** llama.cpp multiplies yarn's own 1 + ln(factor) / 10 with it; the converter's `yarn_attn_factor` is the product already. */
function attnFactor(source: Source, kind: string, factor: number): number | undefined {
  const given = source.number('rope.scaling.attn_factor');
  return given !== undefined && kind === 'yarn' && factor > 1 ? given * (1 + 0.1 * Math.log(factor)) : given;
}

function phi3(source: Source): Values {
  const window = source.number('attention.sliding_window') ?? 0;
  return {
    ...common(source),
    original_max_position_embeddings: source.number('rope.scaling.original_context_length'),
    // The converter writes 0 for none
    sliding_window: window === 0 ? null : window,
  };
}

function granite(source: Source): Values {
  if (source.file.metadata.flag('granite.rope.scaling.finetuned') === false)
    throw source.unsupported(
      'granite.rope.scaling.finetuned',
      'is false: layers without rope are not supported here.',
    );
  return {
    ...common(source),
    embedding_multiplier: source.number('embedding_scale'),
    residual_multiplier: source.number('residual_scale'),
    logits_scaling: source.number('logit_scale'),
    // llama.cpp scales by the head's size where the file says nothing
    attention_multiplier:
      source.number('attention.scale') ??
      ((source.number('embedding_length') ?? 1) / (source.number('attention.head_count') ?? 1)) ** -0.5,
  };
}

function gemma(source: Source): Values {
  const values = common(source);
  const {
    head_dim: headSize,
    hidden_size: hidden,
    num_attention_heads: heads,
    num_hidden_layers: layers,
  } = values;
  const second = source.architecture === 'gemma2';
  // In llama.cpp's code: 4096 where a Gemma 2 file says nothing, no window where a Gemma 3 file doesn't
  const window = source.number('attention.sliding_window') ?? (second ? 4096 : 0);
  // In llama.cpp's code: only the 27B models (46 and 62 layers) scale by hidden / heads
  const large = layers === (second ? 46 : 62);
  return {
    ...values,
    query_pre_attn_scalar: large ? Number(hidden) / Number(heads) : headSize,
    sliding_window: window === 0 ? null : window,
    layer_types: layerTypes(source, Number(layers), window === 0 ? 1 : second ? 2 : 6),
    attn_logit_softcapping: second ? (source.number('attn_logit_softcapping') ?? 50) : undefined,
    final_logit_softcapping: source.number('final_logit_softcapping') ?? (second ? 30 : null),
    ...(second ? {} : gemma3Ropes(source, values['rope_parameters'] as Values)),
  };
}

/** From a period or one flag a layer; llama.cpp's period where the file has neither. A period of 1 leaves all layers full. */
function layerTypes(source: Source, layers: number, period: number): string[] {
  const key = `${source.architecture}.attention.sliding_window_pattern`;
  const flags = source.file.metadata.isArray(key) ? source.file.metadata.numbers(key) : undefined;
  const step = period === 1 || flags ? period : (source.file.metadata.number(key) ?? period);
  const slides = (layer: number): boolean =>
    period > 1 && (flags ? flags[layer] === 1 : (layer + 1) % step !== 0);
  const count = layers >= 1 && layers <= limits.layers ? layers : 0;
  return Array.from({ length: count }, (_, i) => (slides(i) ? 'sliding_attention' : 'full_attention'));
}

function gemma3Ropes(source: Source, full: Values): Values {
  return {
    rope_parameters: {
      full_attention: full,
      // In llama.cpp's code: sliding layers turn with base 10,000 and no scaling
      sliding_attention: { rope_type: 'default', rope_theta: source.number('rope.freq_base_swa') ?? 10_000 },
    },
  };
}

function gpt2(source: Source): Values {
  return {
    n_embd: source.number('embedding_length'),
    n_inner: source.number('feed_forward_length'),
    n_layer: source.number('block_count'),
    n_head: source.number('attention.head_count'),
    n_positions: source.number('context_length'),
    layer_norm_epsilon: source.number('attention.layer_norm_epsilon'),
    vocab_size: vocabulary(source),
    tie_word_embeddings: !source.has('output.weight'),
  };
}
