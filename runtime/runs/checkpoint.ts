/** @file Folders of checkpoints: each appears whole with its COMPLETE marker, others are none. What is inside is the writer's. */
import { readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { removeFolder, temporaryFolders, writeFolder } from '../formats/atomicFolder.ts';
import { writeText } from '../formats/textFile.ts';

const marker = 'COMPLETE';
const folderName = /^checkpoint-(\d{1,15})$/;

export interface Checkpoint {
  readonly step: number;
  readonly path: string;
}

export interface CheckpointList {
  /** Whole ones, newest first. */
  readonly whole: readonly Checkpoint[];
  /** Others, with the reason in words, newest first: to be skipped, and said. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Writes `checkpoint-<step>` in a run's folder: `write` fills the folder it gets, then everything is synced, marked and renamed.
 * Throws what `write` throws and `disk-full`; then no new folder is there, and an older one of the step still is.
 */
export async function writeCheckpoint(
  run: string,
  step: number,
  write: (folder: string) => void | Promise<void>,
): Promise<Checkpoint> {
  const path = join(run, `checkpoint-${step}`);
  await writeFolder(path, async (folder) => {
    await write(folder);
    const files = Object.fromEntries(
      filesOf(folder).map((name) => [name, statSync(join(folder, name)).size]),
    );
    writeText(join(folder, marker), `${JSON.stringify({ step, files }, null, 2)}\n`);
  });
  return { step, path };
}

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort();

/** Why a folder is no whole checkpoint, undefined where it is one. */
function problemOf(path: string, step: number): string | undefined {
  let text: string;
  try {
    text = readFileSync(join(path, marker), 'utf8');
  } catch {
    return `it has no ${marker} marker`;
  }
  try {
    const value = JSON.parse(text) as { step?: unknown; files?: unknown } | null;
    const files = value?.files;
    if (value?.step !== step || typeof files !== 'object' || files === null)
      return `its ${marker} marker names another step`;
    for (const [name, size] of Object.entries(files)) {
      if (name.split('/').includes('..')) return `its ${marker} marker names files outside of it`;
      const found = statSync(join(path, name), { throwIfNoEntry: false })?.size;
      if (found === undefined) return `${name} is missing`;
      if (found !== size) return `${name} has ${found} bytes instead of ${String(size)}`;
    }
    return undefined;
  } catch {
    return `its ${marker} marker can't be read`;
  }
}

/** The checkpoints of a run's folder. */
export function listCheckpoints(run: string): CheckpointList {
  const whole: Checkpoint[] = [];
  const skipped: { name: string; reason: string; step: number }[] = [];
  for (const name of readdirSync(run)) {
    const step = Number(folderName.exec(name)?.[1] ?? NaN);
    if (Number.isNaN(step)) continue;
    const path = join(run, name);
    const reason = problemOf(path, step);
    if (reason === undefined) whole.push({ step, path });
    else skipped.push({ name, reason, step });
  }
  const present = new Set(whole.map(({ step }) => step));
  for (const { intended } of temporaryFolders(run)) {
    const step = Number(folderName.exec(intended)?.[1] ?? NaN);
    // one that was being removed or replaced has its successor beside it or is older than the whole ones
    if (Number.isNaN(step) || present.has(step) || whole.some((one) => one.step > step)) continue;
    skipped.push({ name: intended, reason: 'its writing was cut off', step });
  }
  whole.sort((a, b) => b.step - a.step);
  skipped.sort((a, b) => b.step - a.step);
  return { whole, skipped: skipped.map(({ name, reason }) => ({ name, reason })) };
}

/** Removes what a killed process left half-written or half-removed. Only for the holder of the run's lock. */
export function removeLeftovers(run: string): void {
  for (const { path } of temporaryFolders(run)) rmSync(path, { recursive: true, force: true });
}

/** Removes all whole checkpoints but the newest `keep` and the best one. Returns those removed. */
export function pruneCheckpoints(run: string, keep: number, best: number | undefined): Checkpoint[] {
  const { whole } = listCheckpoints(run);
  const surplus = whole.slice(Math.max(1, keep)).filter(({ step }) => step !== best);
  for (const { path } of surplus) removeFolder(path);
  return surplus;
}
