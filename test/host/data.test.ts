/** @file Datasets inside a real extension host: an edit asks for its own row, rows are excluded in the config, losses are shown. */
import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { ExtensionApi } from '../../src/extension.ts';
import { rows, writeDataWorkspace } from '../support/dataWorkspace.ts';

let api: ExtensionApi;
let folder: string;
let editor: vscode.TextEditor;

/** After the next time that rows of the document were looked at. */
const looked = (): Promise<void> =>
  new Promise((resolve) => {
    const listener = api.data.mask.onDidChange(({ document }) => {
      if (document !== editor.document) return;
      listener.dispose();
      resolve();
    });
  });

/** Looks until what holds holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await looked();
}

const codesOn = (line: number): string[] =>
  vscode.languages
    .getDiagnostics(editor.document.uri)
    .filter(({ range }) => range.start.line === line)
    .map(({ code }) => (typeof code === 'string' ? code : ''));

before(async () => {
  const extension = vscode.extensions.getExtension<ExtensionApi>('adapter-workbench.adapter-workbench')!;
  api = await extension.activate();
  folder = join(vscode.workspace.workspaceFolders![0]!.uri.fsPath, 'data');
  writeDataWorkspace(folder, extension.extensionPath);
  await api.data.uses.refresh();
  editor = await vscode.window.showTextDocument(vscode.Uri.file(join(folder, 'chat.jsonl')), {
    preview: false,
  });
  await until(() => api.data.mask.rowAt(editor.document, 0)?.tokens !== undefined);
});

describe('the mask preview', () => {
  it('asks for the visible rows once', () => {
    assert.equal(api.data.mask.rowsAsked, rows.length);
    assert.ok(api.data.mask.rowAt(editor.document, 7)!.supervised! > 0);
  });

  it('asks for one row after an edit, also where lines have moved', async () => {
    const before = api.data.mask.rowsAsked;
    const done = looked();
    await editor.edit((edit) => {
      edit.replace(new vscode.Range(0, 0, 0, 0), '\n');
    });
    await done;
    assert.equal(api.data.mask.rowsAsked, before);
    const column = editor.document.lineAt(1).text.indexOf('bug');
    await editor.edit((edit) => {
      edit.replace(new vscode.Range(1, column, 1, column + 3), 'flaw');
    });
    await until(() => api.data.mask.rowAt(editor.document, 1) !== undefined);
    assert.equal(api.data.mask.rowsAsked, before + 1);
    await vscode.commands.executeCommand('undo');
    await vscode.commands.executeCommand('undo');
  });

  it('shows lints as diagnostics', async () => {
    await until(() => codesOn(5)[0] === 'no-assistant-turn');
    assert.deepEqual(
      [codesOn(3), codesOn(4), codesOn(5)],
      [['control-tokens'], ['row-not-json'], ['no-assistant-turn']],
    );
  });
});

describe('excluding a row', () => {
  const config = (): { data: { exclude?: unknown } } =>
    JSON.parse(readFileSync(join(folder, 'chat.adapter.json'), 'utf8')) as { data: { exclude?: unknown } };

  it('writes the list into the config, and takes it out again', async () => {
    const row = { file: editor.document.uri.fsPath, row: 6 };
    await vscode.commands.executeCommand('adapterWorkbench.excludeRow', row);
    assert.deepEqual(config().data.exclude, [6]);
    assert.ok(api.data.mask.isExcluded(editor.document, 5));
    await vscode.commands.executeCommand('adapterWorkbench.includeRow', row);
    assert.equal(config().data.exclude, undefined);
  });

  const both = (command: string): Promise<unknown> =>
    Promise.all(
      [3, 5].map((row) => vscode.commands.executeCommand(command, { file: editor.document.uri.fsPath, row })),
    );

  it('keeps both of two quick ones', async () => {
    await both('adapterWorkbench.excludeRow');
    assert.deepEqual(config().data.exclude, [3, 5]);
    await both('adapterWorkbench.includeRow');
    assert.equal(config().data.exclude, undefined);
  });

  it('builds on what an unsaved config has', async () => {
    const document = await vscode.workspace.openTextDocument(join(folder, 'chat.adapter.json'));
    const saved = document.getText();
    const change = new vscode.WorkspaceEdit();
    change.insert(document.uri, new vscode.Position(0, 0), '\n');
    await vscode.workspace.applyEdit(change);
    await both('adapterWorkbench.excludeRow');
    assert.match(document.getText(), /"exclude": \[\s*3,\s*5\s*\]/);
    assert.equal(config().data.exclude, undefined);
    const back = new vscode.WorkspaceEdit();
    back.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), saved);
    await vscode.workspace.applyEdit(back);
    await document.save();
  });
});

describe('token losses', () => {
  it('lie on the trained tokens of the row, and go with Escape or an edit', async () => {
    await api.data.losses.showRow({ config: join(folder, 'chat.adapter.json') }, 1, [0.1, 2, 5]);
    assert.deepEqual(
      api.data.losses.shown?.spans.map(({ loss }) => loss),
      [0.1, 2, 5],
    );

    await vscode.commands.executeCommand('adapterWorkbench.hideTokenLosses');
    assert.equal(api.data.losses.shown, undefined);
  });
});

describe('the datasets view', () => {
  it('lists used files first', async () => {
    await api.data.files.refresh();
    const names = api.data.tree.getChildren().map(({ path }) => path.slice(folder.length + 1));
    assert.deepEqual(names, ['chat.jsonl', 'valid.jsonl', 'table.csv', 'tickets.jsonl']);
  });
});
