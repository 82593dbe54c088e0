/** @file Named dimensions become numbers: what a graph's shapes are in one call. */
import { factorsOf } from './ir.ts';
import type { Dim } from './ir.ts';

/** Sizes of the named dimensions in one call. */
export type Sizes = Readonly<Record<string, number>>;

/** The numbers behind a shape: names looked up, products multiplied. */
export function concreteShape(shape: readonly Dim[], sizes: Sizes): number[] {
  return shape.map((dim) => {
    if (typeof dim === 'number') return dim;
    return factorsOf(dim).reduce<number>((product, factor) => {
      const size = typeof factor === 'number' ? factor : sizes[factor];
      if (size === undefined) throw new Error(`size ${factor} of ${dim} is not given`);
      return product * size;
    }, 1);
  });
}
