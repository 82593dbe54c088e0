/** @file Which runs are to be compared: folders, rows of a tree, or what a kept page says. Pure. */

const texts = (values: readonly unknown[]): string[] =>
  values.filter((value) => typeof value === 'string' && value !== '') as string[];

/** The folder of a row that stands for a run. */
function folderOf(node: unknown): unknown {
  if (typeof node === 'string') return node;
  if (typeof node !== 'object' || node === null || !('kind' in node) || node.kind !== 'run') return undefined;
  return 'folder' in node ? node.folder : undefined;
}

/** What a command was given: folders or rows, all selected ones or the one. Each once, in their order. */
export function foldersOf(argument: unknown, selected: unknown): string[] {
  const many = Array.isArray(argument)
    ? (argument as unknown[])
    : Array.isArray(selected)
      ? (selected as unknown[])
      : undefined;
  return [...new Set(texts((many ?? [argument]).map(folderOf)))];
}

/** What a page kept before the window was loaded anew. */
export function keptFolders(state: unknown): string[] {
  const folders =
    typeof state === 'object' && state !== null && 'folders' in state ? state.folders : undefined;
  return Array.isArray(folders) ? texts(folders) : [];
}
