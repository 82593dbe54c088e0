/** @file Tries a run's adapter: one question, the base's answer and the adapter's side by side in a read-only document. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { triedKey } from '../contributions/walkthrough.ts';
import { Store } from '../common/disposable.ts';
import { UserError } from '../../runtime/contract/errors.ts';
import type { RunSummary, RunTrial } from '../../runtime/contract/api/runs.ts';
import type { Launcher } from './launch.ts';
import { answerText, trialDocument } from './trialText.ts';
import { runLabel } from './rows.ts';
import type { Runs } from './runs.ts';

const scheme = 'adapter-workbench-answer';
/** Documents that stay readable; older ones are closed tabs, as a rule. */
const keptDocuments = 50;

export class Trials implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #store = new Store();
  readonly #runs: Runs;
  readonly #launcher: Launcher;
  readonly #texts = new Map<string, string>();
  #count = 0;

  constructor(runs: Runs, launcher: Launcher) {
    this.#runs = runs;
    this.#launcher = launcher;
    this.#store.add(vscode.workspace.registerTextDocumentContentProvider(scheme, this));
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.path) ?? l10n.t('This answer is gone. Try the adapter again.');
  }

  /** Asks for a question, lets base and adapter answer it, and shows both. */
  async ask(run: RunSummary): Promise<void> {
    const trial = await this.#runs.call('run/trial', { folder: run.folder });
    const prompt = await vscode.window.showInputBox({
      title: l10n.t('Try {0}', runLabel(run)),
      prompt: l10n.t('What to ask the base and the adapter'),
      // one line: an input box takes line ends out without a blank in their place
      value: (trial.prompt ?? '').replace(/\s+/g, ' ').trim(),
      ignoreFocusOut: true,
    });
    if (prompt === undefined || prompt === '') return;
    const [base, adapter] = await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: l10n.t('{0} answers', runLabel(run)),
        cancellable: true,
      },
      (_, cancelled) => this.#answers(trial, prompt, cancelled),
    );
    await this.#show(run, trialDocument(runLabel(run), trial.system, prompt, base, adapter));
  }

  /** One after the other: two processes would share the cores and both be slower. */
  async #answers(
    trial: RunTrial,
    prompt: string,
    cancelled: vscode.CancellationToken,
  ): Promise<readonly [string, string]> {
    const abort = new AbortController();
    cancelled.onCancellationRequested(() => {
      abort.abort();
    });
    const folder = mkdtempSync(join(tmpdir(), 'adapter-workbench-'));
    try {
      const question = questionWords(folder, trial.system, prompt);
      const answer = async (words: readonly string[]): Promise<string> => {
        const args = ['generate', '--base', trial.base, ...words, ...question];
        const text = answerText(await this.#launcher.job(args, abort.signal));
        if (text === undefined)
          throw new UserError('no-answer', l10n.t('The command that generates text said nothing.'));
        return text;
      };
      return [await answer([]), await answer(['--adapter', trial.adapter])];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  async #show(run: RunSummary, text: string): Promise<void> {
    const path = `/${runLabel(run).replace(/[^\p{L}\p{N} .·-]/gu, '')} ${++this.#count}.txt`;
    this.#texts.set(path, text);
    const [oldest] = this.#texts.keys();
    if (this.#texts.size > keptDocuments && oldest !== undefined) this.#texts.delete(oldest);
    const document = await vscode.workspace.openTextDocument(vscode.Uri.from({ scheme, path }));
    await vscode.window.showTextDocument(document, { preview: false });
    await vscode.commands.executeCommand('setContext', triedKey, true);
  }

  dispose(): void {
    this.#store.dispose();
  }
}

/** With a system turn as a chat in a file, else as the base's own chat template has it. */
function questionWords(folder: string, system: string | undefined, prompt: string): readonly string[] {
  if (system === undefined) return ['--prompt', prompt];
  const messages = [
    { role: 'system', content: system },
    { role: 'user', content: prompt },
    // written anew by the model
    { role: 'assistant', content: '' },
  ];
  const file = join(folder, 'question.jsonl');
  writeFileSync(file, `${JSON.stringify({ messages })}\n`);
  return ['--chat', file];
}
