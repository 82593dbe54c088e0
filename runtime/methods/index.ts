/** @file The adapter methods; a new one is its file, its test, its page in media/methods and one line here. */
import type { MethodConfig } from '../contract/config.ts';
import { allora } from './allora.ts';
import { dora } from './dora.ts';
import { lora } from './lora.ts';
import { loram } from './loram.ts';
import { loramoe } from './loramoe.ts';
import { loraSb } from './loraSb.ts';
import { loraXs } from './loraXs.ts';
import type { AdapterMethod, SmallerBase } from './method.ts';
import { qloram } from './qloram.ts';

export const methods: readonly AdapterMethod[] = [allora, dora, lora, loraSb, loraXs, loram, loramoe, qloram];

/** The methods by kind. */
export type Catalogue = Readonly<Record<string, AdapterMethod>>;

export function catalogueOf(list: readonly AdapterMethod[]): Catalogue {
  return Object.fromEntries(list.map((method) => [method.kind, method]));
}

export const catalogue = catalogueOf(methods);

/** What a method trains on in the place of the base; undefined where that is the base itself, and for kinds of a later version. */
export const smallerBaseOf = (config: MethodConfig): SmallerBase | undefined =>
  Object.hasOwn(catalogue, config.kind) ? catalogue[config.kind]!.smallerBase?.(config) : undefined;

/** Throws an Error for a kind that no method has: configs are checked before. */
export function methodOf(kind: string, among: Catalogue = catalogue): AdapterMethod {
  const method = Object.hasOwn(among, kind) ? among[kind] : undefined;
  if (!method) throw new Error(`no method is called ${kind}`);
  return method;
}
