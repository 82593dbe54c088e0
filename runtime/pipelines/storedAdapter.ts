/** @file An adapter's tensors in the form in which its folder holds them: each layer's method says how it is stored. */
import type { AdapterMethod, LayerTensors, StoredForm, StoredTensor } from '../methods/method.ts';
import { linearsOf } from '../model/adapted.ts';
import type { Adapter, Attachment } from '../model/adapted.ts';
import type { DecoderSpec, LinearSpec } from '../model/decoder.ts';
import type { Parameters } from '../train/parameters.ts';
import { namedTensors } from './adapterModel.ts';

export interface StoredAdapter {
  /** By module path, in the order of the adapter. */
  readonly forms: ReadonlyMap<string, StoredForm>;
  /** Whole tensors of the base, and the adapter of an embedding. */
  readonly others: ReadonlyMap<string, StoredTensor>;
}

/** All of an adapter's tensors by name, what is frozen included. */
export async function allTensors(parameters: readonly Parameters[]): Promise<Map<string, StoredTensor>> {
  const frozen = parameters.filter((part) => part.has('frozen'));
  const named = [...(await namedTensors(parameters, 'values')), ...(await namedTensors(frozen, 'frozen'))];
  return new Map(named.map(({ name, shape, data }) => [name, { shape, data }]));
}

/** Layer by layer as it is stored. */
export async function storedAdapter(
  adapted: Adapter,
  spec: DecoderSpec,
  parameters: readonly Parameters[],
): Promise<StoredAdapter> {
  const others = await allTensors(parameters);
  const shapes = new Map(linearsOf(spec).map((linear) => [linear.path, linear]));
  const forms = new Map<string, StoredForm>();
  for (const [path, attachment] of adapted.linears) {
    const layer = shapes.get(path)!;
    const { method, options } = attachment;
    const tensors = layerTensors(attachment, layer, (name) => others.get(name));
    for (const { tensor } of Object.values(method.params(options, layer))) others.delete(`${path}.${tensor}`);
    forms.set(path, method.stored(tensors, options, layer));
  }
  return { forms, others };
}

/** A layer's tensors by the names of its method's parameters. Throws an Error where one lacks. */
export function layerTensors(
  { method, options }: Attachment<AdapterMethod>,
  layer: LinearSpec,
  find: (name: string) => StoredTensor | undefined,
): LayerTensors {
  const specs = Object.entries(method.params(options, layer));
  return Object.fromEntries(
    specs.map(([key, { tensor }]) => {
      const found = find(`${layer.path}.${tensor}`);
      if (!found) throw new Error(`${layer.path} lacks ${tensor}`);
      return [key, found];
    }),
  );
}

/** Whether the stored form is other tensors than those that are trained: a checkpoint then keeps these too. */
export function isConverted({ forms }: StoredAdapter, adapted: Adapter, spec: DecoderSpec): boolean {
  const shapes = new Map(linearsOf(spec).map((linear) => [linear.path, linear]));
  return [...forms].some(([path, form]) => {
    const { method, options } = adapted.linears.get(path)!;
    const own = Object.values(method.params(options, shapes.get(path)!));
    return own.some(({ tensor, shape }) => form.tensors[tensor]?.shape.join() !== shape.join());
  });
}
