/** @file The optimiser's graph: which vectors and scalars it takes, and in which order its results come. */
import { describe, expect, test } from 'vitest';
import { optimizers } from '../../../../runtime/train/optimizers/index.ts';
import { updateGraph } from '../../../../runtime/train/optimizers/optimizer.ts';
import type { Mask } from '../../../../runtime/train/optimizers/optimizer.ts';
import { trainingConfig } from '../../../support/trainingConfig.ts';

describe.each(Object.values(optimizers))('$kind', (optimizer) => {
  const scalars = Object.keys(optimizer.scalars(trainingConfig({}), 1, 1e-3));

  test.each<[Mask[]]>([[['decay', 'rate']], [['rate']], [[]]])(
    'reads each of its inputs, vectors of factors: %s',
    (masks) => {
      const { graph, outputs } = updateGraph(optimizer, scalars, masks);
      const shapes = new Map(graph.inputs.map(({ name, shape }) => [name, shape]));
      const vectors = ['values', 'gradient', ...optimizer.state, ...masks];
      const numbers = [
        ...scalars,
        'clip',
        ...['decay', 'rate'].filter((name) => !masks.includes(name as Mask)),
      ];
      expect([...shapes.keys()].sort()).toEqual([...vectors, ...numbers].sort());
      for (const name of vectors) expect(shapes.get(name), name).toEqual(['size']);
      for (const name of numbers) expect(shapes.get(name), name).toEqual([1]);
      // new values first, then the state
      expect(outputs.length).toBe(1 + optimizer.state.length);
      expect(new Set(outputs).size).toBe(outputs.length);
      expect(graph.outputs.map(({ name }) => name)).toEqual(outputs);
      for (const { shape } of graph.outputs) expect(shape).toEqual(['size']);
    },
  );

  test('has scalars that are numbers at every step', () => {
    for (const t of [1, 2, 1000, 1_000_000])
      for (const value of Object.values(optimizer.scalars(trainingConfig({ weightDecay: 0.1 }), t, 1e-4)))
        expect(Number.isFinite(value)).toBe(true);
  });
});
