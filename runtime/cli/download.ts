/** @file `download OWNER/NAME`: a base from the Hugging Face hub. To call it is the user's word: nothing else downloads. */
import { describeError, exitCodes, UserError } from '../contract/errors.ts';
import { formatBytes, formatDuration, shellWord } from '../contract/format.ts';
import { readJsonObject } from '../formats/jsonFile.ts';
import { downloadedBase, parseHubBase } from '../hub/cache.ts';
import type { HubBase } from '../hub/cache.ts';
import { planDownload } from '../hub/download.ts';
import type { DownloadPlan } from '../hub/download.ts';
import { describeConfig } from '../model/base.ts';
import { ConfigReader } from '../model/configReader.ts';
import { jsonOption } from './command.ts';
import type { Arguments, Command } from './command.ts';
import { renderTable } from './table.ts';
import { printable, printableLines, styled, truncate } from './terminal.ts';
import type { Io } from './terminal.ts';

/** Redrawn at most this often on a terminal, told at most this often as JSON. In seconds. */
const redrawEvery = 0.2;
const tellEvery = 1;
const clearLine = '\r\u001b[K';

async function run(args: Arguments, io: Io): Promise<number> {
  const base = requestedBase(args);
  const revision = args.text('revision');
  const json = args.flag('json');
  const stop = new AbortController();
  const done = io.onInterrupt(() => {
    stop.abort(new UserError('stopped', 'stopped'));
  });
  let begun = false;
  try {
    const plan = await planDownload({
      base,
      ...(revision !== undefined && { revision }),
      signal: stop.signal,
    });
    checkArchitecture(plan);
    tellPlan(plan, io, json);
    begun = true;
    const progress = startProgress(plan, io, json);
    const path = await plan.run(progress.onBytes).finally(progress.end);
    tellEnd(plan, path, io, json);
    return exitCodes.done;
  } catch (error) {
    if (stop.signal.aborted) return tellStop(io, json);
    if (!begun || !(error instanceof UserError)) throw error;
    return tellFailure(error, io, json);
  } finally {
    done();
  }
}

/** `OWNER/NAME`, `OWNER/NAME FILE.gguf` or both as one word. Throws `bad-argument`. */
function requestedBase(args: Arguments): HubBase {
  const [first, file] = args.positionals;
  const base = parseHubBase(first!.replace(/^https:\/\/huggingface\.co\//, '').replace(/\/$/, ''));
  if (base === undefined || (base.file !== undefined && file !== undefined))
    throw new UserError('bad-argument', `${JSON.stringify(first)} is no model of the hub.`, {
      hint: 'A model is named OWNER/NAME, one file of it OWNER/NAME/FILE.gguf.',
    });
  return file === undefined ? base : { ...base, file };
}

/** What can't be read is not worth its download. Throws what `describeConfig` throws. */
function checkArchitecture({ config, base }: DownloadPlan): void {
  if (config === undefined) return;
  describeConfig(new ConfigReader(readJsonObject(config), `${base.id}/config.json`));
}

/** How a config names this base. */
function writtenBase({ base, files }: DownloadPlan): string {
  const file = base.file ?? files.find(({ path }) => /\.gguf$/i.test(path))?.path;
  return file === undefined ? base.id : `${base.id}/${file}`;
}

function tellPlan(plan: DownloadPlan, io: Io, json: boolean): void {
  const { base, commit, host, files, bytes, here, folder } = plan;
  if (json) {
    io.out(
      `${JSON.stringify({ event: 'plan', id: base.id, commit, host, files, bytes, here, cache: folder })}\n`,
    );
    return;
  }
  io.out(`${base.id} on ${host}, revision ${commit.slice(0, 12)}\n`);
  const rows = files.map((file) => [
    printable(file.path),
    formatBytes(file.bytes),
    file.here === file.bytes ? 'here' : file.here > 0 ? `${formatBytes(file.here)} here` : '',
  ]);
  const columns = [{ title: 'File' }, { title: 'Size', align: 'right' as const }, { title: '' }];
  const shown = here > 0 ? 3 : 2;
  const table = renderTable(
    columns.slice(0, shown),
    rows.map((row) => row.slice(0, shown)),
    io.columns,
  );
  io.out(`${table.join('\n')}\n`);
  const left = bytes - here;
  io.out(left === 0 ? 'Nothing to download.\n' : `${formatBytes(left)} to download into ${folder}\n`);
}

interface DownloadProgress {
  readonly onBytes: (path: string, bytes: number) => void;
  readonly end: () => void;
}

function startProgress(plan: DownloadPlan, io: Io, json: boolean): DownloadProgress {
  const perFile = new Map(plan.files.map(({ path, here }) => [path, here]));
  const sizes = new Map(plan.files.map(({ path, bytes }) => [path, bytes]));
  const finished = new Set(plan.files.filter(({ here, bytes }) => here === bytes).map(({ path }) => path));
  const began = io.now();
  let told = -Infinity;
  let drawn = false;
  let sum = plan.here;
  const clear = (): void => {
    if (drawn) io.out(clearLine);
    drawn = false;
  };
  const draw = (path: string): void => {
    if (!io.interactive) return;
    io.out(
      `${clearLine}${truncate(progressLine(plan, path, sum, sum - plan.here, io.now() - began), io.columns - 1)}`,
    );
    drawn = true;
  };
  return {
    onBytes: (path, bytes) => {
      sum += bytes - (perFile.get(path) ?? 0);
      perFile.set(path, bytes);
      const whole = bytes === sizes.get(path) && !finished.has(path);
      if (whole) finished.add(path);
      const now = io.now();
      if (!whole && now - told < (json ? tellEvery : redrawEvery)) return;
      told = now;
      if (json)
        io.out(`${JSON.stringify({ event: 'progress', file: path, bytes: sum, total: plan.bytes })}\n`);
      else if (whole) {
        clear();
        io.out(`${printable(path)}   ${formatBytes(bytes)}   received\n`);
      } else draw(path);
    },
    end: clear,
  };
}

/** `45 %   120 MB of 270 MB   12 MB/s   13 s left   model.safetensors`. */
function progressLine(
  plan: DownloadPlan,
  path: string,
  sum: number,
  received: number,
  seconds: number,
): string {
  const rate = seconds > 0 ? received / seconds : 0;
  const left =
    rate > 0 ? `   ${formatBytes(rate)}/s   ${formatDuration((plan.bytes - sum) / rate)} left` : '';
  const share = plan.bytes === 0 ? 100 : Math.floor((100 * sum) / plan.bytes);
  return `${share} %   ${formatBytes(sum)} of ${formatBytes(plan.bytes)}${left}   ${printable(path)}`;
}

function tellEnd(plan: DownloadPlan, path: string, io: Io, json: boolean): void {
  // a config's id means the branch main: another revision is named by its path
  const id = writtenBase(plan);
  const written = downloadedBase(parseHubBase(id)!) === path ? id : path;
  if (json) io.out(`${JSON.stringify({ event: 'done', base: written, path })}\n`);
  else
    io.out(
      `Base   ${path}\nNext   "base": ${JSON.stringify(written)} in a config, or --base ${shellWord(written)}\n`,
    );
}

function tellStop(io: Io, json: boolean): number {
  if (json) io.out(`${JSON.stringify({ event: 'stopped' })}\n`);
  else io.out('Stopped. What was received stays: the same command goes on there.\n');
  return exitCodes.stopped;
}

/** After the plan was shown: the download had begun, so that it failed and was not refused. */
function tellFailure(error: UserError, io: Io, json: boolean): number {
  const message = printableLines(describeError(error));
  io.err(`${styled(io, 'red', 'error:')} ${message}\n`);
  if (json) io.out(`${JSON.stringify({ event: 'failed', message, code: error.code })}\n`);
  return exitCodes.failed;
}

export const download: Command = {
  name: 'download',
  summary: 'Download a base from the Hugging Face hub.',
  usage: 'OWNER/NAME [FILE.gguf] [--revision REVISION] [--json]',
  about:
    "Fetches config.json, safetensors and tokenizer, or one .gguf file, into the hub's cache (HF_HOME), checks every hash, and goes on where an earlier call was cut. HF_TOKEN is sent for private and gated models, HF_ENDPOINT names another hub. No other command downloads anything.",
  example: 'adapter-workbench download HuggingFaceTB/SmolLM2-135M-Instruct',
  options: {
    revision: { type: 'text', value: 'REVISION', doc: 'Branch, tag or commit (main).' },
    json: jsonOption,
  },
  positionals: [1, 2],
  run,
};
