/** @file The extension inside a real extension host: contributions, commands, and a run's whole life. */
import * as assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { commandIds, contributes } from '../../src/contributions/all.ts';
import type { ExtensionApi } from '../../src/extension.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';

const extensionId = 'adapter-workbench.adapter-workbench';
let api: ExtensionApi;
let workspace: string;

/** The run in `folder`, as soon as the list shows it so. */
function when(folder: string, fits: (run: RunSummary) => boolean): Promise<RunSummary> {
  return new Promise((resolve) => {
    const look = (): boolean => {
      const run = api.runs.get(folder);
      if (run === undefined || !fits(run)) return false;
      resolve(run);
      return true;
    };
    if (look()) return;
    const listener = api.runs.onDidChange(() => {
      if (look()) listener.dispose();
    });
  });
}

const stepOf = (run: RunSummary): number => run.progress?.step ?? run.record.step;

before(async () => {
  const extension = vscode.extensions.getExtension<ExtensionApi>(extensionId);
  assert.ok(extension, 'the extension is known');
  api = await extension.activate();
  workspace = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  assert.notEqual(workspace, '');
});

describe('the extension', () => {
  it('registers each command that it contributes', async () => {
    const known = await vscode.commands.getCommands(true);
    const missing = commandIds.filter((id) => !known.includes(id));
    assert.deepEqual(missing, []);
  });

  it('is the manifest that its code was built from', () => {
    const manifest = vscode.extensions.getExtension(extensionId)?.packageJSON as { contributes: unknown };
    const written = JSON.parse(JSON.stringify(contributes)) as {
      commands: { command: string; title: string }[];
    };
    const read = manifest.contributes as typeof written;
    assert.deepEqual(
      read.commands.map(({ command, title }) => [command, title]),
      written.commands.map(({ command, title }) => [command, title]),
    );
  });

  it('opens configs as JSON with comments', async () => {
    const document = await vscode.workspace.openTextDocument(join(workspace, 'broken.adapter.json'));
    assert.equal(document.languageId, 'jsonc');
  });

  it('starts no run from a config that is refused', async () => {
    const uri = vscode.Uri.file(join(workspace, 'broken.adapter.json'));
    assert.equal(await vscode.commands.executeCommand('adapterWorkbench.train', uri), undefined);
    assert.deepEqual(api.runs.all(), []);
  });
});

describe('a quick start', () => {
  let folder: string;

  it('trains in a process of its own, in the folder', async () => {
    folder = (await vscode.commands.executeCommand<string | undefined>('adapterWorkbench.quickStart')) ?? '';
    assert.ok(folder.startsWith(join(workspace, 'adapter-quickstart')), folder);
    const run = await when(folder, (now) => stepOf(now) >= 3);
    assert.notEqual(run.pid, undefined);
    assert.notEqual(run.pid, process.pid);
    assert.ok(existsSync(join(folder, 'metrics.jsonl')));
  });

  it('is a row of the tree that says how far it is', () => {
    const [day] = api.tree.getChildren();
    const [row] = api.tree.getChildren(day);
    assert.ok(row !== undefined && day !== undefined);
    assert.equal(api.tree.getTreeItem(day).label, 'Today');
    const item = api.tree.getTreeItem(row);
    assert.match(String(item.description), /^step \d+\/\d+ · /);
    assert.equal(item.contextValue, 'running');
  });

  it('stops after its current step, with a checkpoint', async () => {
    await vscode.commands.executeCommand('adapterWorkbench.stop', { kind: 'run', folder });
    const run = await when(folder, (now) => now.record.status === 'stopped');
    assert.equal(run.pid, undefined);
  });

  it('resumes in the same folder, behind the step where it stopped', async () => {
    const stopped = api.runs.get(folder)?.record.step ?? 0;
    assert.ok(stopped >= 3);
    const resumed = await vscode.commands.executeCommand('adapterWorkbench.resume', { kind: 'run', folder });
    assert.equal(resumed, folder);
    await when(folder, (now) => now.record.status === 'running' && stepOf(now) > stopped);
    await vscode.commands.executeCommand('adapterWorkbench.stop', { kind: 'run', folder });
    await when(folder, (now) => now.record.status === 'stopped');
  });
});
