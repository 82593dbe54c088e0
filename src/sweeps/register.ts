/** @file The commands of sweeps and of the learning-rate finder, with their view and page. */
import { dirname } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { SweepSummary } from '../../runtime/contract/api/sweeps.ts';
import { registerCommands } from '../common/commands.ts';
import type { Disposable } from '../common/disposable.ts';
import { withoutIcons } from '../common/plainText.ts';
import type { CompareCommandId } from '../contributions/compare.ts';
import type { SweepCommandId } from '../contributions/sweeps.ts';
import { chooseConfig } from '../runs/choose.ts';
import { deviceWords } from '../runs/launch.ts';
import type { Workbench } from '../workbench.ts';
import { askSweep } from './ask.ts';
import { findRate } from './findRate.ts';
import { RatePages } from './ratePage.ts';
import { runFolders, sweepRow, sweepState } from './rows.ts';
import { Sweeps } from './sweeps.ts';
import { SweepTree } from './tree.ts';
import { asRow } from './words.ts';

/** The sweep of a row, else the only fitting one, else the one that the person picks. */
async function chooseSweep(
  sweeps: Sweeps,
  argument: unknown,
  state: 'running' | 'stopped' | undefined,
): Promise<SweepSummary | undefined> {
  if (typeof argument === 'object' && argument !== null && 'sweep' in argument)
    return typeof argument.sweep === 'string' ? sweeps.get(argument.sweep) : undefined;
  const fits = (sweep: SweepSummary): boolean => state === undefined || sweepState(sweep) === state;
  if (!sweeps.all().some(fits)) await sweeps.refresh();
  const fitting = sweeps.all().filter(fits);
  if (fitting.length === 0) void vscode.window.showInformationMessage(l10n.t('There is no such sweep.'));
  if (fitting.length <= 1) return fitting[0];
  const items = fitting.map((sweep) => {
    const { label, description } = sweepRow(sweep);
    return { label: withoutIcons(label), description, sweep };
  });
  return (await vscode.window.showQuickPick(items, { placeHolder: l10n.t('Sweep') }))?.sweep;
}

async function startSweep({ companion, launcher }: Workbench, argument: unknown): Promise<void> {
  const chosen = await chooseConfig(asRow(argument));
  if (chosen === undefined) return;
  const { config } = chosen;
  const words = await askSweep(await companion.call('sweep/choices', { config }));
  if (words === undefined) return;
  await launcher.start(['sweep', config, ...words, ...deviceWords(config)], dirname(config));
}

export function registerSweeps(workbench: Workbench): Disposable {
  const { companion, launcher, runs, context, log } = workbench;
  const sweeps = new Sweeps(workbench);
  const tree = new SweepTree(sweeps, runs);
  const pages = new RatePages(context.extensionUri);
  const commands = registerCommands<SweepCommandId>(
    {
      'adapterWorkbench.sweep': (argument) => startSweep(workbench, argument),
      'adapterWorkbench.findRate': (argument) => findRate(workbench, pages, argument),
      'adapterWorkbench.stopSweep': async (argument) => {
        const sweep = await chooseSweep(sweeps, argument, 'running');
        if (sweep !== undefined) await companion.call('sweep/stop', { folder: sweep.folder });
      },
      'adapterWorkbench.resumeSweep': async (argument) => {
        const sweep = await chooseSweep(sweeps, argument, 'stopped');
        if (sweep !== undefined)
          await launcher.start(['sweep', '--resume', sweep.folder], dirname(sweep.folder));
      },
      'adapterWorkbench.compareSweep': async (argument) => {
        const sweep = await chooseSweep(sweeps, argument, undefined);
        if (sweep !== undefined)
          await vscode.commands.executeCommand(
            'adapterWorkbench.compareRuns' satisfies CompareCommandId,
            runFolders(sweep),
          );
      },
    },
    log,
  );
  return vscode.Disposable.from(commands, pages, tree, sweeps);
}
