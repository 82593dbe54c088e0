/** @file An ONNX graph as the bytes of a ModelProto; the only file that knows protobuf. */
import { create, toBinary } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from './onnx_pb.js';
import type { AttributeProto } from './onnx_pb.js';
import type { Constant, Value } from './ir.ts';
import { onnxTypeNumber } from './lower.ts';
import type { AttributeValue, OnnxGraph, OnnxNode } from './lower.ts';

/** ONNX Runtime 1.30 reads up to IR 11 and opset 23 on all providers we use; the vocabulary needs no newer ones. */
const IR_VERSION = 10n;
const OPSET = 21n;

/** The serialised model: float weights are graph inputs, so a model stays far below protobuf's 2 GB. */
export function encodeModel(graph: OnnxGraph, name: string): Uint8Array {
  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: 'adapter-workbench',
    opsetImport: [
      { domain: '', version: OPSET },
      { domain: 'com.microsoft', version: 1n },
    ],
    graph: create(GraphProtoSchema, {
      name,
      node: graph.nodes.map(encodeNode),
      initializer: graph.constants.map(encodeConstant),
      input: graph.inputs.map(encodeValue),
      output: graph.outputs.map(encodeValue),
    }),
  });
  return toBinary(ModelProtoSchema, model);
}

function encodeNode(node: OnnxNode): MessageInitShape<typeof NodeProtoSchema> {
  return create(NodeProtoSchema, {
    name: node.outputs[0]!,
    opType: node.opType,
    domain: node.domain,
    input: [...node.inputs],
    output: [...node.outputs],
    attribute: Object.entries(node.attributes).map(([key, value]) => encodeAttribute(key, value)),
  });
}

function encodeAttribute(name: string, value: AttributeValue): AttributeProto {
  const type = AttributeProto_AttributeType;
  if (typeof value === 'bigint') return create(AttributeProtoSchema, { name, type: type.INT, i: value });
  if (typeof value === 'number') return create(AttributeProtoSchema, { name, type: type.FLOAT, f: value });
  if (typeof value === 'string')
    return create(AttributeProtoSchema, { name, type: type.STRING, s: new TextEncoder().encode(value) });
  return create(AttributeProtoSchema, { name, type: type.INTS, ints: [...value] });
}

function encodeConstant({ value, data }: Constant): MessageInitShape<typeof TensorProtoSchema> {
  return create(TensorProtoSchema, {
    name: value.name,
    dataType: onnxTypeNumber(value.type),
    dims: value.shape.map((dim) => BigInt(dim)),
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  });
}

function encodeValue({ name, type, shape }: Value): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = shape.map((size) => ({
    value:
      typeof size === 'number'
        ? { case: 'dimValue' as const, value: BigInt(size) }
        : { case: 'dimParam' as const, value: size },
  }));
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType: onnxTypeNumber(type), shape: { dim } } } },
  });
}
