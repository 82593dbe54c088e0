/** @file The vocabulary in ONNX's operators: what each provider gets, and how sizes that a call decides are said. */
import { describe, expect, it } from 'vitest';
import type { Value } from '../../../runtime/graph/ir.ts';
import { lower, onnxTypeNumber } from '../../../runtime/graph/lower.ts';
import type { OnnxGraph, Provider } from '../../../runtime/graph/lower.ts';
import { GraphBuilder } from '../../../runtime/graph/ops.ts';

const build = (make: (op: GraphBuilder) => Value, provider: Provider = 'cpu'): OnnxGraph => {
  const op = new GraphBuilder();
  return lower(op.finish([make(op)]), provider);
};
const operators = (graph: OnnxGraph): string[] => graph.nodes.map(({ opType }) => opType);
const constant = (graph: OnnxGraph, name: string): number[] | undefined => {
  const found = graph.constants.find(({ value }) => value.name === name);
  return found && Array.from(found.data as ArrayLike<number | bigint>, Number);
};

describe('products with flags', () => {
  const product =
    (rank: number, type: 'float32' | 'float64' = 'float32', alpha = 0.5) =>
    (op: GraphBuilder): Value => {
      const lead = rank === 3 ? [2] : [];
      const a = op.input('a', type, [...lead, 'tokens', 8]);
      return op.matmul(a, op.input('b', type, [...lead, 4, 8]), { transB: true, alpha });
    };

  it('are one fused product on the CPU and on CUDA', () => {
    for (const provider of ['cpu', 'cuda'] as const) {
      const { nodes } = build(product(3), provider);
      expect(nodes).toHaveLength(1);
      expect(nodes[0]).toMatchObject({
        opType: 'FusedMatMul',
        domain: 'com.microsoft',
        attributes: { transA: 0n, transB: 1n, alpha: 0.5 },
      });
    }
  });

  it('are Gemm for matrices and Transpose with MatMul for stacks where that lacks', () => {
    for (const provider of ['webgpu', 'dml', 'coreml'] as const) {
      expect(operators(build(product(2), provider))).toEqual(['Gemm']);
      expect(operators(build(product(3), provider))).toEqual(['Transpose', 'MatMul', 'Mul']);
      expect(operators(build(product(3, 'float32', 1), provider))).toEqual(['Transpose', 'MatMul']);
    }
    const { nodes } = build(product(3), 'webgpu');
    expect(nodes[0]!.attributes).toEqual({ perm: [0n, 2n, 1n] });
  });

  it('have no fused kernel in double precision', () => {
    expect(operators(build(product(2, 'float64')))).toEqual(['Gemm']);
  });

  it('without flags are plain everywhere', () => {
    const plain = (op: GraphBuilder): Value =>
      op.matmul(op.input('a', 'float32', ['tokens', 8]), op.input('b', 'float32', [8, 4]));
    for (const provider of ['cpu', 'webgpu'] as const)
      expect(operators(build(plain, provider))).toEqual(['MatMul']);
  });
});

describe('on WebGPU', () => {
  const lookup = (op: GraphBuilder): Value => {
    const table = op.input('table', 'float32', [50, 4]);
    const ids = op.input('ids', 'int64', ['tokens']);
    return op.gather(table, op.cast(op.cast(ids, 'float32'), 'int64'));
  };

  it('indices have 32 bits, and nothing is cast to 64', () => {
    const wide = build(lookup);
    const slim = build(lookup, 'webgpu');
    const casts = (graph: OnnxGraph): unknown[] =>
      graph.nodes.filter(({ opType }) => opType === 'Cast').map(({ attributes }) => attributes['to']);
    expect(casts(wide)).toEqual([1n, BigInt(onnxTypeNumber('int64'))]);
    expect(casts(slim)).toEqual([1n, BigInt(onnxTypeNumber('int32'))]);
    expect(slim.inputs.map(({ type }) => type)).toEqual(['float32', 'int32']);
  });

  it('sizes that a call decides come as an input; on the CPU they are read off the values', () => {
    const stretch = (op: GraphBuilder): Value => {
      const x = op.input('x', 'float32', ['tokens', 1]);
      op.input('unused', 'float32', ['rows']);
      return op.add(op.expand(x, ['tokens', 4]), op.zeros(['tokens', 4]));
    };
    const slim = build(stretch, 'webgpu');
    expect(operators(slim)).toEqual(['Expand', 'Expand', 'Add']);
    expect(slim.shapes.map(({ shape }) => shape)).toEqual([['tokens', 4]]);
    expect(slim.inputs.at(-1)).toMatchObject({ name: slim.shapes[0]!.name, type: 'int64', shape: [2] });
    const wide = build(stretch);
    expect(wide.shapes).toEqual([]);
    // one Shape for both stretches
    expect(operators(wide).filter((name) => name === 'Shape')).toHaveLength(1);
  });
});

describe('sizes that a call decides', () => {
  const shapeOf = (graph: OnnxGraph): number[] | undefined => {
    const node = graph.nodes.find(({ opType }) => opType === 'Reshape')!;
    return constant(graph, node.inputs[1]!);
  };

  it("need ONNX's 0 and -1 only, as long as one of them moves", () => {
    const heads = build((op) => op.reshape(op.input('x', 'float32', ['tokens', 576]), ['9*tokens', 64]));
    expect([operators(heads), shapeOf(heads)]).toEqual([['Reshape'], [-1, 64]]);
    const split = build((op) => op.reshape(op.input('x', 'float32', ['tokens', 576]), ['tokens', 9, 64]));
    expect(shapeOf(split)).toEqual([0, 9, 64]);
    const known = build((op) => op.reshape(op.input('x', 'float32', [6, 4]), [3, 8]));
    expect(shapeOf(known)).toEqual([3, 8]);
  });

  it('are multiplied in the graph where two of them move', () => {
    const graph = build((op) => {
      const x = op.input('x', 'float32', ['rows', 2, 'tokens', 3]);
      return op.reshape(x, ['2*tokens', '3*rows']);
    });
    expect(operators(graph)).toEqual(['Shape', 'Mul', 'Shape', 'Mul', 'Concat', 'Reshape']);
    const shapes = graph.nodes.filter(({ opType }) => opType === 'Shape');
    expect(shapes.map(({ attributes }) => attributes)).toEqual([
      { start: 2n, end: 3n },
      { start: 0n, end: 1n },
    ]);
  });

  it('which no input shows are a mistake', () => {
    expect(() => build((op) => op.zeros(['nowhere', 2]))).toThrow(
      'no graph input has an axis called nowhere',
    );
  });
});

describe('single operators', () => {
  it('SiLU is one kernel, and two in double precision', () => {
    const silu = (type: 'float32' | 'float64') => (op: GraphBuilder) => op.silu(op.input('x', type, [4]));
    expect(operators(build(silu('float32')))).toEqual(['QuickGelu']);
    expect(operators(build(silu('float64')))).toEqual(['Sigmoid', 'Mul']);
  });

  it('rotation says how wide only where a part of each head turns', () => {
    const turn = (rotated: number) => (op: GraphBuilder) =>
      op.rotary(
        op.input('x', 'float32', ['tokens', 1, 32]),
        op.input('positions', 'int64', ['tokens', 1]),
        op.input('cos', 'float32', ['known', rotated / 2]),
        op.input('sin', 'float32', ['known', rotated / 2]),
        { heads: 4, rotated },
      );
    expect(build(turn(8)).nodes[0]!.attributes).toEqual({ interleaved: 0n });
    expect(build(turn(4)).nodes[0]!.attributes).toEqual({
      interleaved: 0n,
      num_heads: 4n,
      rotary_embedding_dim: 4n,
    });
    // int32 positions on WebGPU are widened where they are read
    expect(operators(build(turn(8), 'webgpu'))).toEqual(['Cast', 'RotaryEmbedding']);
  });

  it('lists of sizes are made once', () => {
    const graph = build((op) => {
      const x = op.input('x', 'float32', ['tokens', 8]);
      return op.add(op.sum(x, [1]), op.mean(x, [1]));
    });
    expect(graph.constants).toHaveLength(1);
    expect(graph.nodes.slice(0, 2).map(({ attributes }) => attributes)).toEqual([
      { keepdims: 0n },
      { keepdims: 0n },
    ]);
  });

  it('each output has one writer, and each input was written before', () => {
    const graph = build((op) => {
      const logits = op.input('logits', 'float32', ['rows', 50]);
      const labels = op.input('labels', 'int64', ['rows', 1]);
      return op.crossEntropy(op.pad(op.slice(logits, 1, 0, 49), 1, 0, 1), labels);
    });
    const known = new Set([...graph.inputs.map((v) => v.name), ...graph.constants.map((c) => c.value.name)]);
    for (const node of graph.nodes) {
      for (const name of node.inputs.filter((n) => n !== '')) expect(known, node.opType).toContain(name);
      expect(known).not.toContain(node.outputs[0]);
      known.add(node.outputs[0]!);
    }
    expect(known).toContain(graph.outputs[0]!.name);
  });
});
