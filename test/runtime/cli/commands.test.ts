/** @file The table of commands: each entry says what its file says. */
import { expect, test } from 'vitest';
import { commands } from '../../../runtime/cli/commands.ts';
import { commandHelp } from '../../../runtime/cli/help.ts';

test.each(['train', 'check', 'runs'])(
  '%s is in the list under its own name and summary, with an example that begins with it',
  async (name) => {
    const { summary, load } = commands[name]!;
    const loaded = await load();
    expect([loaded.name, loaded.summary]).toEqual([name, summary]);
    expect(loaded.example.startsWith(`adapter-workbench ${name} `)).toBe(true);
    for (const line of commandHelp(loaded, 80).split('\n').slice(3))
      expect(line.length).toBeLessThanOrEqual(100);
  },
);
