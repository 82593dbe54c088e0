/** @file The folder for what can be computed again: verdicts on devices. */
import { homedir, platform } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** ADAPTER_WORKBENCH_CACHE, else the platform's folder for caches. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env, system = platform()): string {
  const own = env['ADAPTER_WORKBENCH_CACHE'];
  if (own !== undefined && own !== '') return own;
  const name = 'adapter-workbench';
  if (system === 'win32')
    return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), name, 'Cache');
  if (system === 'darwin') return join(homedir(), 'Library', 'Caches', name);
  const xdg = env['XDG_CACHE_HOME'];
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), name);
}
