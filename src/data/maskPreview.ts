/**
 * @file The mask preview: colours the visible rows of each `.jsonl` editor, saved or not. Only rows that nobody has looked at yet
 * are asked for, so that an edit costs its own row; nothing is kept for the rest of the document.
 */
import * as vscode from 'vscode';
import { settingsSection } from '../contributions/ids.ts';
import { maskSetting } from '../contributions/data.ts';
import { Store } from '../common/disposable.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import { includesRow, rowRanges } from '../../runtime/contract/rowNumbers.ts';
import type { RowLint, RowPreview } from '../../runtime/contract/api/data.ts';
import type { Companion } from '../runtime/companion.ts';
import { isRowDocument, longestDrawn } from './limits.ts';
import { MaskDecorations } from './maskDecorations.ts';
import type { ShownRow } from './maskDecorations.ts';
import { Problems } from './problems.ts';
import { RowCache } from './rowCache.ts';
import { viewOf } from './uses.ts';
import type { DataUses } from './uses.ts';

/** Rows above and below what is visible: a small scroll shows them at once. */
const margin = 20;
/** Rows of one question: an answer comes soon enough to be drawn. */
const askedAtOnce = 24;
/** Milliseconds of a pause in typing or scrolling. */
const pause = 30;

/** What is known of one open document. */
interface Sheet {
  readonly rows: RowCache;
  readonly problems: Problems;
  /** The view that `rows` were looked at through, with its exclusions. */
  view: string;
  /** Why there are no tokens, where the view can't be read. */
  failure: string | undefined;
}

export interface SheetChange {
  readonly document: vscode.TextDocument;
}

export class MaskPreview implements vscode.Disposable {
  readonly #store = new Store();
  readonly #companion: Companion;
  readonly #uses: DataUses;
  readonly #log: vscode.LogOutputChannel;
  readonly #decorations = this.#store.add(new MaskDecorations());
  readonly #changed = this.#store.add(new vscode.EventEmitter<SheetChange>());
  readonly #sheets = new Map<vscode.TextDocument, Sheet>();
  readonly #pending = new Map<vscode.TextEditor, NodeJS.Timeout>();
  /** Rows that the helper was asked about, all together: a test counts them. */
  rowsAsked = 0;

  /** After rows of a document were looked at. */
  readonly onDidChange = this.#changed.event;

  constructor(companion: Companion, uses: DataUses, log: vscode.LogOutputChannel) {
    this.#log = log;
    this.#companion = companion;
    this.#uses = uses;
    const { window, workspace } = vscode;
    const all = (): void => {
      for (const editor of window.visibleTextEditors) this.#schedule(editor);
    };
    const listen = [
      window.onDidChangeVisibleTextEditors(all),
      window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => {
        this.#schedule(textEditor);
      }),
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        this.#edited(document, contentChanges);
      }),
      workspace.onDidCloseTextDocument((document) => this.#sheets.delete(document)),
      workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration(`${settingsSection}.${maskSetting}`)) all();
      }),
      workspace.onDidGrantWorkspaceTrust(all),
      uses.onDidChange(all),
      companion.onDidRestart(all),
    ];
    for (const one of listen) this.#store.add(one);
    all();
  }

  /** Switched off, the rows are looked at all the same: for counts and lints. */
  get #isShown(): boolean {
    return vscode.workspace.getConfiguration(settingsSection).get(maskSetting, true);
  }

  /** What is known of a row; lines count from 0. */
  rowAt(document: vscode.TextDocument, line: number): RowPreview | undefined {
    return this.#sheets.get(document)?.rows.get(document.lineAt(line).text);
  }

  isExcluded(document: vscode.TextDocument, line: number): boolean {
    return includesRow(rowRanges(this.#uses.chosen(document.uri.fsPath)?.exclude ?? []), line + 1);
  }

  problems(document: vscode.TextDocument): Problems | undefined {
    return this.#sheets.get(document)?.problems;
  }

  failure(document: vscode.TextDocument): string | undefined {
    return this.#sheets.get(document)?.failure;
  }

  /** Takes the lints of all rows; those of visible rows are told with their places at once. */
  setProblems(
    document: vscode.TextDocument,
    byLine: ReadonlyMap<number, readonly RowLint[]>,
    more: number,
  ): void {
    const sheet = this.#sheets.get(document);
    if (sheet === undefined) return;
    sheet.problems.replace(byLine, more);
    for (const editor of vscode.window.visibleTextEditors)
      if (editor.document === document) this.#show(editor, sheet);
    this.#changed.fire({ document });
  }

  #edited(document: vscode.TextDocument, changes: readonly vscode.TextDocumentContentChangeEvent[]): void {
    const problems = this.#sheets.get(document)?.problems;
    if (problems === undefined) return;
    for (const { range, text } of changes) {
      let lines = 1;
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1;
      problems.shift({ first: range.start.line, last: range.end.line, lines });
    }
    for (const editor of vscode.window.visibleTextEditors)
      if (editor.document === document) this.#schedule(editor);
  }

  #schedule(editor: vscode.TextEditor): void {
    if (!isRowDocument(editor.document) || !vscode.workspace.isTrusted) return;
    clearTimeout(this.#pending.get(editor));
    const first = !this.#sheets.has(editor.document);
    const timer = setTimeout(
      () => {
        this.#pending.delete(editor);
        void this.#update(editor);
      },
      first ? 0 : pause,
    );
    this.#pending.set(editor, timer);
  }

  async #update(editor: vscode.TextEditor): Promise<void> {
    const { document } = editor;
    const begin = performance.now();
    const isNew = !this.#sheets.has(document);
    await this.#uses.load();
    const sheet = this.#sheetOf(document);
    const missing = [...new Set(visibleLines(editor).map((line) => document.lineAt(line).text))].filter(
      (text) => sheet.rows.get(text) === undefined,
    );
    for (let i = 0; i < missing.length; i += askedAtOnce) {
      await this.#ask(document, sheet, missing.slice(i, i + askedAtOnce));
      this.#show(editor, sheet);
      if (i > 0 || !isNew) continue;
      const name = vscode.workspace.asRelativePath(document.uri);
      this.#log.info(
        `${name}: first rows coloured ${Math.round(performance.now() - begin)} ms after it opened`,
      );
    }
    this.#show(editor, sheet);
  }

  #sheetOf(document: vscode.TextDocument): Sheet {
    const use = this.#uses.chosen(document.uri.fsPath);
    const view = JSON.stringify(use ?? null);
    const sheet = this.#sheets.get(document) ?? {
      rows: new RowCache(),
      problems: new Problems(),
      view,
      failure: undefined,
    };
    if (sheet.view !== view) sheet.rows.clear();
    sheet.view = view;
    this.#sheets.set(document, sheet);
    return sheet;
  }

  /** A view that can't be read still leaves the shape of the rows to be looked at. */
  async #ask(document: vscode.TextDocument, sheet: Sheet, rows: readonly string[]): Promise<void> {
    const use = this.#uses.chosen(document.uri.fsPath);
    this.rowsAsked += rows.length;
    const asked = sheet.view;
    const call = async (view: ReturnType<typeof viewOf> | null): Promise<readonly RowPreview[]> =>
      (await this.#companion.call('data/spans', { view, rows })).rows;
    try {
      let previews: readonly RowPreview[];
      try {
        previews = await call(use === undefined ? null : viewOf(use));
        sheet.failure = undefined;
      } catch (error) {
        if (!(error instanceof UserError) || error.code === 'channel-closed') throw error;
        sheet.failure = error.message;
        previews = await call(null);
      }
      if (sheet.view !== asked) return;
      for (const [i, text] of rows.entries()) sheet.rows.set(text, previews[i] ?? { ranges: [], lints: [] });
    } catch (error) {
      // The helper went away; its restart asks again.
      if (!(error instanceof UserError)) throw error;
      sheet.failure = error.message;
    }
  }

  #show(editor: vscode.TextEditor, sheet: Sheet): void {
    const { document } = editor;
    if (document.isClosed) return;
    const use = this.#uses.chosen(document.uri.fsPath);
    const excluded = rowRanges(use?.exclude ?? []);
    const rows = visibleLines(editor).flatMap((line): ShownRow[] => {
      const preview = sheet.rows.get(document.lineAt(line).text);
      if (preview === undefined) return [];
      const isExcluded = includesRow(excluded, line + 1);
      sheet.problems.set(line, isExcluded ? [] : preview.lints);
      return [{ line, preview, excluded: isExcluded }];
    });
    if (this.#isShown) this.#decorations.show(editor, rows);
    else this.#decorations.clear(editor);
    this.#changed.fire({ document });
  }

  dispose(): void {
    for (const timer of this.#pending.values()) clearTimeout(timer);
    this.#store.dispose();
  }
}

/** Lines on the screen and a little around them, without blank ones and those that are too long to be drawn. */
function visibleLines({ document, visibleRanges }: vscode.TextEditor): number[] {
  const lines = new Set<number>();
  for (const { start, end } of visibleRanges) {
    const last = Math.min(document.lineCount - 1, end.line + margin);
    for (let line = Math.max(0, start.line - margin); line <= last; line++) lines.add(line);
  }
  return [...lines].filter((line) => {
    const { text, isEmptyOrWhitespace } = document.lineAt(line);
    return !isEmptyOrWhitespace && text.length <= longestDrawn;
  });
}
