/** @file The command line: help, exit codes, and what is printed where. */
import { expect, test } from 'vitest';
import type { Command } from '../../../runtime/cli/command.ts';
import { commandLine } from '../../../runtime/cli/commandLine.ts';
import { UserError } from '../../../runtime/contract/errors.ts';
import { version } from '../../../runtime/contract/version.ts';
import { fakeIo } from '../../support/fakeIo.ts';

const command = (run: Command['run']): Command => ({
  name: 'demo',
  summary: 'Does it.',
  usage: '',
  example: 'adapter-workbench demo',
  options: { json: { type: 'flag', doc: 'Lines.' } },
  positionals: [0, 0],
  run,
});
const known = (run: Command['run']) => ({
  demo: { summary: 'Does it.', load: () => Promise.resolve(command(run)) },
});

async function call(words: readonly string[], run: Command['run'] = () => 0) {
  const io = fakeIo();
  const code = await commandLine(words, io, known(run));
  return { code, out: io.outText(), err: io.errText() };
}

test('version and help', async () => {
  expect(await call(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  expect((await call(['--help'])).out).toContain('demo  Does it.');
  expect(await call([])).toMatchObject({ code: 2, err: '' });
  for (const words of [
    ['help', 'demo'],
    ['demo', '--help'],
    ['demo', '-h'],
  ]) {
    const { code, out } = await call(words);
    expect(code).toBe(0);
    expect(out).toContain('Example: adapter-workbench demo\n');
    expect(out).toContain('--json      Lines.');
  }
  const keys = (await call(['help', 'config'])).out;
  expect(keys).toContain('  rank ');
  for (const line of keys.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test("a command's exit code is the process's", async () => {
  expect(await call(['demo'], () => 130)).toEqual({ code: 130, out: '', err: '' });
});

test('an expected error is one message on standard error, and with --json an event on standard output', async () => {
  const fail = (): never => {
    throw new UserError('bad', 'is bad.\u001b', { place: { file: 'x', line: 3 }, hint: 'Mend it.' });
  };
  expect(await call(['demo'], fail)).toEqual({
    code: 2,
    out: '',
    err: 'error: x:3: is bad.\ufffd Mend it.\n',
  });
  const { out } = await call(['demo', '--json'], fail);
  expect(JSON.parse(out)).toEqual({ event: 'failed', message: 'x:3: is bad.\ufffd Mend it.', code: 'bad' });
});

test('anything else is a mistake of ours, with its stack', async () => {
  const { code, err } = await call(['demo'], () => {
    throw new TypeError('x is not a function');
  });
  expect(code).toBe(1);
  expect(err).toMatch(/^internal error: TypeError: x is not a function\n {4}at /);
  expect(err).toContain('please report it');
});

test('an unknown command gets the nearest one', async () => {
  expect(await call(['dmeo'])).toEqual({
    code: 2,
    out: '',
    err: 'error: There is no command "dmeo". Did you mean "demo"?\n',
  });
  expect((await call(['constructor'])).err).toContain('The commands are demo');
});
