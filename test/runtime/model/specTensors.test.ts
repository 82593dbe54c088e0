/** @file The list of tensors a description needs; whole lists are held to transformers in families/*.test.ts. */
import { expect, test } from 'vitest';
import {
  blockLinears,
  blockTensors,
  linearTensors,
  mapLinears,
  specTensors,
} from '../../../runtime/model/specTensors.ts';
import { specOf } from '../../support/familyCases.ts';
import { tinyLlama } from '../../support/tinyBase.ts';

const spec = specOf(tinyLlama);

test('a linear has a weight in its stored order, and a bias where it has one', () => {
  const linear = { path: 'a.b', inputs: 2, outputs: 3, bias: true, transposed: false };
  expect(linearTensors(linear)).toEqual([
    { name: 'a.b.weight', shape: [3, 2] },
    { name: 'a.b.bias', shape: [3] },
  ]);
  expect(linearTensors({ ...linear, bias: false, transposed: true })).toEqual([
    { name: 'a.b.weight', shape: [2, 3] },
  ]);
});

test('a block has its linears in the order of the computation, then its norms', () => {
  expect(blockLinears(spec, 1).map(({ path }) => path.split('.').at(-1))).toEqual([
    'q_proj',
    'k_proj',
    'v_proj',
    'o_proj',
    'gate_proj',
    'up_proj',
    'down_proj',
  ]);
  expect(blockTensors(spec, 1).slice(7)).toEqual([
    { name: 'model.layers.1.input_layernorm.weight', shape: [8] },
    { name: 'model.layers.1.post_attention_layernorm.weight', shape: [8] },
  ]);
});

test("a tied head's weight is not asked for twice", () => {
  const names = (tied: boolean): string[] =>
    specTensors(specOf({ ...tinyLlama, tie_word_embeddings: tied })).map(({ name }) => name);
  expect(names(false)).toContain('lm_head.weight');
  expect(names(true)).not.toContain('lm_head.weight');
  expect(new Set(names(false)).size).toBe(names(false).length);
});

test('each linear of a block is changed, those of its second attention too, and nothing else', () => {
  const block = spec.names.blocks[0]!;
  const other = spec.names.blocks[1]!;
  const cross = { norm: 'cross.norm', q: other.q!, k: other.k!, v: other.v!, o: other.o };
  const changed = mapLinears({ ...block, cross }, (linear) => ({ ...linear, outputs: 7 }));
  const of = (names: typeof block) => blockLinears({ ...spec, names: { ...spec.names, blocks: [names] } }, 0);
  expect(of(changed)).toEqual(of({ ...block, cross }).map((linear) => ({ ...linear, outputs: 7 })));
  expect(of(changed)).toHaveLength(11);
  expect(changed.inputNorm).toBe(block.inputNorm);
  expect(changed.cross?.norm).toBe('cross.norm');
  expect(Object.keys(changed).sort()).toEqual(Object.keys({ ...block, cross }).sort());
});
