/** @file Chooses the reader for a data file by its name, and by its first bytes where the name says nothing. */
import { extname } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import type { ByteFile } from '../../formats/byteFile.ts';
import type { Container } from './container.ts';
import { Csv } from './csv.ts';
import { JsonArray } from './jsonArray.ts';
import { JsonLines } from './jsonLines.ts';

const whitespace = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);
const packed = new Set(['.gz', '.zip', '.zst', '.bz2', '.xz', '.arrow', '.feather', '.xlsx']);
const pickled = new Set(['.pkl', '.pickle', '.pt', '.pth', '.bin']);

/** Throws `data-unsupported` or `data-empty`. */
export async function openContainer(file: ByteFile): Promise<Container> {
  const extension = extname(file.path).toLowerCase();
  if (pickled.has(extension))
    throw new UserError('data-unsupported', 'may be a pickle, which can run code when it is read.', {
      place: { file: file.path },
      hint: 'Convert the data to JSONL or Parquet.',
    });
  if (packed.has(extension))
    throw new UserError('data-unsupported', `is a ${extension} file, which is not read.`, {
      place: { file: file.path },
      hint: 'Unpack it, or convert it to JSONL, CSV or Parquet.',
    });
  if (file.size === 0)
    throw new UserError('data-empty', 'is empty.', {
      place: { file: file.path },
      hint: 'It has no row to train on.',
    });
  if (extension === '.csv') return new Csv(file, ',');
  if (extension === '.tsv') return new Csv(file, '\t');
  if (extension === '.jsonl' || extension === '.ndjson') return new JsonLines(file);
  const start = file.read(new Uint8Array(Math.min(4096, file.size)), 0);
  if (extension === '.parquet' || Buffer.from(start.subarray(0, 4)).toString('latin1') === 'PAR1') {
    // Loaded only where it is needed: its decompressors take a while to start.
    const { Parquet } = await import('./parquet.ts');
    return new Parquet(file);
  }
  const first = start.find((byte) => !whitespace.has(byte));
  if (first === 0x5b) return new JsonArray(file);
  if (first === 0x7b) return new JsonLines(file);
  throw new UserError('data-unsupported', 'is no data file that can be read.', {
    place: { file: file.path },
    hint: 'Use JSONL (one object a line), a JSON list, CSV or Parquet.',
  });
}
