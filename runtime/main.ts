/** @file Entry of the command line and of every process that the extension starts. */
import { commandLine } from './cli/commandLine.ts';
import { processIo } from './cli/terminal.ts';

/** A reader that went away (`| head`) is no error; what can be interrupted ends as by Ctrl-C, with its work kept. */
let told = false;
function readerGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  if (told) return;
  told = true;
  if (process.listenerCount('SIGINT') === 0) process.exit(0);
  process.emit('SIGINT');
}
process.stdout.on('error', readerGone);
process.stderr.on('error', readerGone);

process.exitCode = await commandLine(process.argv.slice(2), processIo());
