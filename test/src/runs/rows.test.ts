/** @file How runs read in a list, one case for each state. */
import { describe, expect, test } from 'vitest';
import { endMessage, runCard, runRow, statusText } from '../../../src/runs/rows.ts';
import { runSummary } from '../../support/runSummary.ts';

describe('a row says what changes first', () => {
  test.each([
    [{ status: 'waiting' }, {}, 'starting'],
    [{ status: 'running' }, {}, 'step 140/200'],
    [
      { status: 'running' },
      { progress: { step: 1140, loss: 0.0312, secondsLeft: 12.2 } },
      'step 1,140/200 · 0.0312 · 12 s left',
    ],
    [{ status: 'done', loss: 0.0112 }, {}, '0.0112 · 31 s'],
    [{ status: 'stopped' }, {}, 'stopped at 140/200'],
    [{ status: 'interrupted', loss: 1.5 }, {}, 'interrupted at 140/200 · 1.50'],
    [{ status: 'failed', message: 'Loss not finite at step 41.' }, {}, 'Loss not finite at step 41.'],
    [{ status: 'failed' }, {}, 'failed at 140/200'],
  ] as const)('%o %o', (record, rest, description) => {
    expect(runRow(runSummary(record, rest)).description).toBe(description);
  });

  test('each state has its own icon, so that colour is never alone', () => {
    const states = ['waiting', 'running', 'stopped', 'interrupted', 'failed', 'done'] as const;
    expect(new Set(states.map((status) => runRow(runSummary({ status })).icon.id)).size).toBe(states.length);
  });

  test('the label names the variant', () => {
    expect(runRow(runSummary({ variant: 'rank 64' })).label).toBe('tickets · rank 64');
  });

  test('a name that a person gave stands in its place, and the card says what it is of', () => {
    const run = runSummary({ variant: 'rank 64' }, { label: 'the good one' });
    expect(runRow(run).label).toBe('the good one');
    expect(runCard(run)).toContain('tickets · rank 64');
  });

  test('hostile names and messages are one harmless line in every place', () => {
    const evil = '$(alert) [quit](command:workbench.action.quit)\u202e\n<img src=x>';
    const run = runSummary({ name: evil, status: 'failed', message: evil }, { label: evil });
    const row = runRow(run);
    for (const text of [row.label, row.description]) expect(text).not.toMatch(/[\n\u202e]/);
    expect(runCard(run)).not.toMatch(/(?<!\\)[<[]/);
    expect(endMessage('running', run)?.text).not.toContain('](');
    expect(statusText([runSummary({ name: evil })])?.slice('$(sync~spin)'.length)).not.toContain('$(');
    expect(runRow(runSummary({ name: 'x'.repeat(1_000_000) })).label.length).toBeLessThan(400);
  });

  test('text from a file makes no link and no second line in the card', () => {
    const card = runCard(runSummary({ message: '[x](command:evil)\n| a |' }));
    expect(card).toContain('\\[x\\]\\(command\\:evil\\) \\| a \\|');
  });
});

describe('a notification', () => {
  test('comes once, when a live run ends', () => {
    expect(endMessage('running', runSummary({ status: 'done', loss: 0.0112, step: 200 }))).toEqual({
      text: 'tickets is done: loss 0.0112 after 200 steps (31 s).',
      failed: false,
    });
    expect(endMessage('running', runSummary({ status: 'failed', message: 'Out of memory.' }))).toEqual({
      text: 'tickets failed: Out of memory.',
      failed: true,
    });
    expect(endMessage('running', runSummary({ status: 'interrupted' }))?.failed).toBe(true);
  });

  test('does not come while all goes well, for a stop that was asked for, or for what ended before', () => {
    expect(endMessage('waiting', runSummary({ status: 'running' }))).toBeUndefined();
    expect(endMessage('running', runSummary({ status: 'stopped' }))).toBeUndefined();
    expect(endMessage('done', runSummary({ status: 'done' }))).toBeUndefined();
    expect(endMessage(undefined, runSummary({ status: 'done' }))).toBeUndefined();
  });
});

test('the status bar names one run, counts several, and is empty else', () => {
  const live = runSummary({}, { progress: { step: 141, loss: 0.031 } });
  expect(statusText([runSummary({ status: 'done' })])).toBeUndefined();
  expect(statusText([live, runSummary({ status: 'done' })])).toBe('$(sync~spin) tickets 141/200 · 0.0310');
  expect(statusText([live, live])).toBe('$(sync~spin) 2 runs');
});
