/**
 * @file LoRAMoE's tensors in an adapter's file, under the names of its reference ("<path>.lora_route.weight", "<path>.lora_A3.weight")
 * or those of MoE-PEFT ("loramoe.layers.0.mlp.up_proj.experts.3.lora_A.weight"), sizes checked.
 */
import { UserError } from '../contract/errors.ts';
import { moduleOptions } from './peftConfig.ts';
import type { PeftConfig } from './peftConfig.ts';

/** In front of every name: PEFT wraps the model twice. */
export const peftPrefix = 'base_model.model.';

/** A tensor of the adapter's file. */
export interface PeftTensor {
  /** Name in the file. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Values in row-major order. Throws `not-finite` for NaN and infinities. */
  readonly read: () => Float32Array;
}

/** LoRAMoE's adapter of one module: a router and N experts. */
export interface ExpertModule {
  /** Path in the model, without PEFT's prefix. */
  readonly path: string;
  readonly rank: number;
  readonly alpha: number;
  /** [N, inputs]. */
  readonly gate: PeftTensor;
  /** N of [r, inputs]. */
  readonly A: readonly PeftTensor[];
  /** N of [outputs, r]. */
  readonly B: readonly PeftTensor[];
}

/** What was found of one module so far: "gate", "A3", "B3". */
export type RoutedParts = Map<string, PeftTensor>;

const layouts: readonly RegExp[] = [
  /^base_model[.]model[.](?<path>.+)[.](?:(?<gate>lora_route)|lora_(?<kind>[AB])(?<expert>\d{1,4}))[.]weight$/,
  /^loramoe[.](?<inner>.+)[.](?:(?<gate>moe_gate)|experts[.](?<expert>\d{1,4})[.]lora_(?<kind>[AB]))[.]weight$/,
];

/** Sorts a tensor into its module. @returns false for one of another kind. Throws `adapter-tensor` where its place is taken. */
export function putRouted(into: Map<string, RoutedParts>, tensor: PeftTensor, file: string): boolean {
  const groups = layouts.map((layout) => layout.exec(tensor.name)?.groups).find((found) => found);
  if (!groups) return false;
  // MoE-PEFT names layers from the decoder's stack on
  const path = groups['path'] ?? `model.${groups['inner']!}`;
  const key = groups['gate'] === undefined ? `${groups['kind']!}${Number(groups['expert'])}` : 'gate';
  const parts = into.get(path) ?? new Map<string, PeftTensor>();
  if (parts.has(key)) throw refused(file, tensor.name, 'stands in the file twice, under two names');
  parts.set(key, tensor);
  into.set(path, parts);
  return true;
}

function refused(file: string, name: string, problem: string): UserError {
  return new UserError('adapter-tensor', `the tensor '${name}' ${problem}.`, { place: { file, what: name } });
}

/** Each module whole, with the sizes that the config tells. Throws `adapter-tensor`. */
export function expertModules(
  routed: ReadonlyMap<string, RoutedParts>,
  config: PeftConfig,
  file: string,
): ReadonlyMap<string, ExpertModule> {
  const count = config.experts!.count;
  const paths = [...routed.keys()];
  const options = moduleOptions(config, paths);
  const modules = new Map<string, ExpertModule>();
  for (const [i, [path, parts]] of [...routed].entries()) {
    const part = (key: string): PeftTensor => {
      const found = parts.get(key);
      if (!found)
        throw new UserError('adapter-tensor', `${path} has no ${key === 'gate' ? 'router' : key}.`, {
          place: { file, what: path },
          hint: `By the config it has a router and ${count} experts.`,
        });
      return found;
    };
    if (parts.size !== 1 + 2 * count)
      throw new UserError(
        'adapter-tensor',
        `${path} has ${parts.size} tensors; a router and ${count} experts are ${1 + 2 * count}.`,
        { place: { file, what: path } },
      );
    const each = (kind: 'A' | 'B'): PeftTensor[] =>
      Array.from({ length: count }, (_, k) => part(`${kind}${k}`));
    const { rank, alpha } = options[i]!;
    const module = { path, rank, alpha, gate: part('gate'), A: each('A'), B: each('B') };
    checkSizes(module, count, file);
    modules.set(path, module);
  }
  return modules;
}

function checkSizes({ rank, gate, A, B }: ExpertModule, count: number, file: string): void {
  const [inputs, outputs] = [gate.shape[1] ?? 0, B[0]!.shape[0] ?? 0];
  const expect = (tensor: PeftTensor, shape: readonly number[], words: string): void => {
    if (tensor.shape.join() === shape.join() && shape.every((size) => size > 0)) return;
    const found = `has the shape [${tensor.shape.join(', ')}]; by the config it is ${words}`;
    throw refused(file, tensor.name, found);
  };
  expect(gate, [count, inputs], `[${count}, inputs]`);
  for (const tensor of A) expect(tensor, [rank, inputs], `[${rank}, ${inputs}]`);
  for (const tensor of B) expect(tensor, [outputs, rank], `[outputs, ${rank}]`);
}
