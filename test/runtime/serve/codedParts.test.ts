/** @file Columns of steps as text and back: the same numbers in the same arrays. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { flatten, packSteps } from '../../../runtime/contract/steps.ts';
import { codedParts } from '../../../runtime/serve/codedParts.ts';
import { flatParts } from '../../../src/runs/codedParts.ts';
import { stepEvent } from '../../support/runSummary.ts';

test('whatever a run recorded arrives bit for bit', () => {
  const step = fc.record({
    loss: fc.double(),
    gradNorm: fc.double(),
    learningRate: fc.double({ min: 0, max: 1, noNaN: true }),
    tokens: fc.nat(),
    memory: fc.option(fc.double({ min: 0, noNaN: true }), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const events = steps.map(({ memory, ...values }, i) =>
        stepEvent(i + 1, { ...values, ...(memory !== undefined && { memory }) }),
      );
      const flat = flatten(packSteps([...events, { event: 'note', message: 'n' }]));
      const sent = JSON.parse(JSON.stringify(codedParts(flat))) as ReturnType<typeof codedParts>;
      const back = flatParts(sent);
      expect(back.parts).toEqual(flat.parts);
      for (const [i, column] of flat.columns.entries()) {
        expect(back.columns[i]!.constructor).toBe(column.constructor);
        expect(Buffer.from(back.columns[i]!.buffer)).toEqual(
          Buffer.from(column.buffer, column.byteOffset, column.byteLength),
        );
      }
    }),
    { numRuns: 200, seed: 3 },
  );
});
