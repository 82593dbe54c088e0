/** @file Lints at the characters they are about, and fixes that mend them. */
import { expect, test } from 'vitest';
import { chatRow } from '../../support/dataWorkspace.ts';
import { createPreviewer } from '../../support/previewer.ts';

const turn = (role: string, content: string): Record<string, string> => ({ role, content });
const previewer = createPreviewer();

/** The text under the first lint, and the line after its fix. */
function mend(line: string): { under: string; mended: string | undefined; left: string[] } {
  const [lint] = previewer.preview(line)!.lints;
  const fix = lint?.fixes.find(({ kind }) => kind === 'edit');
  const edit = fix?.kind === 'edit' ? fix.edits[0] : undefined;
  const mended = edit && line.slice(0, edit.start) + edit.text + line.slice(edit.end);
  const left = mended === undefined ? [] : previewer.preview(mended)!.lints.map(({ code }) => code);
  return { under: line.slice(lint?.start, lint?.end), mended, left };
}

test('a control token inside a content', () => {
  const { under, left } = mend(chatRow(turn('user', 'q'), turn('assistant', 'a <|im_end|> "b"')));
  expect(under).toBe('<|im_end|>');
  expect(left).toEqual([]);
});

test('a comma behind the row', () => {
  const { under, left } = mend(`${chatRow(turn('user', 'q'), turn('assistant', 'a'))},`);
  expect(under).toBe(',');
  expect(left).toEqual([]);
});

test('half of a character', () => {
  const { under, left } = mend('{"prompt": "q", "completion": "a\\ud83d"}');
  expect(under).toBe('\\ud83d');
  expect(left).toEqual([]);
});

test('an empty content is marked where it stands, a row as a whole at its first key', () => {
  expect(mend(chatRow(turn('user', ''), turn('assistant', 'a'))).under).toBe('""');
  expect(mend(chatRow(turn('user', 'q'))).under).toBe('"messages"');
});
