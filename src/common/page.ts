/** @file A webview panel with one of our pages: its HTML, its channel, and what ends with it. */
import * as vscode from 'vscode';
import * as l10n from '@vscode/l10n';
import { protocolVersion } from '../../runtime/contract/protocol.ts';
import { connect } from '../../runtime/contract/rpc.ts';
import type { Api, Connection, Events, Handlers, None } from '../../runtime/contract/rpc.ts';
import { Store } from './disposable.ts';
import { pageHtml } from './webviewHtml.ts';

const bundles = (extension: vscode.Uri): vscode.Uri => vscode.Uri.joinPath(extension, 'dist', 'webview');

/** Scripts run, and only from our folder. */
export const pageOptions = (extension: vscode.Uri): vscode.WebviewOptions => ({
  enableScripts: true,
  localResourceRoots: [bundles(extension)],
});

export interface PageContent<A extends Api> {
  /** Folder in `webview/`: its bundle and its style. */
  readonly name: string;
  readonly title: string;
  /** Data attributes of the page's `main`. */
  readonly data: Readonly<Record<string, string>>;
  readonly handlers: Handlers<A>;
}

export interface Page<E extends Events> {
  readonly connection: Connection<None, E>;
  /** Ends with the panel. */
  readonly store: Store;
}

/** Fills a panel, new or restored. */
export function fillPage<A extends Api, E extends Events>(
  panel: vscode.WebviewPanel,
  extension: vscode.Uri,
  { name, title, data, handlers }: PageContent<A>,
): Page<E> {
  const { webview } = panel;
  webview.options = pageOptions(extension);
  const store = new Store();
  const connection = connect<A, None, None, E>(
    {
      post: (message) => {
        void webview.postMessage(message);
      },
      listen: (receive, closed) => {
        store.add(webview.onDidReceiveMessage(receive));
        panel.onDidDispose(() => {
          closed(l10n.t('The page was closed.'));
          store.dispose();
        });
      },
    },
    { version: protocolVersion, listeners: {}, handlers },
  );
  const file = (end: string) =>
    webview.asWebviewUri(vscode.Uri.joinPath(bundles(extension), `${name}${end}`)).toString();
  const files = { script: file('.js'), style: file('Style.css'), source: webview.cspSource };
  const { bundle } = vscode.l10n;
  const translation = bundle && { language: vscode.env.language, texts: bundle };
  webview.html = pageHtml(title, files, data, translation);
  return { connection, store };
}
