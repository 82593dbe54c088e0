/** @file The same run in every kind of theme, wide and narrow: readable, nothing cut off, nothing by colour alone. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeRun } from '../support/runFolder.ts';
import { stepEvent } from '../support/runSummary.ts';
import { useSession } from './session.ts';
import { lookAt, themes } from './themes.ts';

/** A loss that falls over three decades, resumed once, with evaluations and a base to compare with. */
function finishedRun(output: string, id: string): void {
  const run = makeRun(output, id, {
    status: 'done',
    step: 200,
    loss: 0.0112,
    trainable: 325_632,
    estimatedBytes: 1.3e9,
    peakBytes: 1.1e9,
    variant: 'rank 64',
  });
  run.append({ event: 'started', run: id, steps: 200, rows: 400, trainable: 325_632, baseLoss: 8.78 });
  for (let step = 1; step <= 200; step++) {
    const wave = 1 + 0.3 * Math.sin(step * 7.3);
    run.append(
      stepEvent(step, { loss: 9 * Math.exp(-step / 28) * wave + 0.01, gradNorm: wave / Math.sqrt(step) }),
    );
    if (step % 25 === 0)
      run.append(
        {
          event: 'evaluation',
          step,
          loss: 8 * Math.exp(-step / 30) + 0.012,
          tokens: 9,
          seconds: 1,
          best: true,
        },
        { event: 'checkpoint', step, path: `checkpoint-${step}` },
      );
    if (step === 100) run.append({ event: 'resumed', fromStep: 100 });
  }
}

const session = useSession('appearance', {
  prepare: (workspace) => {
    const output = join(workspace, 'runs');
    finishedRun(output, 'finished');
    makeRun(output, 'failed', {
      status: 'failed',
      name: 'gsm8k',
      message: 'The loss was not finite at step 41.',
    });
    makeRun(output, 'killed', { name: 'support', step: 310, steps: 900 });
  },
});

test('the list shows each state in its own words', async () => {
  const { do: act } = session();
  await act.activity('Adapter Workbench');
  for (const text of [
    /tickets · rank 64.*0\.0112/,
    /gsm8k.*not finite at step 41/,
    /support.*interrupted at 310\/900/,
  ])
    await act.treeItem(text).waitFor();
  await act.treeItem(/tickets · rank 64/).click();
  await act.webview('.facts');
});

test.each(themes)('$name', async (theme) => {
  const page = await session().do.webview('.facts');
  await lookAt(session(), page, theme, 'page');
  const drawn = await page.evaluate(() => {
    const canvas = document.querySelector('canvas')!;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((_, i) => i % 4 === 3 && data[i]! > 0).length / (data.length / 4);
  });
  expect(drawn).toBeGreaterThan(0.005);
});

test('a narrow window scrolls down, never sideways', async () => {
  const { do: act, page: window, picture } = session();
  await window.setViewportSize({ width: 700, height: 800 });
  const page = await act.webview('.facts');
  await window.waitForTimeout(500);
  await picture('narrow');
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow).toBe(0);
});
