/** @file Import reports as documents that can be read but not changed, for as long as the window is open. */
import * as vscode from 'vscode';
import { Store } from '../common/disposable.ts';

const scheme = 'adapter-workbench-import';
/** Older ones are forgotten. */
const kept = 20;

export class ImportReports implements vscode.Disposable {
  readonly #store = new Store();
  readonly #texts = new Map<string, string>();

  constructor() {
    this.#store.add(
      vscode.workspace.registerTextDocumentContentProvider(scheme, {
        provideTextDocumentContent: ({ path }) => this.#texts.get(path) ?? '',
      }),
    );
  }

  /** Where the text can be opened; `name` is the file that was imported. */
  add(name: string, text: string): vscode.Uri {
    const path = `/${name}.md`;
    this.#texts.delete(path);
    this.#texts.set(path, text);
    const [oldest] = this.#texts.keys();
    if (this.#texts.size > kept && oldest !== undefined) this.#texts.delete(oldest);
    return vscode.Uri.from({ scheme, path });
  }

  dispose(): void {
    this.#store.dispose();
  }
}
