/** @file What a run computes, as cases of the device's self-test: its own graphs, on two short rows and random weights. */
import type { Linearized } from '../autodiff/linearize.ts';
import type { MemoryPolicy, TrainingConfig } from '../contract/config.ts';
import type { Graph, Value } from '../graph/ir.ts';
import { printGraph } from '../graph/print.ts';
import type { Adapted } from '../model/adapted.ts';
import type { DecoderSpec } from '../model/decoder.ts';
import { names } from '../model/segmentBuilder.ts';
import { blockSegment, embeddingSegment, headSegment } from '../model/segments.ts';
import { concreteShape } from '../graph/sizes.ts';
import type { Sizes } from '../graph/sizes.ts';
import type { SelfTestCase } from '../ort/selfTest.ts';
import { hostTensor } from '../ort/session.ts';
import type { Tensor } from '../ort/session.ts';
import type { Batch } from './batch.ts';
import { optimizers } from './optimizers/index.ts';
import { updateGraph } from './optimizers/optimizer.ts';
import type { OptimizerSettings } from './optimizers/optimizer.ts';
import { prepareRows } from './prepare.ts';
import { hashKey, uniform } from './random.ts';

export interface SelfTestSubject {
  readonly spec: DecoderSpec;
  readonly adapted: Adapted;
  readonly policy: MemoryPolicy;
  readonly training: OptimizerSettings & Pick<TrainingConfig, 'optimizer'>;
}

/** Tokens of the rows; odd, so that kernels meet the ends of their tiles. */
const LENGTHS = [5, 11];
/** Attention in one piece, and documents cut into chunks of queries. */
const PLANS = [
  { chunk: 16, count: 1 },
  { chunk: 8, count: 2 },
];
const LABELLED = 7;
/** Numbers of an optimiser's vector; prime, for the same reason. */
const UPDATED = 1021;

/** Embedding, each kind of block forward and backward, head with loss, and the optimiser's step. */
export function selfTestCases(subject: SelfTestSubject): SelfTestCase[] {
  const { spec, adapted, training } = subject;
  const cases: SelfTestCase[] = [];
  const seen = new Set<string>();
  // equal blocks have equal graphs; a backward pass comes right after its own forward, whose residuals it reads
  const add = (...items: readonly SelfTestCase[]): void => {
    const key = items.map(({ graph }) => printGraph(graph)).join();
    if (!seen.has(key)) cases.push(...items);
    seen.add(key);
  };
  const addTrained = (part: string, { forward, backward }: Linearized, batch: Batch): void => {
    add(modelCase(`${part} forward`, forward, batch), {
      ...modelCase(`${part} backward`, backward, batch),
      continues: true,
    });
  };
  const batches = PLANS.map((plan) => batchOf(spec, plan));
  const embedding = embeddingSegment(spec, adapted);
  add(modelCase('embedding', embedding.infer, batches[0]!));
  if (embedding.train) addTrained('embedding', embedding.train, batches[0]!);
  for (const [i, batch] of batches.entries())
    for (let first = 0; first < spec.layers.length; first++) {
      const options = { spec, adapted, first, count: 1, groups: PLANS[i]!.count, policy: subject.policy };
      const block = blockSegment({ ...options, inputGradient: true });
      if (block.train) addTrained('block', block.train, batch);
    }
  const head = headSegment(spec, adapted);
  add(modelCase('head, loss and their gradient', head.train, batches[0]!));
  add(optimizerCase(training));
  return cases;
}

function batchOf(spec: DecoderSpec, plan: (typeof PLANS)[number]): Batch {
  const random = uniform(hashKey('self-test', 'ids'));
  const rows = LENGTHS.map((length, row) => {
    const second = spec.task && Uint8Array.from({ length }, (_, i) => (2 * i < length ? 0 : 1));
    const classified = spec.task === 'classification';
    return {
      ids: Uint32Array.from({ length }, () => Math.floor(random() * spec.vocab)),
      mask: new Uint8Array(length).fill(classified ? 0 : 1),
      ...(second && { second }),
      ...(classified && { label: row % spec.names.head.outputs }),
    };
  });
  return prepareRows(rows, spec, plan);
}

/** Rows and labels as the batch has them, everything else random. */
function modelCase(part: string, graph: Graph, batch: Batch): SelfTestCase {
  const positions = Math.max(...LENGTHS) + 1;
  const { tokens, labels } = batch.labelled;
  const labelled = Math.min(LABELLED, tokens.length);
  const sizes = { ...batch.sizes, labelled, positionsKnown: positions };
  const given: Readonly<Record<string, Tensor>> = {
    ...batch.feeds,
    rows: hostTensor(tokens.slice(0, labelled), [labelled]),
    labels: hostTensor(labels.slice(0, labelled), [labelled, 1]),
    [names.keep]: hostTensor(new Float32Array([1]), [1]),
  };
  return { part, graph, sizes, feeds: () => feedsOf(graph, sizes, given) };
}

function optimizerCase(training: SelfTestSubject['training']): SelfTestCase {
  const optimizer = optimizers[training.optimizer];
  const scalars = optimizer.scalars(training, 3, 1e-3);
  const { graph } = updateGraph(optimizer, Object.keys(scalars), ['decay', 'rate']);
  const sizes = { size: UPDATED };
  const given = Object.fromEntries(
    [...Object.entries(scalars), ['clip', 0.7] as const].map(([name, x]) => [
      name,
      hostTensor(new Float32Array([x]), [1]),
    ]),
  );
  return {
    part: `${optimizer.kind} step`,
    graph,
    sizes,
    feeds: () => feedsOf(graph, sizes, given, 'positive'),
  };
}

function feedsOf(
  graph: Graph,
  sizes: Sizes,
  given: Readonly<Record<string, Tensor>>,
  sign: 'any' | 'positive' = 'any',
): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = { ...given };
  for (const input of graph.inputs) {
    if (feeds[input.name]) continue;
    if (input.type === 'float32') feeds[input.name] = randomTensor(input, sizes, sign);
    if (input.type === 'int32') feeds[input.name] = randomKeys(input, sizes);
  }
  return feeds;
}

/** Integers of all 32 bits, as dropout's keys are. */
function randomKeys(input: Value, sizes: Sizes): Tensor {
  const shape = concreteShape(input.shape, sizes);
  const random = uniform(hashKey('self-test', input.name));
  const length = shape.reduce((n, size) => n * size, 1);
  return hostTensor(
    Int32Array.from({ length }, () => (random() * 2 ** 32) | 0),
    shape,
  );
}

/** Vectors around 1 (norms), matrices so small that products keep the size of their rows. */
function randomTensor(input: Value, sizes: Sizes, sign: 'any' | 'positive'): Tensor {
  const shape = concreteShape(input.shape, sizes);
  const random = uniform(hashKey('self-test', input.name));
  const spread = input.name.startsWith('weight') && shape.length > 1 ? Math.sqrt(3 / shape.at(-1)!) : 0.5;
  const centre = sign === 'positive' || (input.name.startsWith('weight') && shape.length === 1) ? 1 : 0;
  const data = new Float32Array(shape.reduce((n, size) => n * size, 1));
  for (let i = 0; i < data.length; i++) data[i] = centre + spread * (2 * random() - 1);
  return hostTensor(data, shape);
}
