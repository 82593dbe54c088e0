/** @file Named sizes and their products, and what a node reads. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeValue, factorsOf, inputsOf, productDim } from '../../../runtime/graph/ir.ts';
import type { Dim } from '../../../runtime/graph/ir.ts';
import { GraphBuilder } from '../../../runtime/graph/ops.ts';

const names = ['tokens', 'rows', 'queries0'] as const;
const dims = fc.array(fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom(...names)), { maxLength: 6 });

const sizes: Readonly<Record<string, number>> = { tokens: 7, rows: 11, queries0: 13 };
const valueOf = (list: readonly Dim[]): number =>
  list.reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : valueOfName(dim)), 1);
const valueOfName = (name: string): number => sizes[name] ?? valueOf(factorsOf(name));

describe('a product of sizes', () => {
  it('is written one way, whatever the order and grouping of its factors', () => {
    fc.assert(
      fc.property(dims, fc.nat(6), (list, at) => {
        const whole = productDim(list);
        expect(productDim([...list].reverse())).toBe(whole);
        expect(productDim([productDim(list.slice(0, at)), productDim(list.slice(at))])).toBe(whole);
      }),
    );
  });

  it('is worth the product of its factors', () => {
    fc.assert(
      fc.property(dims, (list) => {
        expect(valueOf([productDim(list)])).toBe(valueOf(list));
      }),
    );
  });

  it('is a number where all factors are, and leaves a factor of one out', () => {
    expect([
      productDim([]),
      productDim([3, 4]),
      productDim([1, 'tokens']),
      productDim(['tokens', 9]),
    ]).toEqual([1, 12, 'tokens', '9*tokens']);
    expect(factorsOf('9*queries0*tokens')).toEqual([9, 'queries0', 'tokens']);
  });
});

describe('a node', () => {
  it("names what it reads in ONNX's order, the optional last", () => {
    const op = new GraphBuilder();
    const data = op.input('data', 'float32', ['n', 4]);
    const indices = op.input('indices', 'int32', ['m']);
    const inverse = op.input('inverse', 'int32', ['n']);
    const valid = op.input('valid', 'float32', ['n', 1]);
    const read = (value: ReturnType<typeof op.permute>): string[] =>
      inputsOf(value.producer!).map(({ name }) => name);
    expect(read(op.permute(data, indices, inverse))).toEqual(['data', 'indices', 'inverse']);
    expect(read(op.permute(data, indices, inverse, valid))).toEqual(['data', 'indices', 'inverse', 'valid']);
    expect(read(op.concat([data, data], 1))).toEqual(['data', 'data']);
    expect(describeValue(op.concat([data, data], 1))).toBe('float32[n, 8]');
  });
});
