/** @file The commit a run was started on. Without git, outside a repository or before its first commit there is none. */
import { execFileSync } from 'node:child_process';

export interface GitState {
  readonly commit: string;
  /** Empty on a detached head. */
  readonly branch: string;
  /** Tracked files differ from the commit. */
  readonly dirty: boolean;
  /** These differences as `git apply` reads them; absent where there are none, or more than the limit. */
  readonly patch?: string;
}

/** A larger patch is a data file in the repository. In bytes. */
const largestPatch = 16 * 1024 * 1024;
const millisecondsAllowed = 20_000;

/** No helper program that the repository's own configuration names may run. */
const safe = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=', '-c', 'diff.external='];
const environment = { GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' };

/** Output of git, undefined where it fails or writes more than `limit` bytes. */
function git(folder: string, args: readonly string[], limit = 1 << 20): string | undefined {
  try {
    return execFileSync('git', [...safe, ...args], {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: limit,
      timeout: millisecondsAllowed,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, ...environment },
      windowsHide: true,
    });
  } catch {
    return undefined;
  }
}

/** State of the repository around `folder`. */
export function gitState(folder: string): GitState | undefined {
  const commit = git(folder, ['rev-parse', '--verify', 'HEAD'])?.trim();
  if (commit === undefined || commit === '') return undefined;
  const branch = git(folder, ['symbolic-ref', '--quiet', '--short', 'HEAD'])?.trim() ?? '';
  const dirty = git(folder, ['status', '--porcelain', '--untracked-files=no'], largestPatch) !== '';
  if (!dirty) return { commit, branch, dirty };
  const patch = git(
    folder,
    ['diff', '--binary', '--no-color', '--no-ext-diff', '--no-textconv', 'HEAD'],
    largestPatch,
  );
  return { commit, branch, dirty, ...(patch === undefined ? {} : { patch }) };
}
