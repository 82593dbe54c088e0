/** @file Which runs a list shows, in which groups and order. */
import { describe, expect, test } from 'vitest';
import { filterMessage, groupRuns, matcher, noFilter } from '../../../src/runs/groups.ts';
import { runSummary } from '../../support/runSummary.ts';

describe('groups', () => {
  const now = new Date(2026, 2, 10, 12);
  const at = (folder: string, ...time: [number, number, number, number]) =>
    runSummary({ created: new Date(...time).toISOString() }, { folder });

  test('by local day, the newest first', () => {
    const runs = [
      at('old', 2026, 1, 1, 9),
      at('morning', 2026, 2, 10, 8),
      at('noon', 2026, 2, 10, 11),
      at('y', 2026, 2, 9, 23),
    ];
    const groups = groupRuns(runs, now);
    expect(groups.map(({ folders }) => folders)).toEqual([['noon', 'morning'], ['y'], ['old']]);
    expect(groups.slice(0, 2).map(({ label }) => label)).toEqual(['Today', 'Yesterday']);
  });

  test('no row moves while its run goes on', () => {
    const before = [at('a', 2026, 2, 10, 8), at('b', 2026, 2, 10, 9)];
    const after = before.map((run) => ({
      ...run,
      record: { ...run.record, updated: '2026-03-10T20:00:00Z', step: 190 },
    }));
    expect(groupRuns(after, now)).toEqual(groupRuns(before, now));
  });

  test('by config, those with the newest run first', () => {
    const runs = ['a', 'b', 'a'].map((name, i) => ({
      ...at(String(i), 2026, 2, i + 1, 9),
      record: { ...at('', 2026, 2, i + 1, 9).record, name, config: `/folder/${name}.adapter.json` },
    }));
    const groups = groupRuns(runs, now, 'adapter');
    expect(groups.map(({ label, folders }) => [label, folders])).toEqual([
      ['a', ['2', '0']],
      ['b', ['1']],
    ]);
  });

  test('a time that is none still has its place', () => {
    expect(groupRuns([runSummary({ created: 'yesterday, honestly' })], now)).toHaveLength(1);
  });
});

describe('a filter', () => {
  const failed = runSummary({ name: 'gsm8k', status: 'failed', message: 'The loss was not finite.' });
  const done = runSummary({ name: 'tickets', status: 'done', variant: 'rank 64' });

  test.each([
    [{ text: '', statuses: [] }, [true, true]],
    [{ text: 'GSM finite', statuses: [] }, [true, false]],
    [{ text: 'rank', statuses: ['done', 'failed'] }, [false, true]],
    [{ text: '', statuses: ['failed'] }, [true, false]],
    [{ text: 'gsm', statuses: ['done'] }, [false, false]],
  ] as const)('%j', (filter, shown) => {
    expect([failed, done].map(matcher(filter))).toEqual(shown);
  });

  test('says what it shows, and nothing when it shows all', () => {
    expect(filterMessage({ text: ' gsm ', statuses: ['failed'] }, 3, 40)).toBe('"gsm", failed: 3 of 40 runs');
    expect(filterMessage(noFilter, 40, 40)).toBeUndefined();
  });
});
