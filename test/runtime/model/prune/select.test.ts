/** @file Choice of units: counts, ties, groups of the Taylor scores, and what is refused. */
import { describe, expect, it, test } from 'vitest';
import {
  randomScores,
  saliences,
  selectUnits,
  taylorScores,
} from '../../../../runtime/model/prune/select.ts';
import { hashKey, uniform } from '../../../../runtime/train/random.ts';
import { specOf } from '../../../support/familyCases.ts';
import { blockLinears } from '../../../../runtime/model/specTensors.ts';
import type { LinearSpec } from '../../../../runtime/model/decoder.ts';

const sizes = {
  vocab_size: 50,
  hidden_size: 8,
  intermediate_size: 6,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 2,
  max_position_embeddings: 64,
};
const spec = specOf({ model_type: 'llama', ...sizes });
const range = { ratio: 0.5, start: 0, end: 2 };

describe('ranking', () => {
  it('keeps the highest of each layer, the lower index of equal ones, and leaves other layers whole', () => {
    const plan = selectUnits(spec, range, (layer) => ({
      neurons: Float64Array.of(1, 5, 3, 3, 9, 3).map((score) => (layer === 0 ? score : -score)),
      kvHeads: Float64Array.of(layer, 0.5),
    }));
    expect([...plan.keys()]).toEqual([0, 1]);
    expect([...plan.get(0)!.neurons]).toEqual([1, 2, 4]);
    expect([...plan.get(1)!.neurons]).toEqual([0, 2, 3]);
    expect([...plan.get(0)!.kvHeads, ...plan.get(1)!.kvHeads]).toEqual([1, 0]);
  });

  it('is the same for the same seed and another for another', () => {
    const chosen = (seed: number): unknown =>
      selectUnits(spec, range, (layer) => randomScores(spec, uniform(hashKey(seed, layer))));
    expect(chosen(1)).toEqual(chosen(1));
    expect(chosen(1)).not.toEqual(chosen(2));
  });

  it('chooses every neuron alike at random', () => {
    const times = new Float64Array(6);
    for (let seed = 0; seed < 400; seed++) {
      const plan = selectUnits(spec, { ...range, end: 1 }, () => randomScores(spec, uniform(hashKey(seed))));
      for (const neuron of plan.get(0)!.neurons) times[neuron]!++;
    }
    // 200 +- 5 standard deviations of 10
    for (const count of times) expect(Math.abs(count - 200)).toBeLessThan(50);
  });
});

describe('refuses', () => {
  const zeros = { neurons: new Float64Array(6), kvHeads: new Float64Array(2) };
  test.each([
    ['layers that are not there', { ...range, end: 4 }, 'layers 0 to 4 were to be pruned; the base has 3'],
    ['no layers', { ...range, end: 0 }, 'layers 0 to 0'],
    ['a ratio that leaves nothing', { ...range, ratio: 0.9 }, 'a ratio of 0.9 leaves no neuron'],
    ['a ratio of 1', { ...range, ratio: 1 }, 'the pruning ratio is 1'],
  ])('%s', (_, bad, message) => {
    expect(() => selectUnits(spec, bad, () => zeros)).toThrow(message);
  });

  it('scores that are no numbers', () => {
    const neurons = Float64Array.of(0, 0, Number.NaN, 0, 0, 0);
    expect(() => selectUnits(spec, range, () => ({ ...zeros, neurons }))).toThrow('a unit of layer 0');
  });

  it('bases that are no decoders', () => {
    const t5 = { ...spec, modelType: 't5', task: 'seq2seq' as const };
    expect(() => selectUnits(t5, range, () => zeros)).toThrow('t5 is no decoder');
  });

  it('norms across all heads', () => {
    const olmo = specOf({ model_type: 'olmo2', ...sizes, pad_token_id: 0 });
    expect(() => selectUnits(olmo, range, () => zeros)).toThrow('olmo2 norms queries and keys across all');
  });
});

describe('Taylor scores', () => {
  /** Weight 1 everywhere; the gradient is `sign` on one output or one input of a linear. */
  const lit = (path: string, at: { output?: number; input?: number }) => {
    return (linear: LinearSpec) => {
      const weight = new Float32Array(linear.inputs * linear.outputs).fill(1);
      const gradient = weight.map((_, i) => {
        const [major, minor] = [Math.floor(i / linear.inputs), i % linear.inputs];
        const on = at.output === undefined ? minor === at.input : major === at.output;
        return linear.path.endsWith(path) && on ? -0.5 : 0;
      });
      return saliences(linear, weight, gradient);
    };
  };
  const sides = (of: typeof spec, path: string, at: { output?: number; input?: number }): unknown => {
    const { neurons, kvHeads } = taylorScores(of, 1, lit(path, at));
    return [[...neurons].findIndex((s) => s !== 0), [...kvHeads].findIndex((s) => s !== 0)];
  };

  test.each([
    ['q_proj', { output: 3 }, [-1, 0]],
    ['q_proj', { output: 4 }, [-1, 1]],
    ['k_proj', { output: 1 }, [-1, 0]],
    ['v_proj', { output: 2 }, [-1, 1]],
    ['o_proj', { input: 3 }, [-1, 0]],
    ['o_proj', { input: 4 }, [-1, 1]],
    ['gate_proj', { output: 5 }, [5, -1]],
    ['up_proj', { output: 2 }, [2, -1]],
    ['down_proj', { input: 4 }, [4, -1]],
  ] as const)('%s %o counts for its unit', (path, at, expected) => {
    expect(sides(spec, path, at)).toEqual(expected);
  });

  test.each([
    ['qkv_proj', { output: 7 }, [-1, 1]],
    ['qkv_proj', { output: 8 }, [-1, 0]],
    ['qkv_proj', { output: 14 }, [-1, 1]],
    ['gate_up_proj', { output: 5 }, [5, -1]],
    ['gate_up_proj', { output: 7 }, [1, -1]],
  ] as const)('fused %s %o counts for its unit', (path, at, expected) => {
    expect(sides(specOf({ model_type: 'phi3', ...sizes, pad_token_id: 0 }), path, at)).toEqual(expected);
  });

  test.each([
    ['c_attn', { output: 9 }, [-1, 0]],
    ['attn.c_proj', { input: 7 }, [-1, 1]],
    ['c_fc', { output: 3 }, [3, -1]],
    ['mlp.c_proj', { input: 2 }, [2, -1]],
  ] as const)('transposed %s %o counts for its unit', (path, at, expected) => {
    const gpt2 = specOf({
      model_type: 'gpt2',
      ...{ n_embd: 8, n_head: 2, n_layer: 2, n_inner: 6, vocab_size: 50, n_positions: 64 },
    });
    expect(sides(gpt2, path, at)).toEqual(expected);
  });

  it('adds up |w g| over the whole group', () => {
    const values = new Map(
      blockLinears(spec, 0).map((linear) => {
        const random = uniform(hashKey(linear.path));
        const draw = (): Float32Array =>
          Float32Array.from({ length: linear.inputs * linear.outputs }, () => random() - 0.5);
        return [linear.path, { weight: draw(), gradient: draw() }];
      }),
    );
    const { neurons, kvHeads } = taylorScores(spec, 0, (linear) => {
      const { weight, gradient } = values.get(linear.path)!;
      return saliences(linear, weight, gradient);
    });
    const salience = (name: string): number[] => {
      const { weight, gradient } = values.get(`model.layers.0.${name}`)!;
      return Array.from(weight, (w, i) => Math.abs(w * gradient[i]!));
    };
    const total = (list: readonly number[]): number => list.reduce((sum, x) => sum + x, 0);
    const [gate, up, down] = ['mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj'].map(salience);
    for (let n = 0; n < 6; n++) {
      const rows = [gate!, up!].map((list) => total(list.slice(n * 8, (n + 1) * 8)));
      const column = total(down!.filter((_, i) => i % 6 === n));
      expect(neurons[n]).toBeCloseTo(total([...rows, column]), 12);
    }
    const names = ['q_proj', 'k_proj', 'v_proj', 'o_proj'].map((name) => `self_attn.${name}`);
    expect(total([...kvHeads])).toBeCloseTo(total(names.flatMap(salience)), 12);
  });

  it('refuses gradients that are zero throughout', () => {
    expect(() => taylorScores(spec, 2, lit('nowhere', {}))).toThrow('no weight of layer 2');
  });
});
