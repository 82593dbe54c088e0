/** @file What methods show of their layers while they learn: numbers of the current tensors, and means over the steps since the last look. */
import type { MethodEvent } from '../contract/run.ts';
import { linearsOf } from '../model/adapted.ts';
import type { Adapter } from '../model/adapted.ts';
import type { DecoderSpec, LinearSpec } from '../model/decoder.ts';
import type { TokenRow } from '../train/batch.ts';
import type { Learned } from '../train/engine.ts';
import type { Parameters } from '../train/parameters.ts';
import { allTensors, layerTensors } from './storedAdapter.ts';

interface Mean {
  sum: number;
  count: number;
}

export class MethodFacts {
  readonly #adapted: Adapter;
  readonly #shapes: ReadonlyMap<string, LinearSpec>;
  /** By layer and fact. */
  readonly #means = new Map<string, Map<string, Mean>>();

  constructor(adapted: Adapter, spec: DecoderSpec) {
    this.#adapted = adapted;
    this.#shapes = new Map(linearsOf(spec).map((linear) => [linear.path, linear]));
  }

  /** Takes what a micro-batch's forward pass showed. */
  add({ observed }: Pick<Learned, 'observed'>, rows: readonly TokenRow[]): void {
    const types = rows.map(({ taskType }) => taskType);
    for (const [name, value] of observed) {
      const path = name.slice(0, name.lastIndexOf('.'));
      const attachment = this.#adapted.linears.get(path);
      const read = attachment?.method.observed?.(
        name.slice(path.length + 1),
        value,
        types,
        attachment.options,
      );
      for (const [fact, [sum, count]] of Object.entries(read ?? {})) {
        const facts = this.#means.get(path) ?? new Map<string, Mean>();
        this.#means.set(path, facts);
        const mean = facts.get(fact) ?? { sum: 0, count: 0 };
        facts.set(fact, { sum: mean.sum + sum, count: mean.count + count });
      }
    }
  }

  /** By layer path; the means begin anew. Undefined where no method shows anything. */
  async take(parameters: readonly Parameters[]): Promise<MethodEvent['layers'] | undefined> {
    const layers: Record<string, Record<string, number>> = {};
    for (const [path, facts] of this.#means)
      layers[path] = Object.fromEntries(
        [...facts].filter(([, { count }]) => count > 0).map(([fact, { sum, count }]) => [fact, sum / count]),
      );
    this.#means.clear();
    const looking = [...this.#adapted.linears].filter(
      ([, attachment]) => attachment.method.facts !== undefined,
    );
    const tensors = looking.length === 0 ? undefined : await allTensors(parameters);
    for (const [path, attachment] of looking) {
      const own = layerTensors(attachment, this.#shapes.get(path)!, (name) => tensors!.get(name));
      const shown = { ...layers[path], ...attachment.method.facts!(own, attachment.options) };
      if (Object.keys(shown).length > 0) layers[path] = shown;
    }
    return Object.keys(layers).length === 0 ? undefined : layers;
  }
}

/** Whether what methods minimise beside the loss counts, and why not where it can't. */
export function balancing(
  adapted: Adapter,
  { rows, totals }: { readonly rows: number; readonly totals: { readonly typed: number } },
): { readonly on: boolean; readonly note?: string } {
  const wanted = [...adapted.linears.values()].some(({ method, options }) => method.balances?.(options));
  if (!wanted || totals.typed === rows) return { on: wanted };
  const lacking = totals.typed === 0 ? 'the rows have' : `${rows - totals.typed} of ${rows} rows have`;
  return {
    on: false,
    note: `The balancing loss is off: ${lacking} no task_type (1 for knowledge, 0 for other tasks). "balance": 0 says that it is meant.`,
  };
}
