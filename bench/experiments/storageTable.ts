/** @file LoRAM's storage columns, reckoned anew from the shapes of the paper's bases (arXiv:2502.13533, tables 1 and 4 to 6). */
import { describeConfig } from '../../runtime/model/base.ts';
import { ConfigReader } from '../../runtime/model/configReader.ts';
import type { DecoderSpec } from '../../runtime/model/decoder.ts';
import { nominalStorage, parameterCount } from '../../runtime/model/prune/counts.ts';
import { selectUnits } from '../../runtime/model/prune/select.ts';
import { prunedSpec } from '../../runtime/model/prune/units.ts';
import type { Table } from './experiment.ts';

interface Shape {
  readonly name: string;
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly mlp: number;
  readonly vocab: number;
}

const large = { layers: 80, hidden: 8192, heads: 64, kvHeads: 8, mlp: 28_672 };
const bases = {
  small: {
    name: 'LLaMA-2-13B',
    layers: 40,
    hidden: 5120,
    heads: 40,
    kvHeads: 40,
    mlp: 13_824,
    vocab: 32_000,
  },
  large: { name: 'LLaMA-2-70B', ...large, vocab: 32_000 },
  newer: { name: 'LLaMA-3.1-70B', ...large, vocab: 128_256 },
} as const satisfies Readonly<Record<string, Shape>>;

/** With what the paper prints: LoRAM's reduction, QLoRAM's where it was run. */
const printed: readonly { base: Shape; ratio: number; loram: string; qloram?: string }[] = [
  { base: bases.small, ratio: 0.65, loram: '2.17' },
  { base: bases.large, ratio: 0.65, loram: '2.45', qloram: '9.82' },
  { base: bases.large, ratio: 0.75, loram: '3.21', qloram: '12.84' },
  { base: bases.large, ratio: 0.85, loram: '4.24', qloram: '16.95' },
  { base: bases.large, ratio: 0.95, loram: '7.14', qloram: '28.56' },
  { base: bases.newer, ratio: 0.85, loram: '3.95', qloram: '15.81' },
];

function specOf({ layers, hidden, heads, kvHeads, mlp, vocab }: Shape): DecoderSpec {
  const values = {
    model_type: 'llama',
    vocab_size: vocab,
    hidden_size: hidden,
    intermediate_size: mlp,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    max_position_embeddings: 4096,
    tie_word_embeddings: false,
  };
  return describeConfig(new ConfigReader(values, 'config.json'));
}

/** The first 4 and the last 2 layers stay whole. */
function prunedCount(spec: DecoderSpec, ratio: number): number {
  const scores = { neurons: new Float64Array(spec.intermediate), kvHeads: new Float64Array(spec.kvHeads) };
  const range = { ratio, start: 4, end: spec.layers.length - 2 };
  return parameterCount(
    prunedSpec(
      spec,
      selectUnits(spec, range, () => scores),
    ),
  );
}

const gibibytes = (bytes: number): string => (bytes / 2 ** 30).toFixed(2);

/** Nominal: every number of a 4-bit base counted at 4 bits. */
export function storageTable(): Table {
  return {
    title: 'Storage as the paper counts it, reckoned from the shapes',
    head: ['base', 'ratio', 'numbers', 'left', 'LoRAM', 'GiB', 'printed', 'QLoRAM', 'GiB', 'printed'],
    rows: printed.map(({ base, ratio, loram: said, qloram: quantised = '' }) => {
      const spec = specOf(base);
      const [original, left] = [parameterCount(spec), prunedCount(spec, ratio)];
      const { loram, qloram } = nominalStorage(original, left);
      const four =
        quantised === '' ? ['', ''] : [`${qloram.reduction.toFixed(2)} ×`, gibibytes(qloram.bytes)];
      return [
        base.name,
        String(ratio),
        original.toLocaleString('en'),
        left.toLocaleString('en'),
        `${loram.reduction.toFixed(2)} ×`,
        gibibytes(loram.bytes),
        said,
        ...four,
        quantised,
      ];
    }),
  };
}
