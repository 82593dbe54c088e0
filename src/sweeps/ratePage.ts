/** @file The page of a range test: its curve, read from the file that the finder left. */
import { readFile, stat } from 'node:fs/promises';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { RatePageApi } from '../../webview/rate/protocol.ts';
import type { None } from '../../runtime/contract/rpc.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import { fillPage, pageOptions } from '../common/page.ts';
import { oneLine } from '../common/plainText.ts';
import { saveFile } from '../compare/save.ts';
import { ratePanelId } from '../contributions/sweeps.ts';
import { parseCurve } from './curve.ts';

/** A curve of a thousand steps takes fifty kilobytes. */
const largestCurve = 4 << 20;

async function readCurve(file: string) {
  if ((await stat(file)).size > largestCurve)
    throw new UserError('file-too-large', l10n.t('This is no curve of the learning-rate finder.'), {
      place: { file },
    });
  const curve = parseCurve(await readFile(file, 'utf8'));
  if (curve !== undefined) return curve;
  throw new UserError('not-a-curve', l10n.t('This is no curve of the learning-rate finder.'), {
    place: { file },
  });
}

export class RatePages implements vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #extension: vscode.Uri;
  readonly #serializer: vscode.Disposable;

  constructor(extension: vscode.Uri) {
    this.#extension = extension;
    this.#serializer = vscode.window.registerWebviewPanelSerializer(ratePanelId, this);
  }

  show(file: string, name: string): void {
    const title = l10n.t('Learning Rate: {0}', oneLine(name, 60));
    const panel = vscode.window.createWebviewPanel(
      ratePanelId,
      title,
      vscode.ViewColumn.Active,
      pageOptions(this.#extension),
    );
    this.#fill(panel, file, name);
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const kept = typeof state === 'object' && state !== null ? (state as Record<string, unknown>) : {};
    const { file, name } = kept;
    if (vscode.workspace.isTrusted && typeof file === 'string' && typeof name === 'string')
      this.#fill(panel, file, name);
    else panel.dispose();
    return Promise.resolve();
  }

  #fill(panel: vscode.WebviewPanel, file: string, name: string): void {
    fillPage<RatePageApi, None>(panel, this.#extension, {
      name: 'rate',
      title: l10n.t('Learning Rate'),
      data: { file, name },
      handlers: {
        'rate/load': () => readCurve(file),
        'rate/save': (plot) => saveFile(plot),
      },
    });
  }

  dispose(): void {
    this.#serializer.dispose();
  }
}
