/** @file Folders that appear whole or not at all: filled under another name, synced, renamed. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { syncFolder, writeError } from './byteFile.ts';

/** Names of folders that were being written or removed: `<name>.<8 hex>.tmp`. */
const temporaryName = /^(.+)\.[0-9a-f]{8}\.tmp$/;

/** The name that a temporary folder was to get, undefined for any other folder. */
export const intendedName = (name: string): string | undefined => temporaryName.exec(name)?.[1];

const temporaryFor = (path: string): string => `${path}.${randomBytes(4).toString('hex')}.tmp`;

/**
 * Fills a folder through `write`, which gets the path to write into, and puts it in the place of `path`, an older folder there
 * included. When `write` or the disk fails the old folder stays and the new one is removed.
 * Throws `disk-full`, `file-unwritable` and what `write` throws.
 */
export async function writeFolder(
  path: string,
  write: (folder: string) => void | Promise<void>,
): Promise<void> {
  const temporary = temporaryFor(path);
  try {
    mkdirSync(temporary, { recursive: true });
    await write(temporary);
    syncTree(temporary);
    replaceFolder(path, temporary);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw writeError(error, path);
  }
}

/** Two renames where there is an old folder: a kill between them leaves both under temporary names, none half written. */
function replaceFolder(path: string, by: string): void {
  const old = existsSync(path) ? temporaryFor(path) : undefined;
  if (old !== undefined) renameSync(path, old);
  renameSync(by, path);
  syncFolder(dirname(path));
  if (old !== undefined) rmSync(old, { recursive: true, force: true });
}

/** Removes a folder under a temporary name first, so that a kill in the middle leaves no half of it under its own. */
export function removeFolder(path: string): void {
  const temporary = temporaryFor(path);
  try {
    renameSync(path, temporary);
    rmSync(temporary, { recursive: true, force: true });
  } catch (error) {
    throw writeError(error, path);
  }
}

/** Temporary folders beside each other, left by a process that is gone, by the name they were to get. */
export function temporaryFolders(parent: string): { path: string; intended: string }[] {
  return readdirSync(parent, { withFileTypes: true }).flatMap((entry) => {
    const intended = entry.isDirectory() ? intendedName(basename(entry.name)) : undefined;
    return intended === undefined ? [] : [{ path: join(parent, entry.name), intended }];
  });
}

/** Waits until the disk has each file and folder below. */
function syncTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) syncTree(path);
    else if (entry.isFile()) syncFile(path);
  }
  syncFolder(folder);
}

function syncFile(path: string): void {
  // Windows syncs only what is open for writing
  const descriptor = openSync(path, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
