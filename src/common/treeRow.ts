/** @file A row of a view as data, and as VS Code draws it. */
import * as vscode from 'vscode';

export interface TreeRow {
  readonly label: string;
  readonly description: string;
  readonly icon: { readonly id: string; readonly color?: string };
}

/** `context` is the row's state for menus; screen readers say label and description. */
export function treeItem(
  { label, description, icon }: TreeRow,
  context: string,
  state = vscode.TreeItemCollapsibleState.None,
): vscode.TreeItem {
  const item = new vscode.TreeItem(label, state);
  item.description = description;
  item.iconPath = new vscode.ThemeIcon(
    icon.id,
    icon.color === undefined ? undefined : new vscode.ThemeColor(icon.color),
  );
  item.contextValue = context;
  item.accessibilityInformation = { label: `${label}, ${description}` };
  return item;
}
