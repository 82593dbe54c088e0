/** @file Sessions of ONNX Runtime: the only file that loads onnxruntime-node. */
import type { Provider } from '../graph/lower.ts';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';

// Telemetry must be off before the native library loads (it is on by default since 1.29).
process.env['ORT_DISABLE_TELEMETRY'] = '1';
const ort = await import('onnxruntime-node');

export interface RuntimeOptions {
  readonly provider: Provider;
  readonly threads: number;
  /** Refuse graphs of which a part would silently run on the CPU. */
  readonly strict?: boolean;
  /** Writes ONNX Runtime's own profile to files that begin so. */
  readonly profile?: string;
}

export type HostArray = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

/** Opaque outside runtime/ort: its data may live on a device. */
export type Tensor = OrtTensor;

/** A host tensor over `data` without copying: the native side reads and writes this very memory. */
export function hostTensor(data: HostArray, dims: readonly number[], type?: 'bool'): Tensor {
  if (data instanceof Float32Array) return new ort.Tensor('float32', data, dims);
  if (data instanceof Float64Array) return new ort.Tensor('float64', data, dims);
  if (data instanceof Int32Array) return new ort.Tensor('int32', data, dims);
  if (data instanceof BigInt64Array) return new ort.Tensor('int64', data, dims);
  return new ort.Tensor(type ?? 'uint8', data, dims);
}

/** A compiled graph. Disposing frees the native session. */
export class Session {
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  static async create(
    bytes: Uint8Array,
    { provider, threads, strict, profile }: RuntimeOptions,
    outputsOnHost = provider !== 'webgpu',
  ): Promise<Session> {
    const session = await ort.InferenceSession.create(bytes, {
      executionProviders: [provider],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      // Sizes change from call to call: planned memory never fits the next one, and an arena keeps all that ever was.
      // Measured on 12 blocks of SmolLM2: 1.3 GB instead of 2.1 (3.3 with plans), at the same speed.
      enableMemPattern: false,
      enableCpuMemArena: false,
      logSeverityLevel: 3,
      // Outputs stay where they were computed: the next graph reads them there.
      ...(!outputsOnHost && { preferredOutputLocation: 'gpu-buffer' as const }),
      ...(profile !== undefined && { enableProfiling: true, profileFilePrefix: profile }),
      extra: {
        session: {
          // Several sessions share the cores: a pool that spins after its call starves the next one's.
          force_spinning_stop: '1',
          ...(strict === true && provider !== 'cpu' && { disable_cpu_ep_fallback: '1' }),
        },
      },
    });
    return new Session(session);
  }

  /** Runs the graph; outputs named in `fetches` are written into the given tensors, the others come back fresh. */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    fetches?: Readonly<Record<string, Tensor | null>>,
  ): Promise<Readonly<Record<string, Tensor>>> {
    return fetches ? this.#session.run(feeds, fetches) : this.#session.run(feeds);
  }

  endProfiling(): void {
    this.#session.endProfiling();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.release();
  }
}
