/**
 * @file GGUF's names and what llama.cpp's converter did to each architecture's tensors, so that reading undoes it.
 *
 * | architecture | done by the converter, undone here |
 * | --- | --- |
 * | llama (Mistral too), granite, smollm3 | rows of q and k reordered: pairs (i, i + half) of a head stand side by side |
 * | gemma2, gemma3 | 1 added to every norm weight |
 * | gpt2 | Conv1D weights [in, out] turned into [out, in] |
 * | llama with llama3 scaling | the scaling is the tensor rope_freqs.weight, not metadata |
 * | phi3 with longrope | the factors are the tensors rope_factors_short.weight and rope_factors_long.weight |
 * | smollm3 | layers without rope are not stored: every fourth (llama.cpp has it in its code) |
 * | gemma2, gemma3 | the attention scale is not stored: see ggufConfig.ts |
 * | qwen2, qwen3, olmo2, phi3 | nothing |
 */
import type { BlockNames, DecoderSpec, LinearSpec } from './decoder.ts';
import { linearTensors } from './specTensors.ts';

/** How a stored tensor becomes transformers'. */
export interface Stored {
  /** Name in the GGUF file. */
  readonly name: string;
  /** Heads whose rows are to be put back into halves. */
  readonly interleavedHeads?: number;
  /** To be added to every value. */
  readonly shift?: number;
  /** Stored [out, in], wanted [in, out]. */
  readonly transposed?: boolean;
}

/** Architectures whose q and k rows the converter reorders. */
const interleaved = new Set(['llama', 'granite', 'smollm3']);
/** Architectures whose norms hold the 1 that safetensors lack. */
const shiftedNorms = new Set(['gemma2', 'gemma3_text']);

/** Parts of a decoder's block; GGUF files of other models are not read. */
type DecoderPart = Exclude<keyof BlockNames, 'cross' | 'outputNorm'>;

const stems = {
  inputNorm: 'attn_norm',
  postAttentionNorm: 'post_attention_norm',
  preMlpNorm: 'ffn_norm',
  postMlpNorm: 'post_ffw_norm',
  qNorm: 'attn_q_norm',
  kNorm: 'attn_k_norm',
  q: 'attn_q',
  k: 'attn_k',
  v: 'attn_v',
  qkv: 'attn_qkv',
  o: 'attn_output',
  gate: 'ffn_gate',
  up: 'ffn_up',
  gateUp: 'ffn_up',
  down: 'ffn_down',
} as const satisfies Record<DecoderPart, string>;

/** transformers' tensor name -> the stored tensor, for everything the description needs. */
export function ggufTensors(spec: DecoderSpec): Map<string, Stored> {
  const map = new Map<string, Stored>();
  const norm = (path: string | undefined, stem: string): void => {
    if (path === undefined) return;
    const shifted = shiftedNorms.has(spec.modelType);
    map.set(`${path}.weight`, { name: `${stem}.weight`, ...(shifted ? { shift: -1 } : {}) });
    if (spec.norm.kind === 'layer') map.set(`${path}.bias`, { name: `${stem}.bias` });
  };
  const linear = (linear: LinearSpec | undefined, stem: string, heads?: number): void => {
    if (linear === undefined) return;
    const rows = heads !== undefined && interleaved.has(spec.modelType) ? { interleavedHeads: heads } : {};
    for (const { name, shape } of linearTensors(linear)) {
      const transposed = linear.transposed && shape.length === 2 ? { transposed: true } : {};
      map.set(name, { name: `${stem}${name.slice(linear.path.length)}`, ...rows, ...transposed });
    }
  };
  const { names } = spec;
  map.set(`${names.embedding}.weight`, { name: 'token_embd.weight' });
  if (names.positions !== undefined) map.set(`${names.positions}.weight`, { name: 'position_embd.weight' });
  for (const [i, block] of names.blocks.entries()) {
    const at = (key: DecoderPart): string => `blk.${i}.${stems[key]}`;
    for (const key of [
      'inputNorm',
      'postAttentionNorm',
      'preMlpNorm',
      'postMlpNorm',
      'qNorm',
      'kNorm',
    ] as const)
      norm(block[key], at(key));
    linear(block.q, at('q'), spec.heads);
    linear(block.k, at('k'), spec.kvHeads);
    for (const key of ['v', 'qkv', 'o', 'gate', 'up', 'gateUp', 'down'] as const) linear(block[key], at(key));
  }
  norm(names.finalNorm, 'output_norm');
  if (!spec.tied) linear(names.head, 'output');
  return map;
}

/**
 * Puts rows back that llama.cpp's rope wants in pairs: within each head, stored row 2 i + j is row i + j * half.
 * `values` is [heads * 2 half, columns], changed in place.
 */
export function undoInterleaving(values: Float32Array, heads: number, columns: number): void {
  const size = values.length / heads;
  const half = size / columns / 2;
  const head = new Float32Array(size);
  for (let h = 0; h < heads; h++) {
    const rows = values.subarray(h * size, (h + 1) * size);
    head.set(rows);
    for (let i = 0; i < half; i++) {
      rows.set(head.subarray(2 * i * columns, (2 * i + 1) * columns), i * columns);
      rows.set(head.subarray((2 * i + 1) * columns, (2 * i + 2) * columns), (i + half) * columns);
    }
  }
}

/** [rows, columns] in row-major order becomes [columns, rows]. */
export function transpose(values: Float32Array, rows: number, columns: number, into: Float32Array): void {
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) into[c * rows + r] = values[r * columns + c]!;
}
