/** @file 4-bit weights in graphs: the numbers that the codes stand for, in products and on their own. */
import { afterAll, expect, it, test } from 'vitest';
import { lower } from '../../../runtime/graph/lower.ts';
import { live } from '../../../runtime/graph/lowerCoded.ts';
import { GraphBuilder } from '../../../runtime/graph/ops.ts';
import { NF4_BLOCK, packNf4, unpackNf4 } from '../../../runtime/model/quantize/nf4.ts';
import { Device } from '../../../runtime/ort/device.ts';
import { evaluate, randomNumbers } from '../../support/evaluate.ts';
import { relativeError } from '../../support/randomModel.ts';

const device = new Device({ provider: 'cpu', threads: 1 });
afterAll(() => device[Symbol.asyncDispose]());

/** A graph with a 4-bit matrix of the given shape, its feeds, and the numbers. */
function coded(shape: readonly [number, number]) {
  const op = new GraphBuilder();
  const count = shape[0] * shape[1];
  const packed = packNf4(randomNumbers(count, `weight ${shape.join()}`));
  const weight = op.dequantize(
    op.input('codes', 'uint8', [Math.ceil(count / 2)]),
    op.input('scales', 'float32', [Math.ceil(count / NF4_BLOCK)]),
    shape,
    NF4_BLOCK,
  );
  return { op, weight, feeds: { ...packed }, numbers: unpackNf4(packed, count) };
}

test.each([
  [3, 64],
  [5, 7],
  [6, 22],
  [48, 100],
  [1, 1],
] as const)('a matrix [%d, %d] has the numbers of its codes, exactly', async (rows, columns) => {
  const { op, weight, feeds, numbers } = coded([rows, columns]);
  const [found] = await evaluate(device, op.finish([weight]), feeds);
  expect(found).toEqual([...numbers]);
});

test.each([
  [true, ['MatMulBnb4']],
  [false, ['MatMulBnb4', 'Transpose', 'Reshape', 'MatMul']],
] as const)('a product with it, transposed %s, is that with its numbers', async (transB, nodes) => {
  const { op, weight, feeds, numbers } = coded([6, 22]);
  const x = op.input('x', 'float32', transB ? [4, 22] : [4, 6]);
  const y = op.matmul(x, weight, { transB });
  const graph = op.finish([y]);
  const values = randomNumbers(4 * (transB ? 22 : 6), 'x');
  const [found] = await evaluate(device, graph, { ...feeds, x: values });
  const expected = Array.from({ length: 4 * (transB ? 6 : 22) }, (_, at) => {
    const [width, inner] = transB ? [6, 22] : [22, 6];
    let sum = 0;
    for (let i = 0; i < inner; i++) {
      const column = at % width;
      const w = transB ? numbers[column * 22 + i]! : numbers[i * 22 + column]!;
      sum += values[Math.floor(at / width) * inner + i]! * w;
    }
    return sum;
  });
  expect(relativeError(found!, expected)).toBeLessThan(1e-6);
  expect(lower(graph, 'cpu').nodes.map(({ opType }) => opType)).toEqual(nodes);
});

it('expands it where a product alone will not do', () => {
  const { op, weight } = coded([6, 22]);
  const x = op.input('x', 'float32', [4, 22]);
  const both = op.finish([op.matmul(x, weight, { transB: true }), op.sumSquare(weight, [1])]);
  const kinds = lower(both, 'cpu').nodes.map(({ opType }) => opType);
  expect(kinds.filter((kind) => kind === 'MatMulBnb4')).toHaveLength(2);
  const scaled = op.finish([op.matmul(x, weight, { transB: true, alpha: 2 })]);
  expect(lower(scaled, 'cpu').nodes.map(({ opType }) => opType)).toContain('FusedMatMul');
});

it('says that other providers have no kernel for it', () => {
  const { op, weight } = coded([6, 22]);
  expect(() => lower(op.finish([weight]), 'webgpu')).toThrow('4-bit weights have no kernel on webgpu');
});

it('drops nodes that nobody reads, and what only these read', () => {
  const node = (name: string, ...inputs: string[]) => ({ inputs, outputs: [name] });
  const nodes = [node('a', 'x'), node('b', 'a'), node('c', 'x'), node('d', 'c')];
  expect(live(nodes, [{ name: 'd' }])).toEqual([node('c', 'x'), node('d', 'c')]);
  expect(live(nodes, [{ name: 'b' }, { name: 'c' }])).toEqual(nodes.slice(0, 3));
});
