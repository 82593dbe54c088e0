/** @file Rows of a small file written for a test, or the error it gives. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RawRow } from '../../../../runtime/data/containers/container.ts';
import { openContainer } from '../../../../runtime/data/containers/open.ts';
import { ByteFile } from '../../../../runtime/formats/byteFile.ts';
import { temporaryFolder } from '../../../support/temporary.ts';

export const folder = temporaryFolder();

export async function rowsOf(path: string): Promise<{ rows: RawRow[]; notes: string[]; unit: string }> {
  const file = new ByteFile(path);
  try {
    const container = await openContainer(file);
    const rows: RawRow[] = [];
    for await (const batch of container.rows()) rows.push(...batch);
    return { rows, notes: container.notes.map(({ code, line }) => `${code}:${line}`), unit: container.unit };
  } finally {
    file.close();
  }
}

export async function read(
  name: string,
  content: string | Uint8Array,
): Promise<{ values: unknown[]; lines: number[]; notes: string[] }> {
  const path = join(folder, name);
  writeFileSync(path, content);
  const { rows, notes } = await rowsOf(path);
  const broken = rows.find(({ error }) => error !== undefined)?.error;
  if (broken !== undefined) throw broken;
  return { values: rows.map(({ value }) => value), lines: rows.map(({ line }) => line), notes };
}

export async function failure(name: string, content: string | Uint8Array): Promise<unknown> {
  try {
    await read(name, content);
  } catch (error) {
    return error;
  }
  return undefined;
}
