/** @file A PEFT adapter on a base: which linears it adapts, which tensors it replaces, and whether the two fit together. */
import { UserError } from '../contract/errors.ts';
import type { ExpertModule, PeftTensor } from '../formats/expertModules.ts';
import type { PeftAdapter, PeftModule } from '../formats/peft.ts';
import { dora } from '../methods/dora.ts';
import { lora } from '../methods/lora.ts';
import { expertNames, joinExperts, loramoe } from '../methods/loramoe.ts';
import type { LoramoeOptions } from '../methods/loramoe.ts';
import type { LoraOptions } from '../methods/lora.ts';
import type { AdapterMethod, LayerTensors, StoredTensor } from '../methods/method.ts';
import { linearsOf } from './adapted.ts';
import type { Adapted, Adapter, Attachment } from './adapted.ts';
import type { Base, DecoderSpec, LinearSpec } from './decoder.ts';
import { untrainable } from './specTensors.ts';

/** Values of a trained tensor by PEFT's name without prefix; undefined where the source has none. */
export type TensorLookup = (name: string) => Float32Array | undefined;

export interface AdapterModel {
  readonly adapted: Adapter;
  /** Base tensors that the adapter's file replaces. */
  readonly overrides: ReadonlyMap<string, Float32Array>;
  readonly values: TensorLookup;
}

/** A PEFT adapter on this base. Throws `adapter-misfit` naming the module where sizes or names don't fit. */
export function adapterFromPeft(
  adapter: PeftAdapter,
  { spec, tensors }: Pick<Base, 'spec' | 'tensors'>,
): AdapterModel {
  const linears = new Map<string, Attachment<AdapterMethod>>();
  const values = new Map<string, PeftTensor>();
  const known = new Map(linearsOf(spec).map((linear) => [linear.path, linear]));
  let embedding: Adapted['embedding'];
  for (const [path, module] of adapter.modules) {
    const attachment = {
      method: module.magnitude ? dora : lora,
      options: optionsOf(module, adapter.config.rankStabilized),
    };
    if (module.embedding) {
      checkEmbedding(adapter, module, spec);
      embedding = attachment;
      values.set(`${path}.lora_embedding_A`, module.A).set(`${path}.lora_embedding_B`, module.B);
      continue;
    }
    checkLinear(adapter, module, known.get(path));
    linears.set(path, attachment);
    values.set(`${path}.lora_A.weight`, module.A).set(`${path}.lora_B.weight`, module.B);
    if (module.bias) values.set(`${path}.lora_B.bias`, module.bias);
    if (module.magnitude) values.set(`${path}.lora_magnitude_vector`, module.magnitude);
  }
  for (const [path, module] of adapter.experts) {
    checkSizes(adapter, path, [module.gate.shape[1]!, module.B[0]!.shape[0]!], known.get(path));
    const { options, tensors } = expertsOf(module, adapter.config);
    linears.set(path, { method: loramoe, options });
    for (const [ending, tensor] of Object.entries(tensors)) values.set(`${path}.${ending}`, tensor);
  }
  for (const [name, tensor] of adapter.saved) {
    checkSaved(adapter, name, tensor, spec, tensors);
    values.set(name, tensor);
  }
  const overrides = new Map([...adapter.base].map(([name, tensor]) => [name, tensor.read()]));
  return {
    adapted: { linears, ...(embedding && { embedding }), saved: new Set(adapter.saved.keys()) },
    overrides,
    values: (name) => values.get(name)?.read(),
  };
}

const optionsOf = ({ rank, alpha, bias }: PeftModule, rankStabilized: boolean): LoraOptions => ({
  rank,
  alpha,
  rankStabilized,
  bias: bias !== undefined,
});

function misfit(adapter: PeftAdapter, what: string, problem: string): UserError {
  return new UserError('adapter-misfit', `${what} ${problem}.`, {
    place: { file: adapter.folder, what },
    hint: 'The adapter was made for another base: name that one.',
  });
}

function checkLinear(adapter: PeftAdapter, { path, A, B }: PeftModule, linear: LinearSpec | undefined): void {
  checkSizes(adapter, path, [A.shape[1]!, B.shape[0]!], linear);
}

/** The options and the tensors as LoRAMoE trains them, joined when they are read. */
function expertsOf(
  { rank, alpha, gate, A, B }: ExpertModule,
  { experts }: PeftAdapter['config'],
): { options: LoramoeOptions; tensors: Readonly<Record<string, PeftTensor>> } {
  const { count, balance, split } = experts!;
  const options = { rank, alpha, experts: count, balance, split, countPadding: false };
  const stored = (): LayerTensors => {
    const read = ({ shape, read: data }: PeftTensor): StoredTensor => ({ shape, data: data() });
    const each = (name: (k: number) => string, list: readonly PeftTensor[]): [string, StoredTensor][] =>
      list.map((tensor, k) => [name(k), read(tensor)]);
    return Object.fromEntries([
      [expertNames.gate, read(gate)],
      ...each(expertNames.A, A),
      ...each(expertNames.B, B),
    ]);
  };
  const specs = loramoe.params(options, { path: '', inputs: gate.shape[1]!, outputs: B[0]!.shape[0]! });
  const tensors = Object.entries(specs).map(([key, { tensor, shape }]): [string, PeftTensor] => [
    tensor,
    { name: gate.name, shape, read: () => joinExperts(stored(), count, rank)[key]!.data },
  ]);
  return { options, tensors: Object.fromEntries(tensors) };
}

function checkSizes(
  adapter: PeftAdapter,
  path: string,
  [inputs, outputs]: readonly [number, number],
  linear: LinearSpec | undefined,
): void {
  if (!linear) throw misfit(adapter, path, 'is no linear of this base');
  if (inputs !== linear.inputs || outputs !== linear.outputs)
    throw misfit(
      adapter,
      path,
      `maps ${inputs} to ${outputs} numbers, in this base ${linear.inputs} to ${linear.outputs}`,
    );
}

function checkEmbedding(
  adapter: PeftAdapter,
  { path, A, B, magnitude }: PeftModule,
  spec: DecoderSpec,
): void {
  if (path !== spec.names.embedding) throw misfit(adapter, path, 'is not the embedding of this base');
  if (magnitude)
    throw new UserError(
      'adapter-unsupported',
      `adapts the embedding ${path} by DoRA, which is not supported.`,
      {
        place: { file: adapter.folder, what: path },
      },
    );
  if (A.shape[1] !== spec.vocab || B.shape[0] !== spec.hidden)
    throw misfit(
      adapter,
      path,
      `is for ${A.shape[1]} tokens of ${B.shape[0]} numbers, this base has ${spec.vocab} of ${spec.hidden}`,
    );
}

function checkSaved(
  adapter: PeftAdapter,
  name: string,
  tensor: PeftTensor,
  spec: DecoderSpec,
  tensors: Base['tensors'],
): void {
  if (untrainable(spec).some((module) => name.startsWith(`${module}.`)))
    throw new UserError(
      'adapter-unsupported',
      `trains ${name}, which every block reads: this is not supported.`,
      {
        place: { file: adapter.folder, what: name },
      },
    );
  const head = `${spec.names.head.path}.weight`;
  const shape =
    name === head
      ? [spec.names.head.outputs, spec.hidden]
      : tensors.names.has(name)
        ? tensors.shape(name)
        : undefined;
  if (shape === undefined) throw misfit(adapter, name, 'is no tensor of this base');
  if (shape.join() !== tensor.shape.join())
    throw misfit(adapter, name, `has shape [${tensor.shape.join(', ')}], in this base [${shape.join(', ')}]`);
}

/** Says that an adapter can be run but not trained further, before any of its tensors is read. Throws `adapter-unsupported`. */
export function requireTrainable({ base, modules, folder }: PeftAdapter): void {
  if (base.size === 0 && ![...modules.values()].some(({ embedding }) => embedding)) return;
  throw new UserError(
    'adapter-unsupported',
    'adapts the embedding or the head, which can be run but not trained further.',
    { place: { file: folder } },
  );
}

/** A config's kind goes on with an adapter of that kind only, plain "lora" with whatever is there: the method that doesn't fit. */
export function otherMethod({ linears }: Adapter, kind: string): AdapterMethod | undefined {
  if (kind === lora.kind) return undefined;
  return [...linears.values()].find(({ method }) => method.kind !== kind)?.method;
}

/** Throws `adapter-kind` where there is an `otherMethod`. */
export function requireKind({ folder }: PeftAdapter, adapted: Adapter, kind: string): void {
  const found = otherMethod(adapted, kind);
  if (found === undefined) return;
  throw new UserError('adapter-kind', `is a ${found.title} adapter, which "${kind}" can't go on with.`, {
    place: { file: folder },
    hint: `Set method.kind to "${found.kind}".`,
  });
}
