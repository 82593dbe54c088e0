/** @file The package's own Node, as the desktop uses it: a quick start runs on it, and it is executable as it was unpacked. */
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { useSession } from './session.ts';

const packed = process.env['VSIX'] !== undefined;
const session = useSession('carried-node', {
  // a server reads settings of its machine or of the folder, never a user's own
  prepare: (workspace) => {
    mkdirSync(join(workspace, '.vscode'));
    const settings = { 'adapterWorkbench.runtime.node': 'bundled' };
    writeFileSync(join(workspace, '.vscode/settings.json'), JSON.stringify(settings));
  },
});

/** Script and program of each living process of an installed extension that runs `command`. */
const processesOf = (command: string): { script: string; program: string }[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const [, script, first] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        const installed = script !== undefined && /extensions.adapter-workbench[.].*main[.]mjs$/.test(script);
        return installed && first === command ? [{ script, program: readlinkSync(`/proc/${pid}/exe`) }] : [];
      } catch {
        return []; // it ended while we looked
      }
    });

if (packed)
  test('a quick start trains on the Node that the package carries', async () => {
    const { do: act, workspace, picture } = session();
    await act.activity('Adapter Workbench');
    await act.command('Adapter Workbench: Quick Start');
    await act.treeItem(/step \d+\/\d+ · .+ left/).waitFor({ timeout: 60_000 });
    for (const command of ['serve', 'quickstart']) {
      const found = processesOf(command);
      expect(found).not.toEqual([]);
      for (const { script, program } of found) expect(program).toBe(join(dirname(script), 'node', 'node'));
    }
    await act.notification(/is done: loss .* (9\d|100) %/).waitFor({ timeout: 300_000 });
    await picture('done');
    const folder = join(workspace, 'adapter-quickstart/runs');
    const [run] = readdirSync(folder).filter((name) => !name.startsWith('.'));
    expect(readdirSync(join(folder, run ?? '', 'adapter'))).toContain('adapter_model.safetensors');
  });
else
  test('a working tree carries no Node, and says so in one sentence', async () => {
    const { do: act } = session();
    await act.command('Adapter Workbench: Quick Start');
    await act
      .notification(/This package carries no Node[.]js for this platform/)
      .first()
      .waitFor();
  });
