/** @file `serve`: the process beside the VS Code extension; it talks over the channel of the process that started it. */
import { exitCodes } from '../contract/errors.ts';
import { serve as serveParent } from '../serve/serve.ts';
import type { Command } from './command.ts';

export const serve: Command = {
  name: 'serve',
  summary: "The VS Code extension's companion: messages over the process channel.",
  usage: '',
  about: 'Started by the extension. In a terminal, use `runs`.',
  example: 'adapter-workbench runs',
  options: {},
  positionals: [0, 0],
  run: async () => {
    await serveParent();
    return exitCodes.done;
  },
};
