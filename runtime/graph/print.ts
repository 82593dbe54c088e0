/** @file A graph as text, one node a line, for golden tests, error messages and curious people. */
import { describeValue, inputsOf } from './ir.ts';
import type { Graph, Node } from './ir.ts';

function describeAttributes(node: Node): string {
  const entries = Object.entries(node.attributes as Record<string, unknown>);
  const shown = entries.filter(([, value]) => value !== false && value !== 1);
  return shown.length === 0
    ? ''
    : ` {${shown.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join(', ')}}`;
}

/** Inputs, then nodes in running order, then outputs. */
export function printGraph(graph: Graph): string {
  const lines = graph.inputs.map((value) => `input ${value.name}: ${describeValue(value)}`);
  for (const { value, data } of graph.constants) {
    const text = data.length <= 4 ? ` = ${data.join(', ')}` : '';
    lines.push(`constant ${value.name}: ${describeValue(value)}${text}`);
  }
  for (const node of graph.nodes) {
    const inputs = inputsOf(node).map((value) => value.name);
    lines.push(
      `${node.output.name} = ${node.op}(${inputs.join(', ')})${describeAttributes(node)}: ${describeValue(node.output)}`,
    );
  }
  lines.push(...graph.outputs.map((value) => `output ${value.name}`));
  return `${lines.join('\n')}\n`;
}
