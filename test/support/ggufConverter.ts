/**
 * @file Turns a small Hugging Face folder into a .gguf file as llama.cpp's converter does (conversion/*.py, mid 2026):
 * its names, its keys, its reordered rows. Written apart from the reader, so that each can find the other's mistake.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SafetensorsFile } from '../../runtime/formats/safetensors.ts';
import { writeGguf } from './ggufFile.ts';
import type { GgufValue, TensorToWrite } from './ggufFile.ts';

type Config = Readonly<Record<string, unknown>>;
type Metadata = Record<string, GgufValue>;

/** model_type -> general.architecture */
const architectures: Readonly<Record<string, string>> = {
  llama: 'llama',
  mistral: 'llama',
  qwen2: 'qwen2',
  qwen3: 'qwen3',
  gemma2: 'gemma2',
  gemma3_text: 'gemma3',
  phi3: 'phi3',
  smollm3: 'smollm3',
  olmo2: 'olmo2',
  granite: 'granite',
  gpt2: 'gpt2',
};

/** transformers' module path (block number as *) -> GGUF's; the first that fits counts. */
const modules: readonly (readonly [string, string, only?: RegExp])[] = [
  ['model.embed_tokens', 'token_embd'],
  ['model.norm', 'output_norm'],
  ['lm_head', 'output'],
  ['model.layers.*.input_layernorm', 'blk.*.attn_norm'],
  ['model.layers.*.post_attention_layernorm', 'blk.*.post_attention_norm', /gemma|olmo2/],
  ['model.layers.*.post_attention_layernorm', 'blk.*.ffn_norm'],
  ['model.layers.*.pre_feedforward_layernorm', 'blk.*.ffn_norm'],
  ['model.layers.*.post_feedforward_layernorm', 'blk.*.post_ffw_norm'],
  ['model.layers.*.self_attn.q_norm', 'blk.*.attn_q_norm'],
  ['model.layers.*.self_attn.k_norm', 'blk.*.attn_k_norm'],
  ['model.layers.*.self_attn.q_proj', 'blk.*.attn_q'],
  ['model.layers.*.self_attn.k_proj', 'blk.*.attn_k'],
  ['model.layers.*.self_attn.v_proj', 'blk.*.attn_v'],
  ['model.layers.*.self_attn.qkv_proj', 'blk.*.attn_qkv'],
  ['model.layers.*.self_attn.o_proj', 'blk.*.attn_output'],
  ['model.layers.*.mlp.gate_proj', 'blk.*.ffn_gate'],
  ['model.layers.*.mlp.up_proj', 'blk.*.ffn_up'],
  ['model.layers.*.mlp.gate_up_proj', 'blk.*.ffn_up'],
  ['model.layers.*.mlp.down_proj', 'blk.*.ffn_down'],
  ['transformer.wte', 'token_embd'],
  ['transformer.wpe', 'position_embd'],
  ['transformer.ln_f', 'output_norm'],
  ['transformer.h.*.ln_1', 'blk.*.attn_norm'],
  ['transformer.h.*.ln_2', 'blk.*.ffn_norm'],
  ['transformer.h.*.attn.c_attn', 'blk.*.attn_qkv'],
  ['transformer.h.*.attn.c_proj', 'blk.*.attn_output'],
  ['transformer.h.*.mlp.c_fc', 'blk.*.ffn_up'],
  ['transformer.h.*.mlp.c_proj', 'blk.*.ffn_down'],
];

function ggufName(name: string, modelType: string): string {
  const layer = /\.(\d+)\./.exec(name)?.[1] ?? '';
  const suffix = name.slice(name.lastIndexOf('.'));
  const path = name.slice(0, -suffix.length).replace(`.${layer}.`, '.*.');
  const found = modules.find(([from, , only]) => from === path && (only?.test(modelType) ?? true));
  if (!found) throw new Error(`no GGUF name for ${name}`);
  return `${found[1].replace('*', layer)}${suffix}`;
}

/** reshape [heads, 2, half, columns], swap axes 1 and 2: row (h, j, i) goes to (h, i, j). */
function permute(values: Float32Array, heads: number, columns: number): Float32Array {
  const rows = values.length / columns;
  const half = rows / heads / 2;
  const out = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    const h = Math.floor(row / (2 * half));
    const j = Math.floor(row / half) % 2;
    const i = row % half;
    const to = h * 2 * half + i * 2 + j;
    out.set(values.subarray(row * columns, (row + 1) * columns), to * columns);
  }
  return out;
}

function convertTensor(
  name: string,
  shape: readonly number[],
  values: Float32Array,
  config: Config,
): Float32Array {
  const type = String(config['model_type']);
  const columns = shape[1] ?? 1;
  if (['llama', 'mistral', 'granite', 'smollm3'].includes(type)) {
    if (/q_proj\.(weight|bias)$/.test(name))
      return permute(values, Number(config['num_attention_heads']), columns);
    if (/k_proj\.(weight|bias)$/.test(name))
      return permute(values, Number(config['num_key_value_heads']), columns);
  }
  if (type.startsWith('gemma') && name.endsWith('norm.weight')) return values.map((value) => value + 1);
  if (/c_(attn|proj|fc)\.weight$/.test(name)) {
    const [rows = 1] = shape;
    return values.map((_, at) => values[(at % rows) * columns + Math.floor(at / rows)]!);
  }
  return values;
}

const setIf = (metadata: Metadata, key: string, type: 'u32' | 'f32', value: unknown): void => {
  if (typeof value === 'number') metadata[key] = [type, value];
};

function metadataOf(config: Config, architecture: string): Metadata {
  const metadata: Metadata = {
    'general.architecture': ['text', architecture],
    'general.type': ['text', 'model'],
  };
  const counts = {
    block_count: config['num_hidden_layers'] ?? config['n_layer'],
    context_length: config['max_position_embeddings'] ?? config['n_positions'],
    embedding_length: config['hidden_size'] ?? config['n_embd'],
    feed_forward_length: config['intermediate_size'] ?? 4 * Number(config['n_embd']),
    'attention.head_count': config['num_attention_heads'] ?? config['n_head'],
    'attention.head_count_kv': config['num_key_value_heads'],
    'attention.key_length': config['head_dim'],
    'attention.value_length': config['head_dim'],
    'attention.sliding_window': architecture === 'llama' ? undefined : config['sliding_window'],
    vocab_size: config['vocab_size'],
  };
  for (const [key, value] of Object.entries(counts)) setIf(metadata, `${architecture}.${key}`, 'u32', value);
  const floats = {
    'attention.layer_norm_rms_epsilon': config['rms_norm_eps'],
    'attention.layer_norm_epsilon': config['layer_norm_epsilon'],
    attn_logit_softcapping: config['attn_logit_softcapping'],
    final_logit_softcapping: config['final_logit_softcapping'],
    'attention.scale': config['attention_multiplier'],
    embedding_scale: config['embedding_multiplier'],
    residual_scale: config['residual_multiplier'],
    logit_scale: config['logits_scaling'],
  };
  for (const [key, value] of Object.entries(floats)) setIf(metadata, `${architecture}.${key}`, 'f32', value);
  const types = config['layer_types'];
  if (architecture === 'gemma3' && Array.isArray(types))
    metadata['gemma3.attention.sliding_window_pattern'] = [
      'array',
      'bool',
      types.map((t) => t === 'sliding_attention'),
    ];
  return metadata;
}

function ropeOf(config: Config): Record<string, unknown> {
  const rope = (config['rope_parameters'] ?? {}) as Record<string, unknown>;
  return (rope['full_attention'] ?? rope) as Record<string, unknown>;
}

function ropeMetadata(metadata: Metadata, config: Config, architecture: string): void {
  const rope = ropeOf(config);
  const at = (key: string): string => `${architecture}.rope.${key}`;
  setIf(metadata, at('freq_base'), 'f32', rope['rope_theta']);
  const head = config['head_dim'] ?? Number(config['hidden_size']) / Number(config['num_attention_heads']);
  if (['llama', 'granite', 'smollm3'].includes(architecture))
    setIf(metadata, at('dimension_count'), 'u32', head);
  if (architecture === 'phi3') {
    const share = Number(rope['partial_rotary_factor'] ?? 1);
    setIf(metadata, at('dimension_count'), 'u32', Math.trunc(share * Number(head)));
    setIf(metadata, at('scaling.original_context_length'), 'u32', config['original_max_position_embeddings']);
    metadata['phi3.attention.sliding_window'] ??= ['u32', 0];
  }
  if (rope['rope_type'] === 'linear' || rope['rope_type'] === 'yarn') {
    metadata[at('scaling.type')] = ['text', rope['rope_type']];
    setIf(metadata, at('scaling.factor'), 'f32', rope['factor']);
  }
  if (rope['rope_type'] === 'yarn') {
    setIf(metadata, at('scaling.original_context_length'), 'u32', rope['original_max_position_embeddings']);
    setIf(metadata, at('scaling.yarn_attn_factor'), 'f32', rope['attention_factor']);
    setIf(metadata, at('scaling.yarn_beta_fast'), 'f32', rope['beta_fast']);
    setIf(metadata, at('scaling.yarn_beta_slow'), 'f32', rope['beta_slow']);
  }
}

/** One factor a pair, by which the frequency is divided. */
function llama3Factors(config: Config): Float32Array | undefined {
  const rope = ropeOf(config) as Record<string, number>;
  if ((rope['rope_type'] as unknown) !== 'llama3') return undefined;
  const { rope_theta: base = 1e4, factor = 8, low_freq_factor: low = 1, high_freq_factor: high = 4 } = rope;
  const original = rope['original_max_position_embeddings'] ?? 8192;
  const size = Number(
    config['head_dim'] ?? Number(config['hidden_size']) / Number(config['num_attention_heads']),
  );
  return Float32Array.from({ length: size / 2 }, (_, i) => {
    const wavelength = 2 * Math.PI * base ** ((2 * i) / size);
    if (wavelength < original / high) return 1;
    if (wavelength > original / low) return factor;
    const smooth = (original / wavelength - low) / (high - low);
    return 1 / ((1 - smooth) / factor + smooth);
  });
}

const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** Writes `folder`'s model as float32 GGUF to `path`; `change` may edit metadata and tensors before. */
export function convertToGguf(
  folder: string,
  path: string,
  change: (metadata: Metadata, tensors: TensorToWrite[]) => void = () => undefined,
): void {
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Config;
  const type = String(config['model_type']);
  const architecture = architectures[type];
  if (architecture === undefined) throw new Error(`no architecture for ${type}`);
  const metadata = metadataOf(config, architecture);
  if (type !== 'gpt2') ropeMetadata(metadata, config, architecture);
  const file = SafetensorsFile.open(join(folder, 'model.safetensors'));
  const tensors = [...file.tensors.values()].map(({ name, shape }): TensorToWrite => {
    const values = convertTensor(name, shape, file.readFloat32(name), config);
    // Conv1D weights were turned, so their order is already innermost first
    const turned = /c_(attn|proj|fc)\.weight$/.test(name);
    return {
      name: ggufName(name, type),
      type: 0,
      dimensions: turned ? shape : [...shape].reverse(),
      data: bytesOf(values),
    };
  });
  file.close();
  const factors = llama3Factors(config);
  if (factors)
    tensors.push({
      name: 'rope_freqs.weight',
      type: 0,
      dimensions: [factors.length],
      data: bytesOf(factors),
    });
  change(metadata, tensors);
  writeGguf(path, { metadata, tensors });
}
