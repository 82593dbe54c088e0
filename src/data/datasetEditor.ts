/** @file The dataset page: a read-only editor for data files of any size, whose rows the helper reads by their place. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { datasetEditorId } from '../contributions/data.ts';
import type { DataCommandId } from '../contributions/data.ts';
import { fillPage } from '../common/page.ts';
import type { Page } from '../common/page.ts';
import { Store } from '../common/disposable.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { Companion } from '../runtime/companion.ts';
import type { DatasetPageApi, DatasetPageEvents, PageFile } from '../../webview/dataset/protocol.ts';
import type { Handlers } from '../../runtime/contract/rpc.ts';
import type { RowArguments } from './diagnostics.ts';
import { PageWishes } from './pageWishes.ts';
import type { Wish, WishPage } from './pageWishes.ts';
import type { Surveys } from './surveys.ts';
import { viewOf } from './uses.ts';
import type { DataUses } from './uses.ts';

/** One page of the page's list. */
const firstRows = 64;

/** A page of a file, in an editor. */
interface DatasetPage extends WishPage, Page<DatasetPageEvents> {
  /** It has asked for its file since it was last shown. */
  loaded: boolean;
}

interface DatasetDocument extends vscode.CustomDocument {
  readonly file: string;
}

export class DatasetEditors
  implements vscode.CustomReadonlyEditorProvider<DatasetDocument>, vscode.Disposable
{
  readonly #store = new Store();
  readonly #companion: Companion;
  readonly #uses: DataUses;
  readonly #surveys: Surveys;
  readonly #extension: vscode.Uri;
  readonly #pages = new Map<string, Set<DatasetPage>>();
  readonly #wishes = new PageWishes();
  #searches = 0;

  constructor(companion: Companion, uses: DataUses, surveys: Surveys, extension: vscode.Uri) {
    this.#companion = companion;
    this.#uses = uses;
    this.#surveys = surveys;
    this.#extension = extension;
    this.#store.add(
      vscode.window.registerCustomEditorProvider(datasetEditorId, this, {
        supportsMultipleEditorsPerDocument: true,
        webviewOptions: { retainContextWhenHidden: false },
      }),
    );
    this.#store.add(
      companion.on('data/indexed')(({ file, ...state }) => {
        for (const page of this.#of(file)) page.connection.emit('page/indexed', state);
      }),
    );
    this.#store.add(
      companion.on('data/progress')(({ file, done, size }) => {
        for (const page of this.#of(file)) page.connection.emit('page/progress', { done, size });
      }),
    );
    const changed = (): void => {
      for (const pages of this.#pages.values())
        for (const page of pages) page.connection.emit('page/changed', { edited: false });
    };
    this.#store.add(uses.onDidChange(changed));
    this.#store.add(companion.onDidRestart(changed));
  }

  #of(file: string): readonly DatasetPage[] {
    return [...(this.#pages.get(file) ?? [])];
  }

  /** Opens the page of a file, at a line of it if one is given. */
  async open(file: string, line?: number): Promise<void> {
    const at = line === undefined ? undefined : await this.#companion.call('data/rowAt', { file, line });
    await this.#show(file, typeof at?.row === 'number' ? { row: at.row } : {});
  }

  /** Opens the page of a file with the focus on its lengths. */
  async showStatistics(file: string): Promise<void> {
    await this.#show(file, { statistics: true });
  }

  async #show(file: string, wish: Wish): Promise<void> {
    await this.#wishes.ask(file, wish, this.#of(file), () =>
      vscode.commands.executeCommand('vscode.openWith', vscode.Uri.file(file), datasetEditorId),
    );
  }

  openCustomDocument(uri: vscode.Uri): DatasetDocument {
    if (uri.scheme !== 'file')
      throw new UserError('no-file', l10n.t('Only files on this machine can be shown as datasets.'));
    return { uri, file: uri.fsPath, dispose: () => undefined };
  }

  resolveCustomEditor({ file }: DatasetDocument, panel: vscode.WebviewPanel): void {
    // Read while VS Code makes the page, whose first question takes it.
    const begun = this.#load(file);
    begun.catch(() => undefined);
    const filled = fillPage<DatasetPageApi, DatasetPageEvents>(panel, this.#extension, {
      name: 'dataset',
      title: l10n.t('Dataset'),
      data: { file },
      handlers: this.#handlers(file, () => page, begun),
    });
    const page: DatasetPage = {
      ...filled,
      loaded: false,
      hears: () => page.loaded && panel.visible,
      isActive: () => panel.active,
      tell: ({ row, statistics }) => {
        if (row !== undefined) filled.connection.emit('page/reveal', { row });
        if (statistics === true) filled.connection.emit('page/statistics', null);
      },
    };
    // Its document goes when its tab is hidden, and is loaded anew when it is shown.
    page.store.add(
      panel.onDidChangeViewState(() => {
        if (!panel.visible) page.loaded = false;
      }),
    );
    const pages = this.#pages.get(file) ?? new Set();
    this.#pages.set(file, pages.add(page));
    const watcher = page.store.add(
      vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(vscode.Uri.file(file), '*')),
    );
    // Editors that write a file anew under its name create it.
    for (const event of [watcher.onDidChange, watcher.onDidCreate])
      page.store.add(
        event(() => {
          page.connection.emit('page/changed', { edited: true });
        }),
      );
    page.store.add({
      dispose: () => {
        pages.delete(page);
        if (pages.size === 0) this.#pages.delete(file);
      },
    });
  }

  async #load(file: string): Promise<PageFile> {
    const params = { file, cache: this.#surveys.cache, count: firstRows };
    const [{ unit, first, ...state }] = await Promise.all([
      this.#companion.call('data/open', params),
      this.#uses.load(),
    ]);
    const uses = this.#uses.of(file);
    const use = this.#uses.chosen(file);
    return {
      state,
      unit,
      rows: first,
      ...(use === undefined ? {} : { view: { label: use.label, canChoose: uses.length > 1 } }),
    };
  }

  #handlers(file: string, page: () => DatasetPage, begun: Promise<PageFile>): Handlers<DatasetPageApi> {
    let first: Promise<PageFile> | undefined = begun;
    const view = () => {
      const use = this.#uses.chosen(file);
      return use === undefined ? null : viewOf(use);
    };
    const role = () => this.#uses.chosen(file)?.role ?? 'train';
    const { cache } = this.#surveys;
    return {
      'page/load': async () => {
        // From here on it hears for itself where to go.
        const wish = page().loaded ? {} : this.#wishes.take(file);
        page().loaded = true;
        const answer = first ?? this.#load(file);
        first = undefined;
        return { ...(await answer), ...wish };
      },
      'page/rows': ({ first, count, encoded }) =>
        this.#companion.call('data/rows', { file, first, count, view: encoded ? view() : null }),
      'page/row': ({ row }) => this.#companion.call('data/row', { file, row, view: view() }),
      'page/survey': async ({ all }) => {
        const survey = (await this.#surveys.ask(file, { all })) ?? null;
        const reason = this.#surveys.reason(file);
        return { survey, ...(reason === undefined ? {} : { reason }) };
      },
      'page/search': async ({ text, id }, signal) => {
        const own = ++this.#searches;
        const listener = page().store.add(
          this.#companion.on('data/found')((message) => {
            if (message.id === own)
              page().connection.emit('page/found', { id, rows: message.rows, done: message.done });
          }),
        );
        try {
          return await this.#companion.call('data/search', { file, text, id: own }, signal);
        } finally {
          listener.dispose();
        }
      },
      'page/filter': (filter, signal) =>
        this.#companion.call('data/filter', { file, view: view(), role: role(), cache, ...filter }, signal),
      'page/choose': async () => {
        const uri = vscode.Uri.file(file);
        await vscode.commands.executeCommand('adapterWorkbench.chooseMask' satisfies DataCommandId, uri);
        return null;
      },
      'page/exclude': async ({ line, excluded }) => {
        const id: DataCommandId = excluded ? 'adapterWorkbench.excludeRow' : 'adapterWorkbench.includeRow';
        await vscode.commands.executeCommand(id, { file, row: line } satisfies RowArguments);
        return null;
      },
    };
  }

  dispose(): void {
    this.#store.dispose();
  }
}
