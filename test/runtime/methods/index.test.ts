/** @file The index offers each method under its own kind, and their parameters fit the layer. */
import { expect, test } from 'vitest';
import { methods } from '../../../runtime/methods/index.ts';

const layer = { path: 'model.layers.0.self_attn.q_proj', inputs: 24, outputs: 16 };
const options = { rank: 4, alpha: 8, rankStabilized: false, bias: false };

test.each(Object.entries(methods))(
  '%s states A [rank, inputs] and B [outputs, rank], B zero at first',
  (kind, method) => {
    expect(method.kind).toBe(kind);
    const { A, B } = method.params(options, layer);
    expect(A).toMatchObject({ tensor: 'lora_A.weight', shape: [4, 24], init: 'kaiming-uniform' });
    expect(B).toMatchObject({ tensor: 'lora_B.weight', shape: [16, 4], init: 'zeros' });
  },
);
