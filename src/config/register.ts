/** @file Editing configs: checks, what stands beside the text, commands. */
import { Store } from '../common/disposable.ts';
import type { Disposable } from '../common/disposable.ts';
import type { Workbench } from '../workbench.ts';
import { ConfigChecks } from './checks.ts';
import { registerConfigCommands } from './commands.ts';
import { registerProviders } from './providers.ts';

export function registerConfig(workbench: Workbench): Disposable {
  const store = new Store();
  const checks = store.add(new ConfigChecks(workbench));
  store.add(registerProviders(checks, workbench.companion));
  store.add(registerConfigCommands(workbench, checks));
  return store;
}
