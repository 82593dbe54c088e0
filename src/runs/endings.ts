/** @file One notification when a run ends or was found interrupted; none while it goes well, and one among all windows. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { settingsSection } from '../contributions/ids.ts';
import { interruptedSetting } from '../contributions/runs.ts';
import type { RunCommandId } from '../contributions/runs.ts';
import { tellError } from '../common/commands.ts';
import { notificationText } from '../common/plainText.ts';
import { Store } from '../common/disposable.ts';
import type { Disposable } from '../common/disposable.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import { runChoices } from './choose.ts';
import type { Launcher } from './launch.ts';
import { runLabel } from './rows.ts';
import type { TableChange } from './runTable.ts';
import type { Runs } from './runs.ts';

type Ending = TableChange['endings'][number];

/** A window in front of the person speaks first; the others find that it was told. In milliseconds. */
const politeness = 1500;

/** A button and what it does. */
type Actions = Readonly<Record<string, () => unknown>>;

const onRun = (command: RunCommandId, folder: string) => () =>
  vscode.commands.executeCommand(command, { kind: 'run', folder });

const openLog = (folder: string) => () =>
  vscode.window.showTextDocument(vscode.Uri.file(join(folder, 'log.txt')));

/** What can be done now, the likely next step first. */
function actionsFor({ folder, record }: RunSummary): Actions {
  const open = { [l10n.t('Open Run')]: onRun('adapterWorkbench.openRun', folder) };
  if (record.status === 'done')
    return { [l10n.t('Try It')]: onRun('adapterWorkbench.tryAdapter', folder), ...open };
  const resume =
    record.status === 'interrupted' ? { [l10n.t('Resume')]: onRun('adapterWorkbench.resume', folder) } : {};
  return { ...resume, ...open, [l10n.t('Show Log')]: openLog(folder) };
}

export class Endings implements Disposable {
  readonly #store = new Store();
  readonly #runs: Runs;
  readonly #launcher: Launcher;
  readonly #log: vscode.LogOutputChannel;
  #listed = false;

  constructor(runs: Runs, launcher: Launcher, log: vscode.LogOutputChannel) {
    this.#runs = runs;
    this.#launcher = launcher;
    this.#log = log;
    this.#store.add(
      runs.onDidChange(({ endings }) => {
        for (const ending of endings) this.#try(this.#tell(ending));
        if (this.#listed || !runs.loaded) return;
        this.#listed = true;
        this.#try(this.#tellInterrupted());
      }),
    );
  }

  #try(work: Promise<void>): void {
    void work.catch((error: unknown) => {
      // a helper or a run's folder that is gone: nothing is left to tell
      if (error instanceof UserError) this.#log.warn(error.message);
      else tellError(error, this.#log);
    });
  }

  /** True in the one window that tells of this end. */
  async #mine(folder: string): Promise<boolean> {
    if (!vscode.window.state.focused) await sleep(politeness);
    return (await this.#runs.call('run/claim', { folder })).first;
  }

  async #tell({ run, text, failed }: Ending): Promise<void> {
    // a quick start goes on with its proof: one message says both
    const proof = run.record.status === 'done' ? await this.#launcher.proofOf(run.folder) : undefined;
    if (!(await this.#mine(run.folder))) return;
    const show = failed ? vscode.window.showErrorMessage : vscode.window.showInformationMessage;
    const actions = actionsFor(run);
    const answer = await show(proof === undefined ? text : `${text} ${proof}`, ...Object.keys(actions));
    if (answer !== undefined) await actions[answer]?.();
  }

  /** Once for each run, when a window first lists it: a crash or a restart of the machine leaves no other trace. */
  async #tellInterrupted(): Promise<void> {
    const settings = vscode.workspace.getConfiguration(settingsSection);
    if (!settings.get<boolean>(interruptedSetting, true)) return;
    const interrupted: RunSummary[] = [];
    for (const run of this.#runs.all())
      if (run.record.status === 'interrupted' && (await this.#mine(run.folder))) interrupted.push(run);
    const [only] = interrupted;
    if (only === undefined) return;
    const text =
      interrupted.length === 1
        ? l10n.t('The run {0} was interrupted. It can be resumed.', runLabel(only))
        : l10n.t('{0} runs were interrupted. They can be resumed.', interrupted.length);
    const actions: Actions = {
      [l10n.t('Resume')]: () => resume(interrupted),
      [l10n.t('Show')]: () => vscode.commands.executeCommand('adapterWorkbench.runs.focus'),
      [l10n.t("Don't Show Again")]: () => settings.update(interruptedSetting, false, true),
    };
    const answer = await vscode.window.showInformationMessage(
      notificationText(text),
      ...Object.keys(actions),
    );
    if (answer !== undefined) await actions[answer]?.();
  }

  dispose(): void {
    this.#store.dispose();
  }
}

/** One at once; of several the person says which, for they would share the cores. */
async function resume(runs: readonly RunSummary[]): Promise<void> {
  const [only] = runs;
  const chosen =
    runs.length === 1 && only !== undefined
      ? only
      : (await vscode.window.showQuickPick(runChoices(runs), { placeHolder: l10n.t('Run to resume') }))?.run;
  if (chosen !== undefined) await onRun('adapterWorkbench.resume', chosen.folder)();
}
