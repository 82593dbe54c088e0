/** @file A run's diagnosis from its folder, and its places in the config that wrote it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findNodeAtLocation, parseTree } from 'jsonc-parser';
import type { Node } from 'jsonc-parser';
import type { Diagnostic, TextRange } from '../contract/diagnostic.ts';
import { diagnose } from '../contract/diagnosis.ts';
import type { Finding } from '../contract/diagnosis.ts';
import type { RunEvent, RunRecord } from '../contract/run.ts';
import { runFiles } from './names.ts';

/** What the events of a run, superseded ones left out, say. */
export function findingsOf(record: RunRecord, events: readonly RunEvent[]): Finding[] {
  const steps = events.filter((event) => event.event === 'step');
  const column = (name: 'step' | 'loss' | 'gradNorm' | 'learningRate'): Float64Array =>
    Float64Array.from(steps, (step) => step[name]);
  const failure = events.findLast((event) => event.event === 'failed' || event.event === 'resumed');
  return diagnose({
    step: column('step'),
    loss: column('loss'),
    gradNorm: column('gradNorm'),
    learningRate: column('learningRate'),
    evaluations: events.filter((event) => event.event === 'evaluation'),
    status: record.status,
    failure: failure?.event === 'failed' ? failure : undefined,
  });
}

/** Of the key's value in the variant, else in the config, else of the section or the whole it would stand in. */
function nodeOf(tree: Node, key: string, variant: string | undefined): Node {
  const path = key.split('.');
  const roots = variant === undefined ? [[]] : [['variants', variant], []];
  for (let length = path.length; length > 0; length--)
    for (const root of roots) {
      const found = findNodeAtLocation(tree, [...root, ...path.slice(0, length)]);
      if (found !== undefined) return found;
    }
  return tree.children?.[0] ?? tree;
}

function rangeOf(text: string, { offset, length }: Node): TextRange {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const line = text.slice(0, offset).split('\n').length;
  // A section or the whole would paint many lines: its first line is enough.
  const end = text.indexOf('\n', offset);
  const lineEnd = end < 0 ? text.length : end;
  return { line, column: offset - lineStart + 1, offset, length: Math.min(length, lineEnd - offset) };
}

const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

/** The findings at their keys in the config; none where the config isn't any more what the run was started with. */
export function configDiagnostics(
  folder: string,
  record: RunRecord,
  findings: readonly Finding[],
): Diagnostic[] {
  const text = readText(record.config);
  if (text === undefined || text !== readText(join(folder, runFiles.configText))) return [];
  const tree = parseTree(text, undefined, { allowTrailingComma: true });
  if (tree === undefined) return [];
  return findings.map(({ code, title, evidence, hint, key }) => ({
    severity: 'warning',
    code,
    message: `Run ${record.id}: ${title}. ${evidence}`,
    hint,
    range: rangeOf(text, nodeOf(tree, key, record.variant)),
  }));
}
