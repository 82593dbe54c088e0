/** @file What a segment reads: weights under numbers, trained tensors in one flat vector, one mask of dropout a value. */
import { describe, expect, it } from 'vitest';
import type { Adapted } from '../../../runtime/model/adapted.ts';
import { declared, names, SegmentBuilder } from '../../../runtime/model/segmentBuilder.ts';
import { blockLinears, blockTensors } from '../../../runtime/model/specTensors.ts';
import { allLinear, randomBase } from '../../support/randomModel.ts';

const base = randomBase();
const linears = blockLinears(base.spec, 1);
const [q, k] = [linears[0]!, linears[1]!];

function builderFor(adapted: Adapted, training = false): SegmentBuilder {
  const builder = new SegmentBuilder(adapted, training);
  builder.declare(declared(adapted, linears, blockTensors(base.spec, 1)));
  return builder;
}

describe('the flat vector', () => {
  it('holds the tensors one after another, without a gap', () => {
    const { layout } = builderFor(allLinear(base));
    let next = 0;
    for (const { offset, shape } of layout.entries) {
      expect(offset).toBe(next);
      next += shape.reduce((n, size) => n * size, 1);
    }
    expect(layout.size).toBe(next);
    expect(layout.entries.slice(0, 2).map(({ name }) => name)).toEqual([
      'model.layers.1.self_attn.q_proj.lora_A.weight',
      'model.layers.1.self_attn.q_proj.lora_B.weight',
    ]);
  });

  it('takes tensors that are trained whole; those of one axis do not decay', () => {
    const saved = ['model.layers.1.input_layernorm.weight', 'model.layers.1.mlp.up_proj.weight'];
    const { layout } = builderFor({ linears: new Map(), saved: new Set([...saved, 'elsewhere.weight']) });
    const found = layout.entries.map(({ name, decays }) => [name, decays]).sort();
    expect(found).toEqual([
      ['model.layers.1.input_layernorm.weight', false],
      ['model.layers.1.mlp.up_proj.weight', true],
    ]);
  });

  it('is no input where nothing is trained', () => {
    const builder = builderFor({ linears: new Map(), saved: new Set() });
    expect([builder.op.inputs, builder.layout.size]).toEqual([[], 0]);
    expect(builder.accumulate(new Map())).toEqual([]);
  });

  it('is cut once for each tensor, and knows no others', () => {
    const builder = builderFor(allLinear(base));
    const name = builder.layout.entries[1]!.name;
    expect(builder.parameter(name)).toBe(builder.parameter(name));
    expect(builder.parameters).toHaveLength(1);
    expect(() => builder.parameter('model.layers.7.nothing')).toThrow(
      'parameter model.layers.7.nothing was not declared',
    );
  });
});

describe('weights', () => {
  it("are inputs whose names don't tell the layer, each once", () => {
    const builder = builderFor({ linears: new Map(), saved: new Set() });
    const first = builder.weight('model.layers.1.a.weight', [2]);
    expect(builder.weight('model.layers.1.a.weight', [2])).toBe(first);
    builder.weight('model.layers.1.b.weight', [2]);
    expect(builder.weights).toEqual([
      { input: 'weight0', name: 'model.layers.1.a.weight' },
      { input: 'weight1', name: 'model.layers.1.b.weight' },
    ]);
  });

  it('that are trained whole come out of the flat vector', () => {
    const name = `${q.path}.weight`;
    const builder = builderFor({ linears: new Map(), saved: new Set([name]) });
    const x = builder.op.input(names.input, 'float32', ['tokens', q.inputs]);
    builder.linear(x, q);
    expect(builder.weights).toEqual([]);
    expect(builder.parameters.map(({ shape }) => shape)).toEqual([[q.outputs, q.inputs]]);
  });
});

describe('a linear', () => {
  const operators = (adapted: Adapted, more: Partial<typeof q>): string[] => {
    const builder = builderFor(adapted);
    const x = builder.op.input(names.input, 'float32', ['tokens', q.inputs]);
    builder.linear(x, { ...q, ...more });
    return builder.op.nodes.map(({ op }) => op).filter((op) => op !== 'Slice' && op !== 'Reshape');
  };

  it('is a product, with its bias added after what a method adds', () => {
    const none: Adapted = { linears: new Map(), saved: new Set() };
    expect(operators(none, { bias: false })).toEqual(['MatMul']);
    expect(operators(none, { bias: true })).toEqual(['MatMul', 'Add']);
    expect(operators(allLinear(base), { bias: true })).toEqual(['MatMul', 'MatMul', 'Gemm', 'Add']);
  });
});

describe('dropout', () => {
  const sites = (dropout: number, training: boolean): SegmentBuilder => {
    const builder = builderFor({ ...allLinear(base), dropout }, training);
    const x = builder.op.input(names.input, 'float32', ['tokens', q.inputs]);
    builder.linear(x, q);
    builder.linear(x, k);
    builder.linear(builder.op.neg(x), { ...k });
    return builder;
  };

  it('has one place for all that read a value, named after the first', () => {
    const builder = sites(0.1, true);
    expect(builder.sites).toEqual([
      { input: 'site0', path: q.path, features: q.inputs },
      { input: 'site1', path: k.path, features: k.inputs },
    ]);
    expect(builder.op.inputs.filter(({ name }) => name === names.tokenKeys)).toHaveLength(1);
  });

  it('is left out where nothing is dropped or nothing learns', () => {
    for (const builder of [sites(0, true), sites(0.1, false)]) {
      expect(builder.sites).toEqual([]);
      expect(builder.op.inputs.some(({ name }) => name === names.tokenKeys)).toBe(false);
    }
  });
});

it('gradients come out as one vector in the order of the tensors, with its squared norm', () => {
  const builder = builderFor(allLinear(base));
  builder.linear(builder.op.input(names.input, 'float32', ['tokens', q.inputs]), q);
  const byValue = new Map(builder.parameters.map((value) => [value, builder.op.neg(value)]));
  const [sum, squared] = builder.accumulate(byValue);
  expect([sum!.name, sum!.shape]).toEqual([names.newGradient, [builder.layout.size]]);
  expect([squared!.name, squared!.shape]).toEqual([names.squaredNorm, [1]]);
});
