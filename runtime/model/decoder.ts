/**
 * @file What a transformer is, as data: one builder reads this, each family only fills it in. Most are decoders; an encoder that
 * classifies (bert) and an encoder with a decoder behind it (t5) are the same blocks with what `task` and `stream` say.
 * Names of tensors are those of transformers' state dict (the family's own), whatever file they come from.
 */

import type { Task } from '../contract/config.ts';

/** Rotary positions of a layer. */
export interface Rope {
  /** Angle a position step of each rotated pair, [rotated / 2], scaling already applied. */
  readonly inverseFrequencies: Float64Array;
  /** Factor on cosine and sine (yarn, longrope); 1 otherwise. */
  readonly attentionFactor: number;
  /** Width of a head that is rotated, first dimensions first; pairs are (i, i + rotated / 2). */
  readonly rotated: number;
}

export interface LayerKind {
  /** A token sees itself and the `window - 1` before it; absent = all before it. */
  readonly window?: number;
  /** Index into `DecoderSpec.ropes`; absent = no rotary positions in this layer. */
  readonly rope?: number;
  /** Factor on q k^T beside `attentionScale` (gpt2's `scale_attn_by_inverse_layer_idx`); absent = 1. */
  readonly scoreScale?: number;
  /** Of an encoder-decoder: whose tokens the block works on. */
  readonly stream?: Stream;
  /** Sizes of a pruned layer; absent = the decoder's own. */
  readonly heads?: number;
  readonly kvHeads?: number;
  readonly intermediate?: number;
}

/** An encoder-decoder's two texts: what is read, and what is written. */
export type Stream = 'source' | 'target';

export interface DecoderSpec {
  /** `model_type` as in config.json. */
  readonly modelType: string;
  /**
   * Absent: a decoder, whose head says the token that follows. A classifier reads the row's first token behind blocks in which each token
   * sees all others; a seq2seq model has blocks for both of its texts.
   */
  readonly task?: Task;
  readonly hidden: number;
  readonly intermediate: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly vocab: number;
  readonly maxPositions: number;
  readonly layers: readonly LayerKind[];
  readonly ropes: readonly Rope[];
  /** The head reads the embedding's weights. */
  readonly tied: boolean;
  readonly norm: {
    readonly kind: 'rms' | 'layer';
    readonly eps: number;
    /** Added to the stored weight before it multiplies (Gemma: 1). */
    readonly offset: number;
  };
  /**
   * `pre`: x + f(norm(x)); `post`: x + norm(f(x)) (olmo2); `both`: x + norm(f(norm(x))) (gemma2, gemma3);
   * `sum`: norm(x + f(x)) (bert).
   */
  readonly normPlacement: 'pre' | 'post' | 'both' | 'sum';
  /** Norm on q and k before RoPE: over each head (qwen3, gemma3), over the whole projection (olmo2), or none. */
  readonly qkNorm: 'none' | 'head' | 'full';
  readonly activation: 'silu' | 'gelu' | 'gelu-tanh' | 'relu';
  /** `gated`: down(act(gate(x)) * up(x)); `plain`: down(act(up(x))) (gpt2). */
  readonly mlp: 'gated' | 'plain';
  /** Factor on q k^T, usually headSize ** -0.5. */
  readonly attentionScale: number;
  /** cap * tanh(x / cap) on attention scores and on logits. */
  readonly attentionSoftcap?: number;
  readonly finalSoftcap?: number;
  readonly embeddingScale: number;
  /** Factor on what each sub-layer adds to the residual stream (granite). */
  readonly residualScale: number;
  /** Logits are multiplied by this (granite: 1 / logits_scaling). */
  readonly logitScale: number;
  readonly learnedPositions: boolean;
  /** Rows of the table that tells the first text of a row from the second (bert). */
  readonly tokenTypes?: number;
  /** Scores get a bias by the distance of the two tokens (t5). */
  readonly relative?: RelativePositions;
  /** Token in front of what a decoder of its own writes (t5). */
  readonly startToken?: number;
  /** Names of the classes by id, where the base has them. */
  readonly labels?: readonly string[];
  readonly names: DecoderNames;
}

/** Distances fall into buckets, ever wider ones up to `maxDistance`; each head has a bias a bucket. */
export interface RelativePositions {
  readonly buckets: number;
  readonly maxDistance: number;
}

/** A linear map as the file holds it. */
export interface LinearSpec {
  /** Module path, `.weight` and `.bias` follow. */
  readonly path: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly bias: boolean;
  /** Weight stored [in, out] (GPT-2's Conv1D) instead of [out, in]; PEFT's `fan_in_fan_out`. */
  readonly transposed: boolean;
  /** 4-bit codes in which a frozen weight is kept in memory; absent = single precision. */
  readonly codes?: WeightCodes;
}

/** NF4 with scales in single precision (4.5 bits a number), or with scales in 8 bits (4.13). */
export type WeightCodes = 'nf4' | 'nf4-double';

/** Module paths of one block; fused projections give `qkv` (q rows, then k, then v) or `gateUp` in place of the single ones. */
export interface BlockNames {
  readonly inputNorm?: string;
  readonly postAttentionNorm?: string;
  readonly preMlpNorm?: string;
  readonly postMlpNorm?: string;
  readonly qNorm?: string;
  readonly kNorm?: string;
  readonly q?: LinearSpec;
  readonly k?: LinearSpec;
  readonly v?: LinearSpec;
  readonly qkv?: LinearSpec;
  readonly o: LinearSpec;
  /** Attention to what the encoder made of the source, between self-attention and MLP. */
  readonly cross?: CrossNames;
  readonly gate?: LinearSpec;
  readonly up?: LinearSpec;
  readonly gateUp?: LinearSpec;
  readonly down: LinearSpec;
  /** Norm of an encoder's result, behind its last block. */
  readonly outputNorm?: string;
}

export interface CrossNames {
  readonly norm: string;
  readonly q: LinearSpec;
  readonly k: LinearSpec;
  readonly v: LinearSpec;
  readonly o: LinearSpec;
}

export interface DecoderNames {
  readonly embedding: string;
  readonly positions?: string;
  readonly tokenTypes?: string;
  readonly embeddingNorm?: string;
  /** Tables [buckets, heads] of `relative`, one for all blocks of a stream. */
  readonly relative?: Readonly<Record<Stream, string>>;
  readonly blocks: readonly BlockNames[];
  /** Absent where the last block ends in a norm. */
  readonly finalNorm?: string;
  /** Linear and tanh between the first token and the head (bert). */
  readonly pooler?: LinearSpec;
  readonly head: LinearSpec;
}

/** Read access to a base's tensors under their transformers names, wherever they are stored. */
export interface TensorSource {
  readonly names: ReadonlySet<string>;
  shape(name: string): readonly number[];
  /** Bytes as stored, for estimates. */
  storedBytes(name: string): number;
  /** Values as float32 in the shape's row-major order; GGUF's row permutations already undone, quantised blocks expanded. */
  readFloat32(name: string, into?: Float32Array): Float32Array;
  close(): void;
}

/** A base opened from a folder or a .gguf file: headers only, nothing large is read. */
export interface Base {
  /** Absolute path of the folder or file. */
  readonly path: string;
  readonly spec: DecoderSpec;
  readonly tensors: TensorSource;
  /** All that decides its numbers: config.json and weights, or the .gguf file. */
  readonly files: readonly string[];
  /** A classifier that its file lacks, and nobody has trained yet. */
  readonly freshHead?: boolean;
  /** Name for `base_model_name_or_path` in adapters. */
  readonly name: string;
  /** For `revision` in adapters: the hub's commit, where the base lies in the hub's cache. */
  readonly revision?: string;
}
