/** @file Data files that are open for reading by row, their indexes and surveys; what took time to find is kept on disk. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { FileState, Survey } from '../contract/api/data.ts';
import { UserError } from '../contract/errors.ts';
import type { ServeEvents } from '../contract/protocol.ts';
import { openRowFile } from '../data/rowFile.ts';
import type { RowFile } from '../data/rowFile.ts';
import { surveyRows } from '../data/survey.ts';
import type { RowTable, SurveyOptions } from '../data/survey.ts';
import { writeAtomically } from '../formats/byteFile.ts';
import type { Emit } from './answers.ts';
import { gather } from './folderWatch.ts';

const filesKept = 16;
const tablesKept = 4;
/** Progress is told at most ten times a second. */
const reportEvery = 100;
/** Goes up when what is written changes. */
const cacheVersion = 1;

export interface OpenFile {
  readonly rows: RowFile;
  readonly path: string;
  readonly stamp: string;
  indexing: Promise<void> | undefined;
  done: number;
  readonly abort: AbortController;
  /** Who reads it now. One that was replaced is closed behind the last of them. */
  readers: number;
  replaced: boolean;
}

/** Nobody reads it any more. */
function closeUnread(file: OpenFile): void {
  if (file.replaced && file.readers === 0) file.rows.close();
}

interface Surveyed {
  readonly survey: Survey;
  readonly table: RowTable | undefined;
}

export interface SurveyQuestion extends Omit<SurveyOptions, 'onProgress'> {
  readonly file: string;
  readonly cache: string;
  /** All that decides the answer beside the file. */
  readonly key: string;
}

function stampOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new UserError('file-missing', 'does not exist.', { place: { file: path } });
  return `${stats.size} ${stats.mtimeMs}`;
}

const hashOf = (...parts: readonly unknown[]): string =>
  createHash('sha256')
    .update(JSON.stringify([cacheVersion, ...parts]))
    .digest('hex');

/** Undefined where it was never written, or is damaged: then it is found anew. */
function readKept(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** What can't be kept is found anew the next time: a full disk takes no answer away. */
function keep(folder: string, name: string, value: unknown): void {
  try {
    mkdirSync(folder, { recursive: true });
    writeAtomically(join(folder, name), (append) => {
      append(Buffer.from(JSON.stringify(value)));
    });
  } catch (error) {
    console.error(
      `${join(folder, name)} was not kept: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

export class DataFiles {
  readonly #emit: Emit<ServeEvents>;
  readonly #open = new Map<string, OpenFile>();
  readonly #opening = new Map<string, Promise<OpenFile>>();
  readonly #surveys = new Map<string, Surveyed>();
  #surveying: Promise<unknown> = Promise.resolve();

  constructor(emit: Emit<ServeEvents>) {
    this.#emit = emit;
  }

  /** The file as it is now; one that has changed is opened anew. */
  async open(path: string, cache: string): Promise<OpenFile> {
    const stamp = stampOf(path);
    const known = this.#open.get(path);
    if (known?.stamp === stamp) {
      this.#open.delete(path);
      this.#open.set(path, known);
      return known;
    }
    const opening = this.#opening.get(path) ?? this.#openAnew(path, stamp, cache);
    this.#opening.set(path, opening);
    try {
      return await opening;
    } finally {
      this.#opening.delete(path);
    }
  }

  async #openAnew(path: string, stamp: string, cache: string): Promise<OpenFile> {
    this.#close(path);
    const kept = cache === '' ? undefined : readKept(join(cache, indexName(path, stamp)));
    const rows = await openRowFile(path, kept);
    const opened: OpenFile = {
      rows,
      path,
      stamp,
      indexing: undefined,
      done: rows.complete ? rows.size : 0,
      abort: new AbortController(),
      readers: 0,
      replaced: false,
    };
    this.#open.set(path, opened);
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= filesKept) break;
      this.#close(oldest);
    }
    return opened;
  }

  #close(path: string): void {
    const file = this.#open.get(path);
    if (file === undefined) return;
    this.#open.delete(path);
    file.abort.abort();
    file.replaced = true;
    closeUnread(file);
  }

  /** `read` of the file as it is now, which stays open for it, also when another writes it meanwhile. */
  async reading<T>(path: string, cache: string, read: (file: OpenFile) => Promise<T> | T): Promise<T> {
    let file = await this.open(path, cache);
    // replaced between its opening and now
    while (file.replaced) file = await this.open(path, cache);
    return await this.#hold(file, read);
  }

  async #hold<T>(file: OpenFile, read: (file: OpenFile) => Promise<T> | T): Promise<T> {
    file.readers += 1;
    try {
      return await read(file);
    } finally {
      file.readers -= 1;
      closeUnread(file);
    }
  }

  state({ rows, done }: OpenFile): FileState {
    return { rows: rows.known, complete: rows.complete, done, size: rows.size };
  }

  /** Indexes the file unless that was done, and tells how far it is. */
  index(file: OpenFile, cache: string): Promise<void> {
    return (file.indexing ??= this.#hold(file, () => this.#index(file, cache)));
  }

  async #index(file: OpenFile, cache: string): Promise<void> {
    const { rows, path, stamp } = file;
    if (rows.complete) return;
    const report = gather(() => {
      this.#emit('data/indexed', { file: path, ...this.state(file) });
    }, reportEvery);
    try {
      await rows.index({
        signal: file.abort.signal,
        onProgress: (done) => {
          file.done = done;
          report.call();
        },
      });
    } catch (error) {
      if (file.abort.signal.aborted) return;
      throw error;
    } finally {
      report.cancel();
    }
    const record = rows.record();
    if (cache !== '' && record !== undefined) keep(cache, indexName(path, stamp), record);
    this.#emit('data/indexed', { file: path, ...this.state(file) });
  }

  /** One survey at a time: each takes a core. */
  async survey(question: SurveyQuestion): Promise<Survey> {
    return (await this.#surveyed(question, true)).survey;
  }

  /** A survey's table; undefined where the file was only sampled. */
  async table(question: SurveyQuestion): Promise<RowTable | undefined> {
    return (await this.#surveyed(question, false)).table;
  }

  #surveyed(question: SurveyQuestion, keptWillDo: boolean): Promise<Surveyed> {
    const work = async (): Promise<Surveyed> => {
      const { file, cache, key, sample } = question;
      question.signal?.throwIfAborted();
      const name = `survey-${hashOf(file, stampOf(file), key, sample ?? 'all')}.json`;
      const known = this.#surveys.get(name);
      if (known !== undefined) return known;
      const kept = readKept(join(cache, name)) as Survey | undefined;
      if (kept !== undefined && keptWillDo) return { survey: kept, table: undefined };
      const found = await this.reading(file, cache, ({ rows }) =>
        surveyRows(rows, { ...question, onProgress: this.#progress(file) }),
      );
      this.#surveys.set(name, found);
      for (const oldest of this.#surveys.keys()) {
        if (this.#surveys.size <= tablesKept) break;
        this.#surveys.delete(oldest);
      }
      keep(cache, name, found.survey);
      return found;
    };
    const next = this.#surveying.then(work);
    this.#surveying = next.catch(() => undefined);
    return next;
  }

  #progress(file: string): (done: number, size: number) => void {
    let last = -Infinity;
    return (done, size) => {
      const now = performance.now();
      if (now - last < reportEvery) return;
      last = now;
      this.#emit('data/progress', { file, done, size });
    };
  }

  dispose(): void {
    for (const path of [...this.#open.keys()]) this.#close(path);
  }
}

const indexName = (path: string, stamp: string): string => `index-${hashOf(path, stamp)}.json`;
