/** @file The extension's processes on this machine, by their command lines (Linux). */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './sourceFiles.ts';

export interface OwnProcess {
  readonly pid: number;
  /** `serve`, `train`, `quickstart`, ... */
  readonly command: string;
  readonly line: string;
}

/** Those of this working tree, or of a packed extension in a rig. Zombies have no command line. */
export function ownProcesses(): OwnProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const words = readFileSync(join('/proc', pid, 'cmdline'), 'utf8').split('\0');
        const at = words.findIndex((word) => word.endsWith('/dist/main.mjs'));
        const script = words[at] ?? '';
        const ours = script.startsWith(`${root}/`) || script.includes('/rig-');
        return at < 0 || !ours
          ? []
          : [{ pid: Number(pid), command: words[at + 1] ?? '', line: words.join(' ').trim() }];
      } catch {
        return [];
      }
    });
}
