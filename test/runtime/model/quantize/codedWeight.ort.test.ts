/** @file A packed weight in a graph has the numbers that plain code makes of it, and takes the bytes that are foretold. */
import { afterAll, describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../../../runtime/graph/ops.ts';
import {
  codedWeight,
  packedBytes,
  packWeight,
  roundedWeight,
} from '../../../../runtime/model/quantize/codedWeight.ts';
import { Device } from '../../../../runtime/ort/device.ts';
import { evaluate, randomNumbers } from '../../../support/evaluate.ts';
import { relativeError } from '../../../support/randomModel.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());

describe.each(['nf4', 'nf4-double'] as const)('%s', (codes) => {
  test.each([
    [5, 7],
    [64, 64],
    [150, 130],
  ] as const)('a weight [%d, %d]', async (rows, columns) => {
    const values = randomNumbers(rows * columns, 'weight');
    const packed = packWeight(values, codes);
    const bytes = Object.values(packed).reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(packedBytes(values.length, codes)).toBe(bytes);
    const op = new GraphBuilder();
    const weight = codedWeight(op, 'w', [rows, columns], codes);
    const feeds = Object.fromEntries(Object.entries(packed).map(([part, data]) => [`w.${part}`, data]));
    const [found] = await evaluate(device, op.finish([weight]), feeds);
    const expected = roundedWeight(values, codes);
    // a multiplication and an addition may be one operation in the graph
    expect(relativeError(found!, expected)).toBeLessThan(codes === 'nf4' ? 1e-30 : 3e-7);
    expect(relativeError(found!, values)).toBeLessThan(0.2);
  });
});
