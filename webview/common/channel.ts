/** @file A page's end of the channel to the extension. */
import type { Port } from '../../runtime/contract/rpc.ts';

interface VsCodeApi {
  readonly postMessage: (message: unknown) => void;
  readonly getState: () => unknown;
  readonly setState: (state: unknown) => void;
}

/** Given to each page by VS Code, once. */
declare function acquireVsCodeApi(): VsCodeApi;

export function openChannel(): { readonly port: Port; readonly vscode: VsCodeApi } {
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
