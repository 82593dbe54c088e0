/** @file The pages of runs: one panel for each open run, restored when the window is loaded anew. */
import * as vscode from 'vscode';
import * as l10n from '@vscode/l10n';
import { runPanelId } from '../contributions/runs.ts';
import { Store } from '../common/disposable.ts';
import { fillPage, pageOptions } from '../common/page.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import type { StepRows } from '../../runtime/contract/api/runDetails.ts';
import type { RowAction, RunPageApi, RunPageEvents, SavedFile } from '../../webview/run/protocol.ts';
import { FollowedRun } from './followedRun.ts';
import { showConfigKey, showRunFile } from './pageFiles.ts';
import { actOnRow } from './rowActions.ts';
import type { RowActions } from './rowActions.ts';
import { saveFile } from './saveFile.ts';
import { runLabel } from './rows.ts';
import type { Runs } from './runs.ts';

export interface PageActions {
  readonly stop: (folder: string) => Promise<void>;
  readonly resume: (folder: string) => Promise<void>;
  readonly show: (folder: string, what: 'config' | 'folder') => Promise<void>;
  /** A run's page was opened. */
  readonly opened: (run: RunSummary) => void;
  readonly showTokens: RowActions['showTokens'];
}

export class RunPanels implements vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #store = new Store();
  readonly #runs: Runs;
  readonly #extension: vscode.Uri;
  readonly #actions: PageActions;
  readonly #open = new Map<string, vscode.WebviewPanel>();

  constructor(runs: Runs, extension: vscode.Uri, actions: PageActions) {
    this.#runs = runs;
    this.#extension = extension;
    this.#actions = actions;
    this.#store.add(vscode.window.registerWebviewPanelSerializer(runPanelId, this));
  }

  /** Shows the run's page; `summary` may be newer than what the list knows. `preserveFocus` leaves the keys to the list. */
  show(summary: RunSummary, preserveFocus = false): void {
    const open = this.#open.get(summary.folder);
    if (open !== undefined) {
      open.reveal(undefined, preserveFocus);
      return;
    }
    const panel = vscode.window.createWebviewPanel(
      runPanelId,
      runLabel(summary),
      { viewColumn: vscode.ViewColumn.Active, preserveFocus },
      pageOptions(this.#extension),
    );
    this.#fill(panel, summary.folder);
  }

  /** After the window was loaded anew: the page's state says which run it showed. */
  deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const folder =
      typeof state === 'object' && state !== null && 'folder' in state ? state.folder : undefined;
    if (typeof folder === 'string' && folder !== '') {
      this.#fill(panel, folder);
    } else panel.dispose();
    return Promise.resolve();
  }

  #fill(panel: vscode.WebviewPanel, folder: string): void {
    this.#open.set(folder, panel);
    // read while the page is loading
    const run = new FollowedRun({
      follow: () => this.#runs.call('run/follow', { folder }),
      whole: () => this.#runs.call('run/whole', { folder }),
      tell: (steps, restarted) => {
        page.emit('run/events', { steps, restarted });
      },
    });
    const load = async (): Promise<RunPageApi['run/load']['result']> => {
      const loaded = await run.load();
      this.#actions.opened(loaded.summary);
      return loaded;
    };
    const { connection: page, store } = fillPage<RunPageApi, RunPageEvents>(panel, this.#extension, {
      name: 'run',
      title: l10n.t('Run'),
      data: { folder },
      handlers: { ...this.#handlers(folder, load), 'run/whole': () => run.whole() },
    });
    store.add(
      this.#runs.onRunEvents(({ folder: of, parts, restarted }) => {
        if (of === folder) run.take(parts, restarted);
      }),
    );
    let listed = this.#runs.get(folder) !== undefined;
    store.add(
      this.#runs.onDidChange(({ updated }) => {
        const summary = this.#runs.get(folder);
        if (summary === undefined && listed) page.emit('run/gone', null);
        else if (summary !== undefined && (!listed || updated.includes(summary)))
          page.emit('run/changed', summary);
        listed = summary !== undefined;
      }),
    );
    const again = (): void => {
      run.again().then(
        (summary) => {
          if (summary !== undefined) page.emit('run/changed', summary);
        },
        (error: unknown) => {
          if (!(error instanceof UserError && error.code === 'no-run')) throw error;
          // deleted meanwhile: what the page has stays
          page.emit('run/gone', null);
        },
      );
    };
    store.add(this.#runs.onDidRestart(again));
    // a page that was restored before, and could read nothing
    store.add(vscode.workspace.onDidGrantWorkspaceTrust(again));
    panel.onDidDispose(() => {
      this.#open.delete(folder);
      if (!this.#store.disposed) void this.#runs.call('run/leave', { folder }).catch(() => undefined);
    });
  }

  #handlers(folder: string, load: () => Promise<RunPageApi['run/load']['result']>) {
    const done = async (work: Promise<void>): Promise<null> => {
      await work;
      return null;
    };
    const texts = () => this.#runs.call('run/texts', { folder });
    let shown: { readonly step: number; readonly rows: StepRows } | undefined;
    // rows that are in sight can be acted on when their run is deleted
    const rows = async (step: number): Promise<StepRows> => {
      if (shown?.step !== step || this.#runs.get(folder) !== undefined)
        shown = { step, rows: await this.#runs.call('run/rows', { folder, step }) };
      return shown.rows;
    };
    let last: RunSummary | undefined;
    // a run that was deleted keeps its name, and its config may be there
    const summary = (): RunSummary => {
      last = this.#runs.get(folder) ?? last;
      if (last !== undefined) return last;
      throw new UserError('no-run', l10n.t('The run is not listed any more.'), { place: { file: folder } });
    };
    return {
      'run/load': async () => {
        try {
          const loaded = await load();
          last = loaded.summary;
          return loaded;
        } catch (error) {
          if (!(error instanceof UserError) || error.code !== 'no-run') throw error;
          throw new UserError(
            'no-run',
            l10n.t('This run was deleted, or moved to where no run is looked for.'),
            { place: { file: folder } },
          );
        }
      },
      'run/texts': texts,
      'run/samples': () => this.#runs.call('run/samples', { folder }),
      'run/rows': ({ step }: { step: number }) => rows(step),
      'run/row': async ({ step, row, action }: { step: number; row: number; action: RowAction }) => {
        const found = await rows(step);
        const chosen = found.rows.find((one) => one.row === row);
        if (chosen !== undefined) await actOnRow(found, chosen, action, this.#actions);
        return null;
      },
      'run/showKey': ({ key }: { key: string }) => done(showConfigKey(summary(), key)),
      'run/save': (file: SavedFile) => saveFile(file, summary().record.id),
      'run/stop': () => done(this.#actions.stop(folder)),
      'run/resume': () => done(this.#actions.resume(folder)),
      'run/show': ({ what }: RunPageApi['run/show']['params']) =>
        done(
          what === 'config' || what === 'folder'
            ? this.#actions.show(folder, what)
            : showRunFile(summary(), texts, what),
        ),
    };
  }

  dispose(): void {
    this.#store.dispose();
  }
}
