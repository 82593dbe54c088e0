/** @file What is asked of every method's description, whatever its formula. */
import { describe, expect, it } from 'vitest';
import { dora } from '../../../runtime/methods/dora.ts';
import { lora } from '../../../runtime/methods/lora.ts';
import { defineMethod } from '../../../runtime/methods/method.ts';

const layer = { path: 'model.layers.0.self_attn.q_proj', inputs: 64, outputs: 96 };

describe.each([lora, dora])('$title', (method) => {
  it('says where it comes from', () => {
    expect(method.kind).toMatch(/^[a-z][a-z-]*$/);
    expect(method.paper).toMatch(/^arXiv:\d{4}[.]\d{5}$/);
  });

  it('describes its parameters without a graph, in sizes that follow the layer and the rank', () => {
    for (const rank of [1, 8, 64]) {
      const options = { rank, alpha: 16, rankStabilized: false, bias: false };
      const specs = Object.values(method.params(options, layer));
      expect(new Set(specs.map(({ tensor }) => tensor)).size).toBe(specs.length);
      for (const { shape } of specs)
        for (const size of shape) expect([rank, layer.inputs, layer.outputs]).toContain(size);
    }
  });
});

it('a definition is the very object that was given', () => {
  expect(defineMethod(lora)).toBe(lora);
});
