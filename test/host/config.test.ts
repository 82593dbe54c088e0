/** @file Every broken config in a real editor: its diagnostic at its place, and each quick fix makes it disappear. */
import * as assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { allBroken, writeBrokenFolder } from '../runtime/config/broken/allBroken.ts';
import { unmarked } from '../runtime/config/broken/brokenConfig.ts';
import type { BrokenConfig } from '../runtime/config/broken/brokenConfig.ts';

const source = 'Adapter Workbench';
/** Those that are seen in a file, not in the words of a command line. */
const inFiles = allBroken.filter(({ sets, variant }) => sets === undefined && variant === undefined);

let folder: string;
let document: vscode.TextDocument;

const ours = (): vscode.Diagnostic[] =>
  vscode.languages.getDiagnostics(document.uri).filter((one) => one.source === source);

/** Waits for a set of our diagnostics that fits. */
function when(fits: (diagnostics: readonly vscode.Diagnostic[]) => boolean, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (fits(ours())) {
      resolve();
      return;
    }
    const listener = vscode.languages.onDidChangeDiagnostics(({ uris }) => {
      if (!uris.some((uri) => uri.toString() === document.uri.toString()) || !fits(ours())) return;
      listener.dispose();
      clearTimeout(timer);
      resolve();
    });
    const timer = setTimeout(() => {
      listener.dispose();
      const found = ours().map(({ code, message }) => `${typeof code === 'string' ? code : ''}: ${message}`);
      reject(new Error(`never came: ${what}; there is ${JSON.stringify(found)}`));
    }, 15_000);
  });
}

async function write(text: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  const all = new vscode.Range(document.positionAt(0), document.positionAt(document.getText().length));
  edit.replace(document.uri, all, text);
  assert.ok(await vscode.workspace.applyEdit(edit));
}

const hasCode = (code: string) => (diagnostics: readonly vscode.Diagnostic[]) =>
  diagnostics.some((one) => one.code === code);

/** How many quick fixes it has; each was tried. */
async function checkOne(broken: BrokenConfig): Promise<number> {
  const { code } = broken;
  const { text, offset, length } = unmarked(broken);
  await write(text);
  const place = new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
  const stands = (diagnostics: readonly vscode.Diagnostic[]): boolean =>
    diagnostics.some((one) => one.code === code && one.range.isEqual(place));
  await when(stands, `${code} at ${JSON.stringify(place)}`);
  const found = ours().find((one) => one.code === code && one.range.isEqual(place))!;
  const offered = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    'vscode.executeCodeActionProvider',
    document.uri,
    place,
    vscode.CodeActionKind.QuickFix.value,
  );
  // what is offered doesn't say what it mends: where another diagnostic stands there too, it may be that one's
  const alone = ours().filter(({ range }) => range.intersection(place) !== undefined).length === 1;
  const fixes = alone ? offered : [];
  for (const { edit, title } of fixes) {
    assert.ok(edit, title);
    assert.ok(await vscode.workspace.applyEdit(edit), title);
    await when(
      (diagnostics) => !diagnostics.some((one) => one.code === code && one.message === found.message),
      `${code} gone after "${title}"`,
    );
    await write(text);
    await when(stands, `${code} again`);
  }
  return fixes.length;
}

describe('editing a config', () => {
  before(async function () {
    this.timeout(60_000);
    // beside the workspace: its data sets are none of the other suites'
    folder = mkdtempSync(join(tmpdir(), 'broken-'));
    writeBrokenFolder(folder, join(__dirname, '../../..'));
    const uri = vscode.Uri.file(join(folder, 'x.adapter.json'));
    await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode('{}'));
    document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document);
    await when(hasCode('missing-key'), 'the first check');
  });

  it('shows each of the broken configs at its place, and each quick fix mends it', async function () {
    this.timeout(240_000);
    let fixes = 0;
    // each is another text of the same document, which is never saved
    for (const broken of inFiles) fixes += await checkOne(broken);
    assert.ok(fixes > 80, `${fixes} fixes`);
    assert.ok(document.isDirty);
  });

  it('offers the fixes of a text that nobody has checked yet', async () => {
    await write('{ "base": "base", "data": { "train": "train.jsonl" }, "memroy": "low" }');
    const [fix] = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      new vscode.Range(0, 57, 0, 57),
      vscode.CodeActionKind.QuickFix.value,
    );
    assert.match(fix?.title ?? '', /"memory"/);
  });

  it('mends all that it can at once', async () => {
    await write(
      '{ "base": "base", "data": { "train": "train.jsonl" }, "memroy": "low", "method": { "rnak": 4 } }',
    );
    await when((all) => all.filter(({ code }) => code === 'unknown-key').length === 2, 'two unknown keys');
    const all = new vscode.Range(0, 0, 0, document.getText().length);
    const [fixAll] = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      all,
      'source.fixAll.adapterWorkbench',
    );
    assert.ok(fixAll?.edit);
    assert.ok(await vscode.workspace.applyEdit(fixAll.edit));
    await when((left) => !hasCode('unknown-key')(left), 'no unknown key');
    assert.match(document.getText(), /"memory": "low", "method": \{ "rank": 4 \}/);
  });

  it('says at line ends and in lenses what the adapter comes to, for each variant', async () => {
    const text =
      '{\n  "base": "base",\n  "data": { "train": "train.jsonl" },\n  "method": { "rank": 8, "alpha": 16 },\n  "variants": {\n    "wide": { "method": { "rank": 64 } }\n  }\n}';
    await write('[');
    await when(hasCode('not-json'), 'another text');
    await write(text);
    await when((all) => all.length === 0, 'no diagnostics');
    const hints = await vscode.commands.executeCommand<vscode.InlayHint[]>(
      'vscode.executeInlayHintProvider',
      document.uri,
      new vscode.Range(0, 0, document.lineCount, 0),
    );
    assert.deepEqual(
      hints.map(({ position, label }) => [position.line, label]),
      [
        [3, 'matches 42 of 43 · +162,816 · scale 2'],
        [5, 'matches 42 of 43 · +1,302,528 · scale 0.25'],
      ],
    );
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      document.uri,
      10,
    );
    const titles = lenses.map(({ command, range }) => `${range.start.line} ${command?.title}`);
    assert.ok(titles.includes('0 $(play) Train') && titles.includes('5 $(play) Train'), titles.join());
    assert.ok(titles.includes('0 Compare 2 variants'), titles.join());
    assert.ok(
      titles.some((title) => /^0 fits: .* of .* · 300 steps · 651 kB adapter$/.test(title)),
      titles.join(),
    );
    const variant = lenses.find(({ range }) => range.start.line === 5);
    assert.deepEqual(variant?.command?.arguments, [
      { kind: 'variant', config: document.uri.fsPath, variant: 'wide' },
    ]);
  });

  it('completes what only this base and this folder know, and says what a key costs', async () => {
    await write(
      '{\n  "base": "base",\n  "data": { "train": "" },\n  "method": { "targets": ["q_proj", ""] }\n}',
    );
    const labels = async (line: number): Promise<string[]> => {
      const at = new vscode.Position(line, document.lineAt(line).text.indexOf('""') + 1);
      const list = await vscode.commands.executeCommand<vscode.CompletionList>(
        'vscode.executeCompletionItemProvider',
        document.uri,
        at,
      );
      return list.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    };
    const files = await labels(2);
    assert.ok(files.includes('train.jsonl'), files.join());
    const modules = await labels(3);
    assert.ok(
      modules.includes('down_proj') && modules.includes('model.layers.0.mlp.up_proj'),
      modules.join(),
    );
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      new vscode.Position(1, 12),
    );
    const said = hovers.flatMap(({ contents }) =>
      contents.map((one) => (one as vscode.MarkdownString).value),
    );
    assert.ok(
      said.some((text) => text.includes('blocks')),
      said.join(),
    );
  });

  after(async () => {
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    rmSync(folder, { recursive: true, force: true });
  });
});
