/** @file What there is to compute on, each with its self-test's verdict and the speed of a matrix product. */
import { availableParallelism } from 'node:os';
import { notOffered } from '../config/options.ts';
import { UserError } from '../contract/errors.ts';
import type { Provider } from '../graph/lower.ts';
import { GraphBuilder } from '../graph/ops.ts';
import { lora } from '../methods/lora.ts';
import { linearsOf } from '../model/adapted.ts';
import type { Adapted } from '../model/adapted.ts';
import { describeConfig } from '../model/base.ts';
import { ConfigReader } from '../model/configReader.ts';
import type { DecoderSpec } from '../model/decoder.ts';
import { Buffers } from '../ort/device.ts';
import type { Device } from '../ort/device.ts';
import { deviceIdentity } from '../ort/identity.ts';
import type { SelfTestCase, Verdict } from '../ort/selfTest.ts';
import { selfTestCases } from '../train/selfTestCases.ts';
import { refusal, startProvider, verdictOf } from './verdicts.ts';

/** Plain data for a table, a view or JSON. */
export interface DeviceReport {
  readonly provider: Provider;
  readonly name: string;
  /** Of the CPU, on which every provider's host side runs too. */
  readonly threads?: number;
  readonly state: 'verified' | 'failed' | 'unavailable' | 'not-offered';
  /** Why it is not verified. */
  readonly reason?: string;
  /** Float32 GEMM, 10^9 operations a second. */
  readonly gigaflops?: number;
  /** The self-test operator by operator, where there was one. */
  readonly results?: readonly Verdict[];
}

export interface DevicesOptions {
  /** Where verdicts are kept; the platform's cache folder unless given. */
  readonly folder?: string;
  readonly threads?: number;
  /** A provider's self-test begins, which takes some seconds. */
  readonly onTest?: (provider: Provider) => void;
}

const order: readonly Provider[] = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml'];

/** All providers in a fixed order; those that can't be used say why. */
export async function listDevices(options: DevicesOptions = {}): Promise<DeviceReport[]> {
  const reports: DeviceReport[] = [];
  for (const provider of order) reports.push(await reportOn(provider, options));
  return reports;
}

async function reportOn(
  provider: Provider,
  { folder, threads = availableParallelism(), onTest }: DevicesOptions,
): Promise<DeviceReport> {
  const reason = notOffered[provider];
  if (reason !== undefined) return { provider, name: provider, state: 'not-offered', reason };
  const { device: name } = deviceIdentity(provider);
  try {
    await using device = await startProvider(provider, threads);
    const gigaflops = await gemmSpeed(device);
    // the CPU is what the others are held against
    if (provider === 'cpu') return { provider, name, threads, state: 'verified', gigaflops };
    const results = await verdictOf(provider, exampleCases(), {
      threads,
      ...(folder !== undefined && { folder }),
      ...(onTest && {
        onTest: () => {
          onTest(provider);
        },
      }),
    });
    const refused = refusal(provider, results);
    const state = refused ? 'failed' : 'verified';
    return { provider, name, state, gigaflops, results, ...(refused && { reason: refused.message }) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { provider, name, state: 'unavailable', reason: error.message };
  }
}

const GEMM = { rows: 256, inner: 1024, columns: 1024 };
/** Runs after the first, which compiles kernels; the fastest counts. */
const GEMM_RUNS = 3;

/** 10^9 multiplications and additions a second of a float32 matrix product of the size that small models have. */
export async function gemmSpeed(device: Device): Promise<number> {
  const { rows, inner, columns } = GEMM;
  const op = new GraphBuilder();
  const a = op.input('a', 'float32', [rows, inner]);
  const b = op.input('b', 'float32', [columns, inner]);
  // one number comes back: it says that the product is there
  const program = await device.compile(
    op.finish([op.sum(op.matmul(a, b, { transB: true }), [0, 1])]),
    'gemm',
  );
  using left = new Buffers();
  using right = new Buffers();
  using out = new Buffers();
  const feeds = {
    a: await device.upload(new Float32Array(rows * inner).fill(0.5), [rows, inner], left),
    b: await device.upload(new Float32Array(columns * inner).fill(0.5), [columns, inner], right),
  };
  let fastest = Number.POSITIVE_INFINITY;
  for (let run = 0; run <= GEMM_RUNS; run++) {
    const started = performance.now();
    await device.read(Object.values(await device.run(program, feeds, {}, out))[0]!);
    if (run > 0) fastest = Math.min(fastest, performance.now() - started);
  }
  return (2 * rows * inner * columns) / 1e6 / fastest;
}

/** A small model with the operators that most runs use; a run itself tests its own. */
function exampleCases(): SelfTestCase[] {
  const spec = exampleSpec();
  const options = { rank: 8, alpha: 16, dropout: 0, rankStabilized: false, bias: false };
  const linears = linearsOf(spec).filter(({ path }) => path !== spec.names.head.path);
  const adapted: Adapted = {
    linears: new Map(linears.map(({ path }) => [path, { method: lora, options }])),
    saved: new Set(),
  };
  return selfTestCases({ spec, adapted, policy: 'balanced', training: exampleTraining });
}

function exampleSpec(): DecoderSpec {
  const config = {
    model_type: 'llama',
    vocab_size: 97,
    hidden_size: 64,
    intermediate_size: 96,
    num_hidden_layers: 1,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    max_position_embeddings: 64,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: false,
  };
  return describeConfig(new ConfigReader(config, 'the self-test'));
}

const exampleTraining = {
  optimizer: 'adamw',
  betas: [0.9, 0.999],
  eps: 1e-8,
  momentum: 0,
  weightDecay: 0.01,
} as const;
