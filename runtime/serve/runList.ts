/** @file The runs under some output folders, and what changes among them. Watches files; asks only whether processes live. */
import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { RunSummary } from '../contract/api/runs.ts';
import type { ServeEvents } from '../contract/protocol.ts';
import { lockHolder } from '../runs/lock.ts';
import { readSummary } from '../runs/read.ts';
import { gather, watchFolder } from './folderWatch.ts';
import type { Watch } from './folderWatch.ts';

/** A row changes its words at most twice a second. */
const reportEvery = 500;
/** A process that dies leaves no trace in a file: this is the one thing that has to be asked for. */
const livenessEvery = 2000;
/** Finished runs that are watched too, the newest: one may be resumed from another window. Each costs a watch. */
const watchedFinished = 50;
/** Coarsest times that file systems keep (FAT). In milliseconds. */
const clockTick = 2000;
/** Folders read before other messages get their turn. */
const readAtOnce = 64;

export interface RunListOptions {
  readonly changed: (message: ServeEvents['runs/changed']) => void;
  /** Reads a run's folder; a test counts the readings. */
  readonly read?: (folder: string) => RunSummary | undefined;
}

/** The time of the last change in a folder: its record and its name are replaced, never written over. */
const changedAt = (folder: string): number => statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0;

const isLive = ({ record }: RunSummary): boolean =>
  record.status === 'running' || record.status === 'waiting';

/** Folders inside `output`, absolute; hidden ones (caches) are none of ours. */
async function foldersIn(output: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(output, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => join(output, entry.name));
  } catch {
    return [];
  }
}

export class RunList {
  readonly #changed: RunListOptions['changed'];
  readonly #readRun: NonNullable<RunListOptions['read']>;
  /** When the folder of a run that has ended was last read, by its own time. */
  readonly #known = new Map<string, number>();
  readonly #runs = new Map<string, RunSummary>();
  /** Run folders that are watched: live ones, new ones without a record yet, the newest finished ones. */
  readonly #watches = new Map<string, Watch>();
  #outputs: readonly string[] = [];
  #outputWatches: Watch[] = [];
  #dirty = new Set<string>();
  #rescan = false;
  #busy: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  readonly #report = gather(() => void this.#enqueue(() => this.#update()), reportEvery);

  constructor({ changed, read = readSummary }: RunListOptions) {
    this.#changed = changed;
    this.#readRun = read;
  }

  /** What was read so far. */
  get runs(): readonly RunSummary[] {
    return [...this.#runs.values()];
  }

  /** Lists all runs under `outputs`, reads those that changed since, and watches them instead of those before. */
  watch(outputs: readonly string[]): Promise<readonly RunSummary[]> {
    return this.#enqueue(async () => {
      for (const watch of this.#outputWatches) watch.close();
      this.#outputs = [...new Set(outputs)];
      this.#outputWatches = this.#outputs.map((output) =>
        watchFolder(output, () => {
          this.#rescan = true;
          this.#report.call();
        }),
      );
      const folders = await this.#listFolders();
      for (const folder of this.#runs.keys()) if (!folders.has(folder)) this.#forget(folder);
      await this.#read([...folders]);
      this.#arrangeWatches(folders);
      return [...this.#runs.values()];
    });
  }

  /** Reads one run again, whose folder may not be watched, and tells what is different. */
  async refresh(folder: string): Promise<void> {
    await this.#enqueue(async () => {
      if (!this.#runs.has(folder)) return;
      const runs = await this.#read([folder]);
      if (runs.length > 0) this.#changed({ runs, gone: [] });
    });
  }

  /** One reading at a time: each starts from what the one before left. */
  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#busy.then(work);
    this.#busy = next.catch(() => undefined);
    return next;
  }

  async #listFolders(): Promise<Set<string>> {
    return new Set((await Promise.all(this.#outputs.map(foldersIn))).flat());
  }

  /** Reads the runs' folders; returns those that look different now. */
  async #read(folders: readonly string[]): Promise<RunSummary[]> {
    const different: RunSummary[] = [];
    for (const [index, folder] of folders.entries()) {
      if (index % readAtOnce === readAtOnce - 1) await setImmediate();
      const time = changedAt(folder);
      if (time !== 0 && this.#known.get(folder) === time) continue;
      const summary = this.#readRun(folder);
      if (summary === undefined) continue;
      // what a run that goes on appends leaves the folder's time as it is; two changes in one tick of the clock look like one
      if (isLive(summary) || Date.now() - time < clockTick) this.#known.delete(folder);
      else this.#known.set(folder, time);
      if (JSON.stringify(this.#runs.get(folder)) !== JSON.stringify(summary)) different.push(summary);
      this.#runs.set(folder, summary);
    }
    return different;
  }

  async #update(): Promise<void> {
    const dirty = this.#dirty;
    this.#dirty = new Set();
    const gone: string[] = [];
    if (this.#rescan) {
      this.#rescan = false;
      const folders = await this.#listFolders();
      for (const folder of this.#runs.keys())
        if (!folders.has(folder)) {
          this.#forget(folder);
          gone.push(folder);
        }
      for (const folder of folders) if (!this.#runs.has(folder)) dirty.add(folder);
      this.#arrangeWatches(folders);
    }
    const runs = await this.#read([...dirty]);
    for (const run of runs) if (isLive(run)) this.#watch(run.folder);
    this.#watchProcesses();
    if (runs.length > 0 || gone.length > 0) this.#changed({ runs, gone });
  }

  #watch(folder: string): void {
    if (this.#watches.has(folder)) return;
    const watch = watchFolder(folder, () => {
      this.#dirty.add(folder);
      this.#report.call();
    });
    this.#watches.set(folder, watch);
  }

  #forget(folder: string): void {
    this.#runs.delete(folder);
    this.#known.delete(folder);
    this.#watches.get(folder)?.close();
    this.#watches.delete(folder);
  }

  /** Watches what may change: folders without a record yet, live runs, and the newest of the others. */
  #arrangeWatches(folders: ReadonlySet<string>): void {
    const newestFirst = [...this.#runs.values()].sort((a, b) =>
      b.record.created.localeCompare(a.record.created),
    );
    const finished = newestFirst.filter((run) => !isLive(run));
    const wanted = new Set([
      ...[...folders].filter((folder) => !this.#runs.has(folder)).slice(-watchedFinished),
      ...newestFirst.filter(isLive).map(({ folder }) => folder),
      ...finished.slice(0, watchedFinished).map(({ folder }) => folder),
    ]);
    for (const [folder, watch] of this.#watches)
      if (!wanted.has(folder)) {
        watch.close();
        this.#watches.delete(folder);
      }
    for (const folder of wanted) this.#watch(folder);
    this.#watchProcesses();
  }

  /** While a run goes on, looks whether its process does. */
  #watchProcesses(): void {
    const live = [...this.#runs.values()].some(isLive);
    if (!live) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    } else
      this.#timer ??= setInterval(() => {
        for (const run of this.#runs.values())
          if (isLive(run) && lockHolder(run.folder) !== run.pid) this.#dirty.add(run.folder);
        if (this.#dirty.size > 0) this.#report.call();
      }, livenessEvery).unref();
  }

  dispose(): void {
    this.#report.cancel();
    clearInterval(this.#timer);
    for (const watch of [...this.#outputWatches, ...this.#watches.values()]) watch.close();
    this.#outputWatches = [];
    this.#watches.clear();
  }
}
