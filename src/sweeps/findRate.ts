/** @file The learning-rate finder from the editor: quiet progress in the side bar, then the suggestion with what to do with it. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { notificationText } from '../common/plainText.ts';
import { chooseConfig } from '../runs/choose.ts';
import { deviceWords } from '../runs/launch.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { Workbench } from '../workbench.ts';
import type { RatePages } from './ratePage.ts';
import { asRow, foundRate, rateProgress, roundRate, withRate } from './words.ts';
import type { Found } from './words.ts';

export async function findRate({ launcher }: Workbench, pages: RatePages, argument: unknown): Promise<void> {
  const chosen = await chooseConfig(asRow(argument));
  if (chosen === undefined) return;
  const { config, variant } = chosen;
  const name = variant ?? config.split(/[/\\]/).at(-1) ?? config;
  const output = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: l10n.t('Finding a learning rate') },
    (progress) =>
      launcher.job(
        [
          'find-lr',
          config,
          ...(variant === undefined ? [] : ['--variant', variant]),
          ...deviceWords(config, variant),
        ],
        new AbortController().signal,
        (text) => {
          const now = rateProgress(text);
          if (now !== undefined) progress.report({ message: l10n.t('step {0} of {1}', now.step, now.steps) });
        },
      ),
  );
  const found = foundRate(output);
  if (found === undefined)
    throw new UserError('job-failed', l10n.t('The learning-rate finder said nothing.'));
  await tell(
    found,
    name,
    () => setRate(config, variant, found),
    () => {
      pages.show(found.file, name);
    },
  );
}

async function tell(found: Found, name: string, set: () => Promise<void>, show: () => void): Promise<void> {
  const [setIt, showCurve] = [l10n.t('Set It'), l10n.t('Show Curve')];
  if (found.suggestion === undefined) {
    const text = l10n.t('{0}: no learning rate suggested, the loss never fell.', name);
    if ((await vscode.window.showWarningMessage(notificationText(text), showCurve)) !== undefined) show();
    return;
  }
  const rate = roundRate(found.suggestion).toExponential(1);
  const text = l10n.t('{0}: suggested learning rate {1}', name, rate);
  const answer = await vscode.window.showInformationMessage(notificationText(text), setIt, showCurve);
  if (answer === setIt) await set();
  if (answer === showCurve) show();
}

/** Writes the suggestion into the open text, unsaved, where the person sees it and can take it back. */
async function setRate(config: string, variant: string | undefined, { suggestion }: Found): Promise<void> {
  if (suggestion === undefined) return;
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(config));
  const editor = await vscode.window.showTextDocument(document);
  const text = document.getText();
  const whole = new vscode.Range(document.positionAt(0), document.positionAt(text.length));
  await editor.edit((edit) => {
    edit.replace(whole, withRate(text, variant, suggestion));
  });
}
