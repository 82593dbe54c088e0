/** @file What there is to compute on, each with its self-test's verdict and the speed of a matrix product. */
import { availableParallelism, freemem, totalmem } from 'node:os';
import { notOffered } from '../config/options.ts';
import type { DeviceReport } from '../contract/api/devices.ts';
import { UserError } from '../contract/errors.ts';
import { cacheFolder } from '../formats/cacheFolder.ts';
import { writeDeviceReports } from '../formats/deviceReports.ts';
import type { Graph } from '../graph/ir.ts';
import type { Provider } from '../graph/lower.ts';
import { GraphBuilder } from '../graph/ops.ts';
import { lora } from '../methods/lora.ts';
import { linearsOf } from '../model/adapted.ts';
import type { Adapted } from '../model/adapted.ts';
import { describeConfig } from '../model/base.ts';
import { ConfigReader } from '../model/configReader.ts';
import type { DecoderSpec } from '../model/decoder.ts';
import { Buffers, Device } from '../ort/device.ts';
import { deviceIdentity } from '../ort/identity.ts';
import { selfTest } from '../ort/selfTest.ts';
import type { SelfTestCase } from '../ort/selfTest.ts';
import type { Tensor } from '../ort/session.ts';
import { selfTestCases } from '../train/selfTestCases.ts';
import { refusal, startProvider, verdictOf } from './verdicts.ts';

export interface DevicesOptions {
  /** Where verdicts are kept; the platform's cache folder unless given. */
  readonly folder?: string;
  readonly threads?: number;
  /** A provider's self-test begins, which takes some seconds. */
  readonly onTest?: (provider: Provider) => void;
}

const order: readonly Provider[] = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml'];

/** All providers in a fixed order; those that can't be used say why. Keeps the result in the folder. */
export async function listDevices(options: DevicesOptions = {}): Promise<DeviceReport[]> {
  const reports: DeviceReport[] = [];
  for (const provider of order) reports.push(await reportOn(provider, options));
  // views show it without starting ONNX Runtime
  const { folder = cacheFolder() } = options;
  writeDeviceReports(folder, { measured: new Date().toISOString(), devices: reports });
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
    const speed = { gigaflops: await gemmSpeed(device), gigabytesPerSecond: await vectorSpeed(device) };
    if (provider === 'cpu') {
      const memory = { free: freemem(), total: totalmem() };
      const results = await cpuResults(device);
      const state = results.every(({ ok }) => ok) ? 'verified' : 'failed';
      return { provider, name, threads, state, ...speed, memory, results };
    }
    const results = await verdictOf(provider, exampleCases(), {
      ...(folder !== undefined && { folder }),
      ...(onTest && {
        onTest: () => {
          onTest(provider);
        },
      }),
    });
    const refused = refusal(provider, results);
    const state = refused ? 'failed' : 'verified';
    return { provider, name, state, ...speed, results, ...(refused && { reason: refused.message }) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { provider, name, state: 'unavailable', reason: error.message };
  }
}

/** The CPU is what the others are held against; with all threads it has to compute what one thread does. */
async function cpuResults(device: Device): Promise<NonNullable<DeviceReport['results']>> {
  await using reference = new Device({ provider: 'cpu', threads: 1 });
  return await selfTest(device, reference, exampleCases());
}

/** Sides of the square matrices, and passes over the vector: a fast device needs more work before its speed shows. */
const SIDES = [512, 1024, 2048, 4096];
const PASSES = [1, 16, 128];
/** From here on starting the kernels and reading the result no longer count. In ms. */
const LONG_ENOUGH = 10;
/** 64 MB: larger than caches, smaller than what WebGPU takes for one buffer. */
const VECTOR = 1 << 24;
/** Runs after the first, which compiles kernels; the fastest counts. */
const TIMED_RUNS = 3;

/** 10^9 multiplications and additions a second of a float32 matrix product, at the size where the device is fastest. */
export async function gemmSpeed(device: Device): Promise<number> {
  return await topSpeed(SIDES, async (side, home) => {
    const op = new GraphBuilder();
    const a = op.input('a', 'float32', [side, side]);
    const b = op.input('b', 'float32', [side, side]);
    const graph = op.finish([op.sum(op.matmul(a, b, { transB: true }), [0, 1])]);
    const half = await device.upload(new Float32Array(side * side).fill(0.5), [side, side], home);
    return { work: 2 * side ** 3, milliseconds: await fastestRun(device, graph, { a: half, b: half }) };
  });
}

/** 10^9 bytes a second through a vector that is added to again and again and then summed: two read, one written each time. */
async function vectorSpeed(device: Device): Promise<number> {
  return await topSpeed(PASSES, async (passes, home) => {
    const op = new GraphBuilder();
    const x = op.input('x', 'float32', [VECTOR]);
    let sum = x;
    for (let pass = 0; pass < passes; pass++) sum = op.add(sum, x);
    const graph = op.finish([op.sum(sum, [0])]);
    const values = await device.upload(new Float32Array(VECTOR).fill(0.5), [VECTOR], home);
    const milliseconds = await fastestRun(device, graph, { x: values });
    return { work: (3 * passes + 1) * 4 * VECTOR, milliseconds };
  });
}

/** The highest of work / time over growing sizes, in 10^9 a second; ends at the first size that takes long enough. */
async function topSpeed(
  sizes: readonly number[],
  run: (size: number, home: Buffers) => Promise<{ readonly work: number; readonly milliseconds: number }>,
): Promise<number> {
  let top = 0;
  for (const size of sizes) {
    using home = new Buffers();
    const { work, milliseconds } = await run(size, home);
    top = Math.max(top, work / 1e6 / milliseconds);
    if (milliseconds >= LONG_ENOUGH) break;
  }
  return top;
}

/** Milliseconds of a graph with one number as its result: reading it says that all before it is there. */
async function fastestRun(
  device: Device,
  graph: Graph,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<number> {
  const program = await device.compile(graph, 'speed');
  using out = new Buffers();
  let fastest = Number.POSITIVE_INFINITY;
  for (let run = 0; run <= TIMED_RUNS; run++) {
    const started = performance.now();
    await device.read(Object.values(await device.run(program, feeds, {}, out))[0]!);
    if (run > 0) fastest = Math.min(fastest, performance.now() - started);
  }
  return fastest;
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
