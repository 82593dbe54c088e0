/** @file From a config or a PEFT folder to what the engine adapts: which linears, which whole tensors, and their values. */
import { matchModules, matchTargets, targetOptions } from '../config/targets.ts';
import type { MethodConfig } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import type { PeftAdapter, PeftModule, PeftTensor } from '../formats/peft.ts';
import { fillInitial } from '../methods/init.ts';
import { methods } from '../methods/index.ts';
import type { LoraOptions } from '../methods/lora.ts';
import { elementCount, linearsOf } from '../model/adapted.ts';
import type { Adapted, Attachment } from '../model/adapted.ts';
import type { Base, DecoderSpec, LinearSpec } from '../model/decoder.ts';
import { specTensors } from '../model/specTensors.ts';
import type { Parameters } from '../train/parameters.ts';
import { hashKey, uniform } from '../train/random.ts';
import type { Overrides } from '../train/weights.ts';

/** Values of a trained tensor by PEFT's name without prefix; undefined where the source has none. */
export type TensorLookup = (name: string) => Float32Array | undefined;

/** The adapter that a config describes, freshly initialised. Targets were checked before. */
export function adaptedFromConfig(method: MethodConfig, spec: DecoderSpec): Adapted {
  const paths = linearsOf(spec).map(({ path }) => path);
  const targets = matchTargets(method.targets, paths, {
    head: spec.names.head.path,
    modulesToSave: method.modulesToSave,
    ...(method.layers && { layers: method.layers }),
  });
  const linears = targetOptions(method, targets).map(({ path, rank, alpha }): [string, Attachment] => [
    path,
    {
      method: methods[method.kind],
      options: { rank, alpha, rankStabilized: method.rankStabilized, bias: false },
    },
  ]);
  const tensors = specTensors(spec).map(({ name }) => name);
  if (spec.tied) tensors.push(`${spec.names.head.path}.weight`);
  const modules = [...new Set(tensors.map((name) => name.slice(0, name.lastIndexOf('.'))))];
  const saved = new Set(matchModules(method.modulesToSave, modules));
  return {
    linears: new Map(linears),
    dropout: method.dropout,
    saved: new Set(tensors.filter((name) => saved.has(name.slice(0, name.lastIndexOf('.'))))),
  };
}

export interface AdapterModel {
  readonly adapted: Adapted;
  /** Base tensors that the adapter's file replaces. */
  readonly overrides: Overrides;
  readonly values: TensorLookup;
}

/** A PEFT adapter on this base. Throws `adapter-misfit` naming the module where sizes or names don't fit. */
export function adapterFromPeft(
  adapter: PeftAdapter,
  { spec, tensors }: Pick<Base, 'spec' | 'tensors'>,
): AdapterModel {
  const linears = new Map<string, Attachment>();
  const values = new Map<string, PeftTensor>();
  const known = new Map(linearsOf(spec).map((linear) => [linear.path, linear]));
  let embedding: Attachment | undefined;
  for (const [path, module] of adapter.modules) {
    const attachment = {
      method: module.magnitude ? methods.dora : methods.lora,
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
  if (!linear) throw misfit(adapter, path, 'is no linear of this base');
  const [inputs, outputs] = [A.shape[1], B.shape[0]];
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
  const head = `${spec.names.head.path}.weight`;
  const shape =
    name === head ? [spec.vocab, spec.hidden] : tensors.names.has(name) ? tensors.shape(name) : undefined;
  if (shape === undefined) throw misfit(adapter, name, 'is no tensor of this base');
  if (shape.join() !== tensor.shape.join())
    throw misfit(adapter, name, `has shape [${tensor.shape.join(', ')}], in this base [${shape.join(', ')}]`);
}

/** Writes start values into the parameters: from `lookup` where it has them, else by the tensor's own rule and the seed. */
export async function startValues(
  all: readonly Parameters[],
  lookup: TensorLookup,
  seed: number,
): Promise<void> {
  for (const parameters of all) {
    const vector = new Float32Array(parameters.size);
    for (const { name, shape, offset, init } of parameters.layout.entries) {
      const part = vector.subarray(offset, offset + elementCount(shape));
      const known = lookup(name);
      if (known) part.set(known);
      else fillInitial(part, init, shape[1] ?? 1, uniform(hashKey('init', seed, name)));
    }
    await parameters.write('values', vector);
  }
}

/** A vector of all segments as named tensors. */
export async function namedTensors(
  all: readonly Parameters[],
  vector: string,
): Promise<{ name: string; shape: readonly number[]; data: Float32Array }[]> {
  const tensors = [];
  for (const parameters of all) {
    const data = await parameters.read(vector);
    for (const { name, shape, offset } of parameters.layout.entries)
      tensors.push({ name, shape, data: data.subarray(offset, offset + elementCount(shape)) });
  }
  return tensors;
}
