/** @file When an area begins its own work: after the activation, and in a trusted folder. */
import * as vscode from 'vscode';

/**
 * Does `work` right after the activation, not inside it: others wait for it, and forking the helper alone blocks the host for
 * some 20 ms.
 */
export function onceActive(work: () => void): vscode.Disposable {
  const soon = setImmediate(work);
  return new vscode.Disposable(() => {
    clearImmediate(soon);
  });
}

/** Does `work` after the activation in a trusted folder, or as soon as it becomes one. */
export function onceTrusted(work: () => void): vscode.Disposable {
  return vscode.workspace.isTrusted ? onceActive(work) : vscode.workspace.onDidGrantWorkspaceTrust(work);
}
