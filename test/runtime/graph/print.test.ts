/** @file Graphs as text: the words, and one decoder block with LoRA, forward and backward, against a golden copy. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { GraphBuilder } from '../../../runtime/graph/ops.ts';
import { printGraph } from '../../../runtime/graph/print.ts';
import { blockSegment } from '../../../runtime/model/segments.ts';
import { expectGolden } from '../../support/golden.ts';
import { allLinear, randomBase } from '../../support/randomModel.ts';

it('one value a line; attributes only where they say something', () => {
  const op = new GraphBuilder();
  const x = op.input('x', 'float32', ['tokens', 4]);
  const w = op.input('w', 'float32', [3, 4]);
  const table = op.constant(new Float32Array(6), [2, 3], 'float32', 'table');
  const y = op.matmul(x, w, { transB: true, alpha: 0.5 });
  const sum = op.sum(op.mul(y, 2), [1]);
  const picked = op.gather(table, op.constant(BigInt64Array.of(1n), [1]));
  expect(printGraph(op.finish([sum, picked]))).toBe(
    [
      'input x: float32[tokens, 4]',
      'input w: float32[3, 4]',
      'constant table: float32[2, 3]',
      'constant scalar: float32[] = 2',
      'constant constant: int64[1] = 1',
      'MatMul = MatMul(x, w) {transB: true, alpha: 0.5}: float32[tokens, 3]',
      'Mul = Mul(MatMul, scalar): float32[tokens, 3]',
      'ReduceSum = ReduceSum(Mul) {axes: [1]}: float32[tokens]',
      'Gather = Gather(table, constant) {axis: 0}: float32[1, 3]',
      'output ReduceSum',
      'output Gather',
      '',
    ].join('\n'),
  );
});

it('one decoder block with LoRA on all linears, as training runs it', () => {
  const { spec } = randomBase();
  const { train } = blockSegment({
    spec,
    adapted: allLinear(randomBase()),
    first: 1,
    count: 1,
    groups: 1,
    policy: 'balanced',
    inputGradient: true,
  });
  const text = `forward\n${printGraph(train!.forward)}\nbackward\n${printGraph(train!.backward)}`;
  expectGolden(join('graphs', 'loraBlock.txt'), text);
});
