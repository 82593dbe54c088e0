/** @file Graphs without 64-bit integers, for devices that have none. */
import type { Graph, Node, Value } from './ir.ts';

/** A copy of the graph with each value replaced by `change` of it. */
function mapValues(
  graph: Graph,
  change: (value: Value) => Value,
  attributesOf = ({ attributes }: Node): Node['attributes'] => attributes,
): Graph {
  const changed = new Map<Value, Value>();
  const map = (value: Value): Value => {
    let copy = changed.get(value);
    if (!copy) changed.set(value, (copy = change(value)));
    return copy;
  };
  const nodes = graph.nodes.map((node) => {
    const inputs = Array.isArray(node.inputs)
      ? (node.inputs as readonly Value[]).map(map)
      : Object.fromEntries(
          Object.entries(node.inputs as Record<string, Value>).map(([name, value]) => [name, map(value)]),
        );
    return {
      op: node.op,
      inputs,
      attributes: attributesOf(node),
      output: map(node.output),
    } as unknown as Node;
  });
  return {
    inputs: graph.inputs.map(map),
    constants: graph.constants.map(({ value, data }) => ({ value: map(value), data })),
    nodes,
    outputs: graph.outputs.map(map),
  };
}

/** int64 becomes int32 throughout: WebGPU has no 64-bit integers, and the graphs use them for indices only. */
export function narrow(graph: Graph): Graph {
  const narrowed = mapValues(
    graph,
    (value) => (value.type === 'int64' ? { ...value, type: 'int32' } : value),
    ({ attributes }) =>
      'to' in attributes && attributes.to === 'int64' ? { ...attributes, to: 'int32' } : attributes,
  );
  const constants = narrowed.constants.map(({ value, data }) => ({
    value,
    data: data instanceof BigInt64Array ? Int32Array.from(data, Number) : data,
  }));
  return { ...narrowed, constants };
}
