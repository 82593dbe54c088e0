/** @file A page's end of the channel to the extension. */
import * as l10n from '@vscode/l10n';
import type { Port } from '../../runtime/contract/rpc.ts';

interface VsCodeApi {
  readonly postMessage: (message: unknown) => void;
  readonly getState: () => unknown;
  readonly setState: (state: unknown) => void;
}

/** Given to each page by VS Code, once. */
declare function acquireVsCodeApi(): VsCodeApi;

/**
 * Opens the channel, and takes the language that the page was filled with: before a page calls this, a text is English. So texts are
 * looked up when they are shown, never when a file loads.
 */
export function openChannel(): { readonly port: Port; readonly vscode: VsCodeApi } {
  const { texts } = document.querySelector('main')!.dataset;
  if (texts !== undefined) l10n.config({ contents: texts });
  const vscode = acquireVsCodeApi();
  const port: Port = {
    post: (message) => {
      vscode.postMessage(message);
    },
    // A page never outlives its channel: nothing closes it before the page itself is gone.
    listen: (receive) => {
      window.addEventListener('message', (event: MessageEvent<unknown>) => {
        receive(event.data);
      });
    },
  };
  return { port, vscode };
}
