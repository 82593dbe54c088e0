/** @file Arithmetic counted from shapes: what the roofline counts, and what adapters and attention add. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Bases } from '../../../runtime/config/bases.ts';
import { UserError } from '../../../runtime/contract/errors.ts';
import { flopsPerToken, workPerToken } from '../../../runtime/train/flops.ts';
import { root } from '../../support/sourceFiles.ts';

const base = new Bases().open(join(root, 'media/base/tiny-clerk'));
if (base instanceof UserError) throw base;
const { spec, shape } = base;
const inBlocks = shape.linears
  .filter(({ path }) => path !== shape.head)
  .reduce((sum, { inputs, outputs }) => sum + inputs * outputs, 0);

test('frozen linears cost four operations a number, six where they are computed twice', () => {
  expect(flopsPerToken(spec, 'balanced', 0)).toBe(4 * inBlocks);
  expect(flopsPerToken(spec, 'low', 0)).toBe(6 * inBlocks);
  expect(flopsPerToken(spec, 'fast', 0.5) - flopsPerToken(spec, 'fast', 0)).toBe(
    2 * spec.vocab * spec.hidden,
  );
});

test('adapters and attention come on top', () => {
  const work = (more: object): number =>
    workPerToken(spec, { memory: 'balanced', labelled: 0, rowTokens: 0, adapter: 0, frozen: 0, ...more });
  expect(work({})).toBe(4 * inBlocks);
  expect(work({ adapter: 1000 }) - work({})).toBe(6000);
  // no gradient of its own
  expect(work({ frozen: 1000 }) - work({})).toBe(4000);
  // q k^T and its use for 50 of 100 tokens, 2 each, once forwards and twice backwards
  expect(work({ rowTokens: 100 }) - work({})).toBe(3 * 2 * 2 * 50 * spec.heads * spec.headSize * 6);
  expect(work({ memory: 'low', adapter: 1000 }) - work({ memory: 'low' })).toBe(8000);
});
