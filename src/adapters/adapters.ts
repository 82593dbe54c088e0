/** @file The area of configs, variants and what came of them. */
import { onceActive } from '../common/begin.ts';
import type { Store } from '../common/disposable.ts';
import type { Workbench } from '../workbench.ts';
import { registerAdapterCommands } from './commands.ts';
import { AdapterStore } from './store.ts';
import { AdapterTree } from './tree.ts';

/** What it makes ends with `disposables`. */
export function registerAdapters(workbench: Workbench, disposables: Store): AdapterTree {
  const store = disposables.add(new AdapterStore(workbench));
  const tree = disposables.add(new AdapterTree(store, workbench.runs));
  disposables.add(registerAdapterCommands(workbench, store, tree));
  disposables.add(onceActive(() => void store.refresh()));
  return tree;
}
