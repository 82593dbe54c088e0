/** @file What a saved table or plot is as a file. Pure. */
import type { SavedFile } from '../../webview/compare/protocol.ts';

/** The name that is offered. */
export const savedName = (file: SavedFile): string =>
  file.kind === 'table'
    ? 'comparison.csv'
    : `${file.title.replace(/[^\p{L}\p{M}\p{N}_ -]/gu, '').trim() || 'plot'}.svg`;

/** The ending that the person chose decides between drawing and picture. */
export function savedBytes(file: SavedFile, path: string): Uint8Array {
  if (file.kind === 'table') return Buffer.from(file.csv, 'utf8');
  return path.toLowerCase().endsWith('.png')
    ? Buffer.from(file.png, 'base64')
    : Buffer.from(file.svg, 'utf8');
}
