/** @file The nodes of the Runs view: as many as a person can look at, the same objects from one refresh to the next. Pure. */
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import { groupRuns, isFiltering, matcher, noFilter } from './groups.ts';
import type { Grouping, RunFilter, RunGroup } from './groups.ts';

/** What a row stands for; commands receive it as their argument. */
export type RunNode =
  | { readonly kind: 'group'; readonly group: RunGroup }
  | { readonly kind: 'run'; readonly folder: string }
  | { readonly kind: 'more'; readonly group: string; readonly hidden: number };

type GroupNode = RunNode & { kind: 'group' };

/** Rows of a group at first, and how many more with each request: VS Code makes all rows of an open group at once. */
const rowsAtFirst = 100;
const rowsMore = 500;
/** Groups are open at first until this many rows are: some screens full. */
const openRows = 60;

export class RunTreeModel {
  filter: RunFilter = noFilter;
  grouping: Grouping = 'day';
  readonly #all: () => readonly RunSummary[];
  readonly #now: () => Date;
  /** One object per run: VS Code updates a row by identity. */
  readonly #nodes = new Map<string, RunNode & { kind: 'run' }>();
  readonly #limits = new Map<string, number>();
  /** Whether a group was open when it first came: later changes are the person's. */
  readonly #open = new Map<string, boolean>();
  #groups: readonly GroupNode[] | undefined;
  #parents = new Map<string, GroupNode>();

  constructor(all: () => readonly RunSummary[], now: () => Date = () => new Date()) {
    this.#all = all;
    this.#now = now;
  }

  node(folder: string): RunNode & { kind: 'run' } {
    const node = this.#nodes.get(folder) ?? { kind: 'run', folder };
    this.#nodes.set(folder, node);
    return node;
  }

  /** Runs came or went, or the filter or grouping is another one. */
  forget(): void {
    this.#groups = undefined;
  }

  groups(): readonly GroupNode[] {
    if (this.#groups !== undefined) return this.#groups;
    const all = this.#all();
    const shown = isFiltering(this.filter) ? all.filter(matcher(this.filter)) : all;
    const groups = groupRuns(shown, this.#now(), this.grouping).map((group): GroupNode => ({
      kind: 'group',
      group,
    }));
    this.#parents = new Map();
    let rows = 0;
    for (const node of groups) {
      const { id, folders } = node.group;
      if (!this.#open.has(id)) this.#open.set(id, rows < openRows);
      rows += Math.min(folders.length, rowsAtFirst);
      for (const folder of folders) this.#parents.set(folder, node);
    }
    this.#groups = groups;
    return groups;
  }

  startsOpen(group: string): boolean {
    return this.#open.get(group) ?? true;
  }

  children(node: RunNode): readonly RunNode[] {
    if (node.kind !== 'group') return [];
    const { id, folders } = node.group;
    const limit = this.#limits.get(id) ?? rowsAtFirst;
    const rows = folders.slice(0, limit).map((folder): RunNode => this.node(folder));
    const hidden = folders.length - rows.length;
    return hidden === 0 ? rows : [...rows, { kind: 'more', group: id, hidden }];
  }

  showMore(group: string): void {
    this.#limits.set(group, (this.#limits.get(group) ?? rowsAtFirst) + rowsMore);
  }

  /** The group of a run, undefined where the filter hides it. */
  parent(node: RunNode): GroupNode | undefined {
    if (node.kind === 'group') return undefined;
    const groups = this.groups();
    if (node.kind === 'more') return groups.find(({ group }) => group.id === node.group);
    return this.#parents.get(node.folder);
  }
}
