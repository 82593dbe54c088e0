/** @file Serialised models, read back with the schema that ONNX publishes. */
import { fromBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { lower } from '../../../runtime/graph/lower.ts';
import type { OnnxGraph } from '../../../runtime/graph/lower.ts';
import { AttributeProto_AttributeType, ModelProtoSchema } from '../../../runtime/graph/onnx_pb.js';
import type { AttributeProto, GraphProto } from '../../../runtime/graph/onnx_pb.js';
import { GraphBuilder } from '../../../runtime/graph/ops.ts';
import { encodeModel } from '../../../runtime/graph/proto.ts';

function graphOf(): OnnxGraph {
  const op = new GraphBuilder();
  const x = op.input('x', 'float32', ['tokens', 8]);
  const w = op.input('w', 'float32', [4, 8]);
  const ids = op.input('ids', 'int64', ['rows']);
  const product = op.matmul(x, w, { transB: true, alpha: 0.25 });
  const turned = op.transpose(op.reshape(product, ['tokens', 2, 2]), [1, 0, 2]);
  const table = op.constant(Float32Array.of(1, -2, 3.5, 0), [2, 2], 'float32', 'table');
  const added = op.scatterElements(
    table,
    op.constant(BigInt64Array.of(0n, 1n), [1, 2]),
    op.slice(table, 0, 0, 1),
    0,
  );
  return lower(op.finish([op.rmsNorm(turned, op.slice(added, 0, 0, 1), 1e-5), op.gather(table, ids)]), 'cpu');
}

const decoded = (graph: OnnxGraph): GraphProto =>
  fromBinary(ModelProtoSchema, encodeModel(graph, 'one')).graph!;

const valueOf = ({ type, i, f, ints, s }: AttributeProto): unknown => {
  if (type === AttributeProto_AttributeType.INT) return i;
  if (type === AttributeProto_AttributeType.FLOAT) return f;
  if (type === AttributeProto_AttributeType.INTS) return ints;
  return type === AttributeProto_AttributeType.STRING ? new TextDecoder().decode(s) : `type ${type}`;
};

/** Attributes as single precision keeps them. */
const rounded = (attributes: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [
      key,
      typeof value === 'number' ? Math.fround(value) : value,
    ]),
  );

describe('a model', () => {
  it('says its versions and both domains', () => {
    const model = fromBinary(ModelProtoSchema, encodeModel(graphOf(), 'one'));
    expect([model.irVersion, model.producerName, model.graph!.name]).toEqual([
      10n,
      'adapter-workbench',
      'one',
    ]);
    expect(model.opsetImport.map(({ domain, version }) => [domain, version])).toEqual([
      ['', 21n],
      ['com.microsoft', 1n],
    ]);
  });

  it('holds the nodes in order, with domain, names and attributes', () => {
    const graph = graphOf();
    const nodes = decoded(graph).node.map((node) => ({
      opType: node.opType,
      domain: node.domain,
      inputs: node.input,
      outputs: node.output,
      attributes: Object.fromEntries(node.attribute.map((a) => [a.name, valueOf(a)])),
    }));
    expect(nodes).toEqual(graph.nodes.map((node) => ({ ...node, attributes: rounded(node.attributes) })));
    const kinds = new Set(nodes.flatMap((node) => Object.values(node.attributes).map((v) => typeof v)));
    expect([...kinds].sort()).toEqual(['bigint', 'number', 'object', 'string']);
  });

  it('holds the constants bit for bit', () => {
    const graph = graphOf();
    const initializers = decoded(graph).initializer;
    expect(initializers.map(({ name, dims, dataType }) => [name, dims.map(Number), dataType])).toEqual(
      graph.constants.map(({ value }) => [value.name, value.shape, value.type === 'float32' ? 1 : 7]),
    );
    for (const [i, { data }] of graph.constants.entries())
      expect(initializers[i]!.rawData).toEqual(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  });

  it('takes a part of a larger array as that part', () => {
    const op = new GraphBuilder();
    const part = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
    const y = op.add(op.input('x', 'float32', [2]), op.constant(part, [2]));
    const [initializer] = decoded(lower(op.finish([y]), 'cpu')).initializer;
    expect(new Float32Array(initializer!.rawData.slice().buffer)).toEqual(Float32Array.of(1, 2));
  });

  it('names the sizes that a call decides', () => {
    const graph = decoded(graphOf());
    const described = graph.input.map(({ name, type }) => {
      const value = type!.value;
      if (value.case !== 'tensorType') throw new Error(`${name} is no tensor`);
      return [name, value.value.elemType, value.value.shape!.dim.map((dim) => dim.value.value)];
    });
    expect(described).toEqual([
      ['x', 1, ['tokens', 8n]],
      ['w', 1, [4n, 8n]],
      ['ids', 7, ['rows']],
    ]);
  });

  it('is the same bytes for the same graph', () => {
    expect(encodeModel(graphOf(), 'one')).toEqual(encodeModel(graphOf(), 'one'));
  });
});
