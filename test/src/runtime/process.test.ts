/** @file Real child processes: the helper's channel, and a run that outlives its starter. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connect } from '../../../runtime/contract/rpc.ts';
import type { None } from '../../../runtime/contract/rpc.ts';
import { forkHelper, startDetached } from '../../../src/runtime/process.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
const node = process.execPath;

function script(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

type EchoApi = { readonly 'echo/env': { readonly params: string; readonly result: string } };

test('the helper answers over its channel, with telemetry off', async () => {
  const program = script(
    'echo.cjs',
    `process.send({ kind: 'hello', version: '1' });
     process.on('message', (m) => {
       if (m.kind === 'request') process.send({ kind: 'result', id: m.id, value: process.argv[2] + process.env[m.params] });
     });`,
  );
  const helper = forkHelper({ node, script: program }, () => undefined);
  const side = { version: '1', handlers: {}, listeners: {} };
  const connection = connect<None, EchoApi, None, None>(helper.port, side);
  await expect(connection.call('echo/env', 'ORT_DISABLE_TELEMETRY')).resolves.toBe('serve1');
  helper.kill();
  await expect(connection.call('echo/env', 'HOME')).rejects.toMatchObject({ code: 'channel-closed' });
});

test('a helper that dies leaves its last words, one that never starts the reason', async () => {
  const program = script(
    'dies.cjs',
    `console.error('no such engine'); process.on('message', () => process.exit(3));`,
  );
  const log: string[] = [];
  const side = { version: '1', handlers: {}, listeners: {} };
  const dying = connect<None, EchoApi, None, None>(
    forkHelper({ node, script: program }, (text) => log.push(text)).port,
    side,
  );
  await expect(dying.call('echo/env', '')).rejects.toThrow(/ended \(3\)/);
  const missing = connect<None, EchoApi, None, None>(
    forkHelper({ node: join(folder, 'no-node'), script: program }, () => undefined).port,
    side,
  );
  await expect(missing.call('echo/env', '')).rejects.toMatchObject({ code: 'channel-closed' });
});

test('a detached process has its own group, its output in a file, and its exit code', async () => {
  const program = script('run.cjs', `console.log(process.pid, process.argv[2]); process.exitCode = 2;`);
  const logFile = join(folder, 'logs', 'run.log');
  const child = await startDetached({ node, script: program }, ['train'], { cwd: folder, logFile });
  await expect(child.exited).resolves.toBe(2);
  expect(readFileSync(logFile, 'utf8')).toBe(`${child.pid} train\n`);
});

test('a program that is not there is an error, not a process', async () => {
  const missing = { node: join(folder, 'no-node'), script: 'x' };
  await expect(startDetached(missing, [], { cwd: folder, logFile: join(folder, 'x.log') })).rejects.toThrow(
    'ENOENT',
  );
});
