/**
 * @file LoRAMoE (arXiv:2312.09979): N small LoRA experts a linear, mixed a token by a softmax router that reads the linear's own
 * input: y = x Wᵀ + s Σ_k p_k ⊙ (x A_kᵀ B_kᵀ), p = softmax(x W_gᵀ), s = alpha / r. All experts run on every token.
 */
import type { Value } from '../graph/ir.ts';
import type { MethodConfig } from '../contract/config.ts';
import { defineMethod } from './method.ts';
import type { Conflict, LayerTensors, LinearContext, MethodOptions, StoredTensor } from './method.ts';
import { localizedBalance } from './parts/localizedBalance.ts';
import { dropoutKey, loraScale, scaleKeys } from './parts/lowRank.ts';

export interface LoramoeOptions extends MethodOptions {
  readonly experts: number;
  /** The paper's beta, on the balancing loss of each linear. */
  readonly balance: number;
  /** The paper's delta: experts of a sample's own kind count 1 + delta, the others 1 - delta. */
  readonly split: number;
  /** Whether tokens that pad a row count for its routing, as in the reference. */
  readonly countPadding: boolean;
}

/** Names in the reference's files, with the expert's number. */
export const expertNames = {
  gate: 'lora_route.weight',
  A: (k: number) => `lora_A${k}.weight`,
  B: (k: number) => `lora_B${k}.weight`,
} as const;

/** The feed-forward linears by their names in the families that there are: Llama's and its kin's, phi3's, gpt2's, t5's, bert's. */
const FEED_FORWARD =
  '.*[.](gate_proj|up_proj|gate_up_proj|down_proj|mlp[.]c_(fc|proj)|DenseReluDense[.]w[io](_[01])?|intermediate[.]dense|[0-9]+[.]output[.]dense)';

const scaleOf = ({ rank, alpha }: MethodOptions): number => loraScale({ rank, alpha, rankStabilized: false });

/** Routing probabilities, [tokens, experts]. */
function route({ op, x }: LinearContext, gate: Value): Value {
  return op.softmax(op.matmul(x, gate, { transB: true }));
}

/**
 * Σ_k p_k ⊙ (x A_kᵀ B_kᵀ) = ((x Aᵀ) ⊙ p repeated r times) Bᵀ with the A_k stacked in rows and the B_k in columns: two products
 * instead of 2 N, and no N temporaries of the output's size. Dropout draws one mask for all experts (the reference one each).
 */
function mixExperts(
  { op, dropped, y }: LinearContext,
  p: Value,
  params: Factors,
  options: LoramoeOptions,
): Value {
  const { rank, experts } = options;
  const tokens = dropped.shape[0]!;
  const u = op.matmul(dropped, params.A, { transB: true });
  const split = op.reshape(u, [tokens, experts, rank]);
  const mixed = op.mul(split, op.reshape(p, [tokens, experts, 1]));
  const weighted = op.reshape(mixed, [tokens, experts * rank]);
  return op.gemm(weighted, params.B, y, { transB: true, alpha: scaleOf(options) });
}
type Factors = Readonly<Record<'A' | 'B', Value>>;

export const loramoe = defineMethod<LoramoeOptions>({
  kind: 'loramoe',
  title: 'LoRAMoE',
  paper: 'arXiv:2312.09979',
  doc: 'Several small LoRA experts a linear, mixed anew for each token by a router.',
  formula: 'y = x Wᵀ + s Σ_k p_k (x A_kᵀ) B_kᵀ, with p = softmax(x W_gᵀ), s = alpha / r',
  keys: {
    rank: { type: 'integer', default: 4, minimum: 1, doc: 'Rank of each expert.', peft: 'r' },
    alpha: scaleKeys.alpha,
    alphaPattern: scaleKeys.alphaPattern,
    ...dropoutKey,
    targets: {
      type: 'either',
      default: FEED_FORWARD,
      doc: 'Linears that get experts; absent: those of the feed-forward part, as in the paper.',
      of: [
        { type: 'string', doc: '"all-linear" or a regular expression.' },
        { type: 'list', of: { type: 'string', doc: 'A name.' }, doc: 'Names.' },
      ],
      peft: 'target_modules',
    },
    experts: {
      type: 'integer',
      default: 6,
      minimum: 1,
      maximum: 256,
      doc: 'Experts a linear, all of which run on every token; the first half is one group, the rest the other.',
      peft: 'lora_nums',
    },
    balance: {
      type: 'number',
      default: 0.1,
      minimum: 0,
      maximum: 1000,
      doc: "Weight of each linear's balancing loss (the paper's beta); 0 leaves it out. Needs the column task_type.",
      peft: 'blc_weight',
    },
    balanceSplit: {
      type: 'number',
      default: 0.1,
      minimum: 0,
      below: 1,
      doc: "How far the two groups are told apart by the sample's type (the paper's delta).",
      peft: 'blc_alpha',
    },
    balancePadding: {
      type: 'string',
      default: 'mask',
      oneOf: ['mask', 'include'],
      doc: 'Routing of a row: mean over its own tokens, or over padding too as in the reference (with packing off).',
    },
  },
  layerOptions: (config, { rank, alpha }) => ({
    rank,
    alpha,
    experts: config['experts'] as number,
    balance: config['balance'] as number,
    split: config['balanceSplit'] as number,
    countPadding: config['balancePadding'] === 'include',
  }),
  scale: scaleOf,
  conflicts,
  params: ({ rank, experts }, { inputs, outputs }) => ({
    gate: { tensor: expertNames.gate, shape: [experts, inputs], init: 'kaiming-uniform', decays: true },
    // rows of A and columns of B belong to the experts in turn, r each
    A: { tensor: 'experts_A.weight', shape: [experts * rank, inputs], init: 'kaiming-uniform', decays: true },
    B: { tensor: 'experts_B.weight', shape: [outputs, experts * rank], init: 'zeros', decays: true },
  }),
  apply: (context, { gate, A, B }, options) => {
    const p = route(context, gate!);
    if (context.side.training) {
      const { loss, routing } = localizedBalance(context, p, options);
      context.side.observe('routing', routing);
      if (loss) context.side.observe('balance', context.op.detach(loss));
      if (loss && options.balance > 0) context.side.minimise(context.op.mul(loss, options.balance));
    }
    return mixExperts(context, p, { A: A!, B: B! }, options);
  },
  balances: ({ balance }) => balance > 0,
  observed: (name, { data }, types, { experts }) =>
    name === 'balance' ? { balance: [data[0]!, 1] } : groupShares(data, types, experts),
  unmergeable: 'its router decides anew for each token',
  stored: (tensors, { rank, alpha, experts, balance, split }) => ({
    tensors: splitExperts(tensors, experts, rank),
    rank,
    alpha,
    rankStabilized: false,
    own: {
      // plain PEFT doesn't know this type and says so; under "LORA" it would load an adapter that does nothing
      type: 'LORAMOE',
      fields: { num_experts: experts, blc_weight: balance, blc_alpha: split },
    },
  }),
});

/** Share of the first group of experts in the routing of each type's rows: share1 of knowledge, share0 of other tasks. */
function groupShares(
  routing: Float32Array,
  types: readonly (0 | 1 | undefined)[],
  experts: number,
): Readonly<Record<string, readonly [number, number]>> {
  const shares: Record<string, [number, number]> = {};
  types.forEach((type, row) => {
    const own = routing.subarray(row * experts, (row + 1) * experts);
    const total = own.reduce((sum, q) => sum + q, 0);
    const first = own.subarray(0, Math.floor(experts / 2)).reduce((sum, q) => sum + q, 0);
    const name = type === undefined ? 'share' : `share${type}`;
    const [sum, count] = shares[name] ?? [0, 0];
    shares[name] = [sum + first / total, count + 1];
  });
  return shares;
}

/** The balancing loss tells two groups of the same size apart. */
function conflicts({ experts, balance }: MethodConfig): Conflict[] {
  if (typeof experts !== 'number' || experts === 1 || experts % 2 === 0 || balance === 0) return [];
  const message = `The balancing loss tells two halves of the experts apart, and ${experts} has none: choose an even number, or "balance": 0.`;
  return [{ section: 'method', key: 'experts', message, instead: experts + 1 }];
}

/** Each expert's A_k and B_k under the reference's names. */
function splitExperts({ gate, A, B }: LayerTensors, experts: number, rank: number): LayerTensors {
  const [inputs, outputs] = [A!.shape[1]!, B!.shape[0]!];
  const stored: Record<string, StoredTensor> = { [expertNames.gate]: gate! };
  for (let k = 0; k < experts; k++) {
    const first = k * rank;
    stored[expertNames.A(k)] = {
      shape: [rank, inputs],
      data: A!.data.subarray(first * inputs, (first + rank) * inputs),
    };
    const columns = new Float32Array(outputs * rank);
    for (let o = 0; o < outputs; o++)
      columns.set(B!.data.subarray(o * experts * rank + first, o * experts * rank + first + rank), o * rank);
    stored[expertNames.B(k)] = { shape: [outputs, rank], data: columns };
  }
  return stored;
}

/** The reverse of what `stored` does: rows of A and columns of B in the order of the experts. */
export function joinExperts(stored: LayerTensors, experts: number, rank: number): LayerTensors {
  const [inputs, outputs] = [stored[expertNames.A(0)]!.shape[1]!, stored[expertNames.B(0)]!.shape[0]!];
  const A = new Float32Array(experts * rank * inputs);
  const B = new Float32Array(outputs * experts * rank);
  for (let k = 0; k < experts; k++) {
    A.set(stored[expertNames.A(k)]!.data, k * rank * inputs);
    const own = stored[expertNames.B(k)]!.data;
    for (let o = 0; o < outputs; o++) B.set(own.subarray(o * rank, (o + 1) * rank), (o * experts + k) * rank);
  }
  return {
    gate: stored[expertNames.gate]!,
    A: { shape: [experts * rank, inputs], data: A },
    B: { shape: [outputs, experts * rank], data: B },
  };
}
