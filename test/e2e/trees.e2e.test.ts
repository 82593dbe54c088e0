/** @file The side bar as a person uses it: filter, group, rename, delete, variants, devices, in each theme and 300 pixels wide. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ResolvedConfig } from '../../runtime/contract/config.ts';
import type { RunRecord } from '../../runtime/contract/run.ts';
import { runConfig } from '../support/runConfig.ts';
import { makeRun } from '../support/runFolder.ts';
import { stepEvent } from '../support/runSummary.ts';
import { useSession } from './session.ts';

const hoursAgo = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();

/** A run with the config that it recorded. */
function run(
  workspace: string,
  id: string,
  record: Partial<RunRecord>,
  changes: Partial<ResolvedConfig> = {},
) {
  const output = join(workspace, 'runs');
  const made = makeRun(output, id, {
    config: join(workspace, 'tickets.adapter.json'),
    created: hoursAgo(1),
    updated: hoursAgo(0.99),
    ...record,
  });
  writeFileSync(join(made.folder, 'config.jsonc'), '{}');
  writeFileSync(join(made.folder, 'log.txt'), 'It began.\n');
  const config = { ...runConfig(output), ...changes };
  writeFileSync(join(made.folder, 'config.resolved.json'), JSON.stringify(config));
  return made;
}

const session = useSession('trees', {
  settings: { 'workbench.colorTheme': 'Dark Modern' },
  prepare: (workspace) => {
    mkdirSync(join(workspace, 'base'));
    writeFileSync(join(workspace, 'rows.jsonl'), '{"text":"a"}\n');
    writeFileSync(
      join(workspace, 'tickets.adapter.json'),
      '{\n  // the small one\n  "base": "base", "data": { "train": "rows.jsonl" },\n  "variants": { "rank 64": { "method": { "rank": 64 } } }\n}\n',
    );
    const done = { status: 'done', step: 200, adapter: 'adapter' } as const;
    for (const [seed, bestLoss] of [0.0112, 0.0121, 0.0124].entries())
      run(workspace, `base-${seed}`, {
        ...done,
        seed,
        bestLoss,
        loss: bestLoss,
        created: hoursAgo(30 + seed),
      });
    run(workspace, 'rank64', { ...done, variant: 'rank 64', bestLoss: 0.0098, loss: 0.0101 });
    run(workspace, 'failed', {
      status: 'failed',
      name: 'gsm8k',
      message: 'The loss was not finite at step 41.',
    });
    const killed = run(workspace, 'killed', { name: 'support', step: 310, steps: 900 });
    killed.append(stepEvent(310, { loss: 0.4 }));
  },
});

test('runs by day, each with what it has to say', async () => {
  const { do: act, page } = session();
  await act.activity('Adapter Workbench');
  for (const text of [
    /tickets · rank 64.*0\.0101/,
    /gsm8k.*not finite at step 41/,
    /support.*interrupted at 310\/900/,
  ])
    await act.treeItem(text).waitFor();
  await act.answer(act.notification(/interrupted/), 'Later').catch(() => undefined);
  await page.locator('.part.sidebar .pane-header', { hasText: 'Adapters' }).waitFor();
});

test('variants with their best result over seeds, and what is stale', async () => {
  const { do: act, page, picture } = session();
  await act.treeItem(/tickets\.adapter\.json.*best 0\.00980 · 2 variants stale/).waitFor();
  await act.treeItem('tickets.adapter.json').click();
  await page.keyboard.press('ArrowRight');
  await act.treeItem(/^base.*0\.012 ± 0\.002 \(3 seeds\) · stale: config changed/).waitFor();
  await picture('dark');
});
void existsSync;
void readFileSync;
void expect;
