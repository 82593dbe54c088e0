/** @file Starts runs as processes of their own, and says why one did not begin. */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import * as vscode from 'vscode';
import { notificationText } from '../common/plainText.ts';
import { settingsSection } from '../contributions/ids.ts';
import { deviceSetting, runsViewId } from '../contributions/runs.ts';
import { UserError, exitCodes } from '../../runtime/contract/errors.ts';
import type { RunSummary } from '../../runtime/contract/api/runs.ts';
import { runJob, startDetached } from '../runtime/process.ts';
import type { DetachedProcess, Program } from '../runtime/process.ts';
import { namesDevice } from './configDevice.ts';
import { comparisonText, refusalOf } from './outputEvents.ts';
import type { Runs } from './runs.ts';

export interface LaunchPlace {
  readonly program: () => Program;
  /** A folder for the output of processes; one file each. */
  readonly logs: string;
}

interface Launched extends DetachedProcess {
  readonly cwd: string;
  readonly logFile: string;
}

export class Launcher {
  readonly #runs: Runs;
  readonly #place: LaunchPlace;
  /** Quick starts that still compare base and adapter: run folder -> what they found. */
  readonly #proofs = new Map<string, Promise<string | undefined>>();
  #count = 0;

  constructor(runs: Runs, place: LaunchPlace) {
    this.#runs = runs;
    this.#place = place;
  }

  /** `variant` is one of the file's named overrides; without it the file as it is. */
  train(config: string, variant?: string): Promise<RunSummary | undefined> {
    const named = variant === undefined ? [] : ['--variant', variant];
    return this.#run(['train', config, ...named, ...deviceWords(config, variant)], dirname(config));
  }

  /** The file as it is, then each of its variants, one after the other in one process. */
  trainAll(config: string): Promise<RunSummary | undefined> {
    return this.#run(['train', config, '--all-variants', ...deviceWords(config)], dirname(config));
  }

  /** A new run with this run's recorded config and seed. */
  reproduce(folder: string): Promise<RunSummary | undefined> {
    return this.#run(['train', '--reproduce', folder], dirname(folder));
  }

  resume(folder: string): Promise<RunSummary | undefined> {
    return this.#run(['train', '--resume', folder], dirname(folder));
  }

  /** Writes base, data and config into `into`, and trains there. */
  async quickStart(into: string): Promise<RunSummary | undefined> {
    await this.#runs.remember(join(into, 'runs'));
    const child = await this.#launch(['quickstart', '--into', into], dirname(into));
    const run = await this.#begun(child);
    if (run !== undefined) {
      const proof = child.exited.then(() => comparisonText(readFileSync(child.logFile, 'utf8')));
      this.#proofs.set(run.folder, proof);
    }
    return run;
  }

  /** What a quick start of this window proves after its training; undefined for every other run. */
  async proofOf(folder: string): Promise<string | undefined> {
    const proof = await this.#proofs.get(folder);
    this.#proofs.delete(folder);
    return proof;
  }

  /** Runs a command that ends by itself. @throws UserError `untrusted`, `cancelled`, or with what the command printed. */
  async job(
    args: readonly string[],
    signal: AbortSignal,
    onOutput?: (text: string) => void,
  ): Promise<string> {
    requireTrust();
    const words = [...args, '--json'];
    const { code, output, errors } = await runJob(this.#place.program(), words, signal, onOutput);
    if (signal.aborted) throw new UserError('cancelled', 'Cancelled.');
    if (code === exitCodes.done) return output;
    throw new UserError('job-failed', refusalOf(`${errors}\n${output}`, code).text);
  }

  /** Starts a command that is seen by the files it writes; where it is refused the person is told. */
  async start(args: readonly string[], cwd: string): Promise<void> {
    const child = await this.#launch(args, cwd);
    void child.exited.then((code) => {
      if (code === exitCodes.refused) void tellRefusal(child, code);
    });
  }

  async #run(args: readonly string[], cwd: string): Promise<RunSummary | undefined> {
    return await this.#begun(await this.#launch(args, cwd));
  }

  async #launch(args: readonly string[], cwd: string): Promise<Launched> {
    requireTrust();
    const logFile = join(this.#place.logs, `${Date.now()}-${this.#count++}.log`);
    const child = await startDetached(this.#place.program(), [...args, '--json'], { cwd, logFile });
    return { ...child, cwd, logFile };
  }

  /**
   * Waits for the run that the process makes, a progress bar in the view meanwhile.
   * @returns undefined when the process was refused or ended before; the person has been told why.
   */
  async #begun(child: Launched): Promise<RunSummary | undefined> {
    const abort = new AbortController();
    const ended = child.exited.then((code) => {
      abort.abort();
      return code;
    });
    return vscode.window.withProgress({ location: { viewId: runsViewId } }, async () => {
      try {
        return await this.#runs.runOf(child.pid, abort.signal);
      } catch {
        const code = await ended;
        if (code !== exitCodes.done && code !== exitCodes.stopped) void tellRefusal(child, code);
        return undefined;
      }
    });
  }
}

function requireTrust(): void {
  if (vscode.workspace.isTrusted) return;
  throw new UserError('untrusted', 'Training starts programs, and this folder is not trusted yet.', {
    hint: 'Trust it with "Workspaces: Manage Workspace Trust".',
  });
}

/** The setting's device for a config that names none: `--set` would have the last word over one that it names. */
export function deviceWords(config: string, variant?: string): readonly string[] {
  const device = vscode.workspace.getConfiguration(settingsSection).get<string>(deviceSetting, 'auto');
  if (device === 'auto') return [];
  let text: string;
  try {
    text = readFileSync(config, 'utf8');
  } catch {
    // the process says what is wrong with the file
    return [];
  }
  return namesDevice(text, variant) ? [] : ['--set', `device=${device}`];
}

async function tellRefusal({ cwd, logFile }: Launched, code: number): Promise<void> {
  const { text, place } = refusalOf(readFileSync(logFile, 'utf8'), code);
  const action = place === undefined ? 'Show Output' : 'Show Mistake';
  if ((await vscode.window.showErrorMessage(notificationText(text), action)) === undefined) return;
  const at = place === undefined ? undefined : new vscode.Position(place.line - 1, place.column - 1);
  await vscode.window.showTextDocument(
    // The command line names files relative to its folder.
    vscode.Uri.file(place === undefined ? logFile : resolve(cwd, place.file)),
    at === undefined ? {} : { selection: new vscode.Range(at, at) },
  );
}
