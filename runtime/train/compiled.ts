/** @file A model's segments compiled for a device, with the parameters that each of them trains. */
import type { MemoryPolicy } from '../contract/config.ts';
import type { Graph } from '../graph/ir.ts';
import type { Adapted } from '../model/adapted.ts';
import type { DecoderSpec } from '../model/decoder.ts';
import { decodeSegment, prefillSegment } from '../model/generationSegments.ts';
import type { CacheGraph, GenerationGraph, GroupOptions } from '../model/generationSegments.ts';
import { memorySegment, targetBlocks, targetSegment } from '../model/targetSegments.ts';
import { blockSegment, embeddingSegment, headSegment } from '../model/segments.ts';
import type { DropoutSite, WeightUse } from '../model/segmentBuilder.ts';
import type { SegmentGraphs } from '../model/segments.ts';
import { Buffers } from '../ort/device.ts';
import type { Device, Program } from '../ort/device.ts';
import { Parameters } from './parameters.ts';

export interface CompiledSegment {
  readonly weights: readonly WeightUse[];
  readonly sites: readonly DropoutSite[];
  readonly infer: Program;
  /** Output, then what backward needs; absent where nothing here or below learns. */
  readonly forward?: Program;
  readonly backward?: Program;
  /** Forward gives the sum of the methods' own losses. */
  readonly auxiliary: boolean;
  readonly observed: SegmentGraphs['observed'];
  /** Backward's first output is the gradient by the input. */
  readonly inputGradient: boolean;
  readonly parameters?: Parameters;
  /** Home of the forward outputs until backward has read them. */
  readonly buffers: Buffers;
}

export interface CompiledHead {
  readonly weights: readonly WeightUse[];
  readonly logits: Program;
  readonly loss: Program;
  readonly train: Program;
  readonly parameters?: Parameters;
}

/** A group of blocks ready to take a token a row. */
export interface CompiledDecoding {
  readonly decode: GenerationGraph;
  readonly decodeProgram: Program;
  readonly parameters?: Parameters;
}

/** One of a decoder, with what reads prompts. */
export interface CompiledGeneration extends CompiledDecoding {
  readonly prefill: GenerationGraph;
  readonly prefillProgram: Program;
}

/** One of an encoder-decoder's target blocks, with what keeps the sources. */
export interface CompiledTarget extends CompiledDecoding {
  readonly memory: CacheGraph;
  readonly memoryProgram: Program;
}

export interface CompileOptions {
  readonly device: Device;
  readonly policy: MemoryPolicy;
  /** Blocks a segment. */
  readonly span: number;
  /** Every block gives the gradient by its input, whether or not something below learns. */
  readonly everyInput?: boolean;
}

/** Segment 0 is the embedding; the head comes last in the order of parameters. */
const HEAD = Number.MAX_SAFE_INTEGER;

/** Compiles on first use: block graphs differ with the number of attention groups, parameters are shared by all of them. */
export class CompiledModel implements Disposable {
  readonly #spec: DecoderSpec;
  readonly #adapted: Adapted;
  readonly #options: CompileOptions;
  readonly #segments = new Map<number, Promise<readonly CompiledSegment[]>>();
  readonly #parameters = new Map<number, Parameters>();
  readonly #buffers: Buffers[] = [];
  #head: Promise<CompiledHead> | undefined;
  #generation: Promise<readonly CompiledGeneration[]> | undefined;
  #targets: Promise<readonly CompiledTarget[]> | undefined;

  constructor(spec: DecoderSpec, adapted: Adapted, options: CompileOptions) {
    this.#spec = spec;
    this.#adapted = adapted;
    this.#options = options;
  }

  /** Embedding, then groups of `span` blocks. */
  segments(groups: number): Promise<readonly CompiledSegment[]> {
    let segments = this.#segments.get(groups);
    if (!segments) this.#segments.set(groups, (segments = this.#compile(groups)));
    return segments;
  }

  head(): Promise<CompiledHead> {
    this.#head ??= this.#compileHead();
    return this.#head;
  }

  /** All that is trained, in the order embedding, blocks, head. */
  async parameters(): Promise<readonly Parameters[]> {
    await this.segments(1);
    await this.head();
    return [...this.#parameters.entries()].sort(([a], [b]) => a - b).map(([, parameters]) => parameters);
  }

  /** Graphs that generate, one entry a group of blocks. */
  generation(): Promise<readonly CompiledGeneration[]> {
    this.#generation ??= this.#compileGeneration();
    return this.#generation;
  }

  /** Graphs that write targets of an encoder-decoder, one entry a group with such blocks. */
  targets(): Promise<readonly CompiledTarget[]> {
    this.#targets ??= this.#compileTargets();
    return this.#targets;
  }

  async #compileGeneration(): Promise<readonly CompiledGeneration[]> {
    const { device } = this.#options;
    const compiled: CompiledGeneration[] = [];
    for (const group of this.#groups()) {
      const prefill = prefillSegment(group);
      compiled.push({
        prefill,
        prefillProgram: await device.compile(prefill.graph, `prefill${group.first}`),
        ...(await this.#decoding(group, decodeSegment(group))),
      });
    }
    return compiled;
  }

  async #compileTargets(): Promise<readonly CompiledTarget[]> {
    const { device } = this.#options;
    const compiled: CompiledTarget[] = [];
    for (const group of this.#groups()) {
      if (targetBlocks(group).length === 0) continue;
      const memory = memorySegment(group);
      compiled.push({
        memory,
        memoryProgram: await device.compile(memory.graph, `memory${group.first}`),
        ...(await this.#decoding(group, targetSegment(group))),
      });
    }
    return compiled;
  }

  /** Blocks as they are grouped into segments 1, 2, ... */
  #groups(): (GroupOptions & { readonly segment: number })[] {
    const [spec, adapted, span] = [this.#spec, this.#adapted, this.#options.span];
    const blocks = spec.layers.length;
    return Array.from({ length: Math.ceil(blocks / span) }, (_, i) => {
      const first = i * span;
      return { spec, adapted, first, count: Math.min(span, blocks - first), segment: i + 1 };
    });
  }

  async #decoding(
    { first, segment }: { readonly first: number; readonly segment: number },
    decode: GenerationGraph,
  ): Promise<CompiledDecoding> {
    const parameters = await this.#parametersOf(segment, decode);
    const decodeProgram = await this.#options.device.compile(decode.graph, `decode${first}`);
    return { decode, decodeProgram, ...(parameters && { parameters }) };
  }

  async #compile(groups: number): Promise<readonly CompiledSegment[]> {
    const { policy } = this.#options;
    const embedding = embeddingSegment(this.#spec, this.#adapted);
    const segments = [await this.#segment(embedding, 0, false, 'embedding')];
    let learnsBelow = embedding.flat.size > 0 || this.#options.everyInput === true;
    for (const { segment, ...group } of this.#groups()) {
      const graphs = blockSegment({ ...group, groups, policy, inputGradient: learnsBelow });
      segments.push(await this.#segment(graphs, segment, learnsBelow, `blocks${group.first}`));
      learnsBelow ||= graphs.flat.size > 0;
    }
    return segments;
  }

  async #segment(
    graphs: SegmentGraphs,
    index: number,
    inputGradient: boolean,
    name: string,
  ): Promise<CompiledSegment> {
    const compile = (graph: Graph, part: string): Promise<Program> =>
      this.#options.device.compile(graph, `${name}.${part}`);
    const buffers = (this.#buffers[index] ??= new Buffers());
    const parameters = await this.#parametersOf(index, graphs);
    return {
      weights: graphs.weights,
      sites: graphs.sites,
      auxiliary: graphs.auxiliary,
      observed: graphs.observed,
      infer: await compile(graphs.infer, 'infer'),
      ...(graphs.train && {
        forward: await compile(graphs.train.forward, 'forward'),
        backward: await compile(graphs.train.backward, 'backward'),
      }),
      inputGradient,
      ...(parameters && { parameters }),
      buffers,
    };
  }

  async #compileHead(): Promise<CompiledHead> {
    const { device } = this.#options;
    const graphs = headSegment(this.#spec, this.#adapted);
    const parameters = await this.#parametersOf(HEAD, graphs);
    return {
      weights: graphs.weights,
      logits: await device.compile(graphs.logits, 'head.logits'),
      loss: await device.compile(graphs.loss, 'head.loss'),
      train: await device.compile(graphs.train, 'head.train'),
      ...(parameters && { parameters }),
    };
  }

  async #parametersOf(
    index: number,
    { flat, frozen }: Pick<SegmentGraphs, 'flat' | 'frozen'>,
  ): Promise<Parameters | undefined> {
    if (flat.size === 0) return undefined;
    let parameters = this.#parameters.get(index);
    if (!parameters)
      this.#parameters.set(index, (parameters = await Parameters.create(this.#options.device, flat, frozen)));
    return parameters;
  }

  /** Gives back the memory of forward values; the next step takes it anew. */
  release(): void {
    for (const buffers of this.#buffers) buffers[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.release();
    for (const parameters of this.#parameters.values()) parameters[Symbol.dispose]();
  }
}
