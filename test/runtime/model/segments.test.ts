/** @file The graphs of segments: equal ones for equal blocks, and only what a step needs. */
import { describe, expect, it } from 'vitest';
import { lower } from '../../../runtime/graph/lower.ts';
import { encodeModel } from '../../../runtime/graph/proto.ts';
import type { Graph } from '../../../runtime/graph/ir.ts';
import { unadapted } from '../../../runtime/model/adapted.ts';
import { names } from '../../../runtime/model/segmentBuilder.ts';
import { blockSegment, embeddingSegment, headSegment, windowsOf } from '../../../runtime/model/segments.ts';
import { casesOf, specOf } from '../../support/familyCases.ts';
import { allLinear, randomBase } from '../../support/randomModel.ts';

const base = randomBase();
const { spec } = base;
const adapted = allLinear(base);
const usual = { spec, adapted, count: 1, groups: 1, policy: 'balanced', inputGradient: true } as const;

const bytes = (graph: Graph): Buffer => Buffer.from(encodeModel(lower(graph, 'cpu'), 'segment'));
const inputs = (graph: Graph): string[] => graph.inputs.map(({ name }) => name);

describe('blocks', () => {
  it('of equal shape are equal byte for byte, so that they compile once', () => {
    const [first, last] = [blockSegment({ ...usual, first: 0 }), blockSegment({ ...usual, first: 2 })];
    expect(bytes(first.infer)).toEqual(bytes(last.infer));
    expect(bytes(first.train!.forward)).toEqual(bytes(last.train!.forward));
    expect(bytes(first.train!.backward)).toEqual(bytes(last.train!.backward));
    expect(first.weights.map(({ name }) => name.replace('.0.', '.2.'))).toEqual(
      last.weights.map(({ name }) => name),
    );
  });

  it('that span several read the weights of each and one flat vector', () => {
    const { weights, flat, infer } = blockSegment({ ...usual, first: 1, count: 2 });
    const single = blockSegment({ ...usual, first: 1 });
    expect(weights).toHaveLength(2 * single.weights.length);
    expect(flat.size).toBe(2 * single.flat.size);
    expect(inputs(infer).filter((name) => name === names.adapter)).toHaveLength(1);
  });

  it('give the gradient by their input only where something below learns', () => {
    const shapes = (inputGradient: boolean): (readonly unknown[])[] =>
      blockSegment({ ...usual, first: 0, inputGradient }).train!.backward.outputs.map(({ shape }) => shape);
    const { size } = blockSegment({ ...usual, first: 0 }).flat;
    expect(shapes(true)).toEqual([['tokens', spec.hidden], [size], [1]]);
    expect(shapes(false)).toEqual([[size], [1]]);
  });

  it('that learn nothing have a gradient graph only to pass gradients on', () => {
    const frozen = { ...usual, adapted: unadapted, first: 0 };
    expect(blockSegment({ ...frozen, inputGradient: false }).train).toBeUndefined();
    const { train, flat } = blockSegment(frozen);
    expect([flat.size, train!.backward.outputs.length]).toEqual([0, 1]);
  });

  it('drop in training and never in use', () => {
    const { infer, train, sites } = blockSegment({
      ...usual,
      adapted: { ...adapted, dropout: 0.2 },
      first: 0,
    });
    // attention's input, its output, and the two inputs of the MLP
    expect(sites).toHaveLength(4);
    expect(inputs(train!.forward)).toContain(names.tokenKeys);
    expect(bytes(infer)).toEqual(bytes(blockSegment({ ...usual, first: 0 }).infer));
  });
});

it('windows are listed once, in the order of the layers', () => {
  const layers = [{ window: 8 }, {}, { window: 8 }, { window: 4 }, {}];
  expect(windowsOf({ ...spec, layers })).toEqual([8, undefined, 4]);
});

describe('the embedding', () => {
  it('is a lookup without gradient unless the table is trained', () => {
    const { infer, train, weights } = embeddingSegment(spec, adapted);
    expect([train, infer.nodes.map(({ op }) => op)]).toEqual([undefined, ['Gather']]);
    expect(weights.map(({ name }) => name)).toEqual([`${spec.names.embedding}.weight`]);
    const saved = new Set([`${spec.names.embedding}.weight`]);
    const trained = embeddingSegment(spec, { ...adapted, saved });
    expect([trained.weights, trained.flat.size]).toEqual([[], spec.vocab * spec.hidden]);
    expect(trained.train!.backward.outputs[0]!.shape).toEqual([spec.vocab * spec.hidden]);
  });

  it('with LoRA starts at zero through A, as PEFT does', () => {
    const options = { rank: 4, alpha: 8, rankStabilized: false, bias: false };
    const { flat } = embeddingSegment(spec, { ...unadapted, embedding: { options } });
    expect(flat.entries.map(({ shape, init }) => [shape, init])).toEqual([
      [[4, spec.vocab], 'zeros'],
      [[spec.hidden, 4], 'kaiming-uniform'],
    ]);
  });

  it('is scaled where the family says so', () => {
    const { infer } = embeddingSegment({ ...spec, embeddingScale: 8 }, adapted);
    expect(infer.nodes.map(({ op }) => op)).toEqual(['Gather', 'Mul']);
  });
});

describe('the head', () => {
  it('computes logits of labelled rows only', () => {
    const { logits, loss, train } = headSegment(spec, unadapted);
    expect(logits.outputs[0]!.shape).toEqual(['labelled', spec.vocab]);
    expect(loss.outputs[0]!.shape).toEqual(['labelled', 1]);
    expect(train.outputs.map(({ shape }) => shape)).toEqual([
      ['labelled', 1],
      ['tokens', spec.hidden],
    ]);
    const wide = train.nodes.filter(({ output }) => output.shape.at(-1) === spec.vocab);
    expect(wide.every(({ output }) => output.shape[0] === 'labelled')).toBe(true);
    expect(inputs(logits)).not.toContain('labels');
  });

  it('gives its own gradient where it is trained', () => {
    const saved = new Set([`${spec.names.head.path}.weight`]);
    const { flat, train } = headSegment(spec, { ...unadapted, saved });
    expect(train.outputs.slice(2).map(({ shape }) => shape)).toEqual([[flat.size], [1]]);
  });

  it('is trained with its norm, whose bias GPT-2 has', () => {
    const gpt2 = specOf(casesOf('gpt2')[0]!.config);
    const saved = new Set(['transformer.ln_f.weight', 'transformer.ln_f.bias']);
    const { flat, train } = headSegment(gpt2, { ...unadapted, saved });
    expect(flat.entries.map(({ name }) => name)).toEqual([...saved]);
    expect(train.outputs.at(-2)!.shape).toEqual([2 * gpt2.hidden]);
  });

  it('caps and scales its logits where the family says so', () => {
    const plain = headSegment(spec, unadapted).logits.nodes.length;
    const { logits } = headSegment({ ...spec, logitScale: 0.5, finalSoftcap: 30 }, unadapted);
    expect(logits.nodes.slice(plain).map(({ op }) => op)).toEqual(['Mul', 'Mul', 'Tanh', 'Mul']);
  });
});
