/** @file The nodes of the Runs view: few, and the same objects. */
import { expect, test } from 'vitest';
import type { RunSummary } from '../../../runtime/contract/api/runs.ts';
import { RunTreeModel } from '../../../src/runs/treeModel.ts';
import type { RunNode } from '../../../src/runs/treeModel.ts';
import { runSummary } from '../../support/runSummary.ts';

const now = () => new Date(2026, 2, 31, 12);

/** So many runs, `perDay` of them on each day, the newest today. */
const runsOf = (count: number, perDay: number): RunSummary[] =>
  Array.from({ length: count }, (_, i) => {
    const created = new Date(2026, 2, 31 - Math.floor(i / perDay), 8, 0, i % 60).toISOString();
    return runSummary({ id: `run-${i}`, created, status: 'done' }, { folder: `/runs/run-${i}` });
  });

/** The nodes that VS Code asks for at first: groups, and the rows of those that are open. */
function firstNodes(model: RunTreeModel): RunNode[] {
  const groups = model.groups();
  return [
    ...groups,
    ...groups.filter(({ group }) => model.startsOpen(group.id)).flatMap((node) => model.children(node)),
  ];
}

test.each([
  [1000, 10],
  [4000, 4000],
  [4000, 40],
])('of %i runs, %i a day, few nodes are made at first', (count, perDay) => {
  const runs = runsOf(count, perDay);
  const nodes = firstNodes(new RunTreeModel(() => runs, now));
  expect(nodes.filter(({ kind }) => kind === 'run').length).toBeLessThanOrEqual(160);
  expect(nodes.length).toBeLessThanOrEqual(300);
});

test('what was cut is a row that brings more', () => {
  const runs = runsOf(1000, 1000);
  const model = new RunTreeModel(() => runs, now);
  const [today] = model.groups();
  expect(model.children(today!)).toHaveLength(101);
  expect(model.children(today!).at(-1)).toEqual({ kind: 'more', group: today!.group.id, hidden: 900 });
  model.showMore(today!.group.id);
  expect(model.children(today!).at(-1)).toMatchObject({ kind: 'more', hidden: 400 });
  model.showMore(today!.group.id);
  expect(model.children(today!)).toHaveLength(1000);
});

test('a run keeps its object and a group its state, whatever comes and goes', () => {
  let runs = runsOf(50, 10);
  const model = new RunTreeModel(() => runs, now);
  const open = model.groups().map(({ group }) => [group.id, model.startsOpen(group.id)]);
  const node = model.node('/runs/run-3');
  runs = runsOf(50, 10).slice(0, 20);
  model.forget();
  expect(model.node('/runs/run-3')).toBe(node);
  const known = new Map(open.map(([id, state]) => [id, state]));
  for (const { group } of model.groups()) expect(model.startsOpen(group.id)).toBe(known.get(group.id));
  expect(model.parent(node)?.group.label).toBe('Today');
});

test('a run that the filter hides has no place', () => {
  const runs = [...runsOf(3, 3), runSummary({ id: 'x', name: 'other' }, { folder: '/runs/x' })];
  const model = new RunTreeModel(() => runs, now);
  model.filter = { text: 'other', statuses: [] };
  expect(model.groups().flatMap(({ group }) => group.folders)).toEqual(['/runs/x']);
  expect(model.parent(model.node('/runs/run-1'))).toBeUndefined();
});
