/** @file Entry of the command line and of every process that the extension starts. */
import { commandLine } from './cli/commandLine.ts';
import { processIo } from './cli/terminal.ts';

// a reader that went away (`| head`) is no error
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await commandLine(process.argv.slice(2), processIo());
