/** @file What training makes of a line: which of its characters are learned, what is cut, and that it agrees with the encoder. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RowEncoder } from '../../../runtime/data/encodeRow.ts';
import { RowPreviewer, statesOf } from '../../../runtime/data/rowPreview.ts';
import { RowReader } from '../../../runtime/data/rows.ts';
import { chatRow, hostileText } from '../../support/dataWorkspace.ts';
import { createPreviewer, previewOptions } from '../../support/previewer.ts';

const turn = (role: string, content: string): Record<string, string> => ({ role, content });
const shown = (line: string, previewer = createPreviewer()): string[] =>
  previewer.preview(line)!.ranges.map(({ start, end, state }) => `${state}: ${line.slice(start, end)}`);

test.each([
  [
    'chat',
    chatRow(turn('user', 'user'), turn('assistant', 'a "b"\n')),
    ['ignored: user', 'trained: a \\"b\\"\\n'],
  ],
  [
    'prompt and completion',
    '{"completion": "yes", "prompt": "\\u00e9"}',
    ['trained: yes', 'ignored: \\u00e9'],
  ],
  [
    'alpaca',
    '{"instruction": "Do", "input": "this", "output": "done"}',
    ['ignored: Do', 'ignored: this', 'trained: done'],
  ],
  [
    'sharegpt',
    '{"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]}',
    ['ignored: q', 'trained: a'],
  ],
  ['text', '{"text": "all of it"}', ['trained: all of it']],
  ['tokens', '{"input_ids": [1, 2, 3], "labels": [-100, -100, 3]}', ['ignored: 1, 2', 'trained: 3']],
])('%s', (_, line, expected) => {
  expect(shown(line)).toEqual(expected);
});

test('a text elsewhere in the row that is the same is not taken for the content', () => {
  const line =
    '{"id": "yes", "messages": [{"role": "user", "content": "no"}, {"role": "assistant", "content": "yes"}]}';
  expect(shown(line)).toEqual(['ignored: no', 'trained: yes']);
  const [, trained] = createPreviewer().preview(line)!.ranges;
  expect(trained!.start).toBe(line.lastIndexOf('yes'));
});

test('what lies behind the cut is cut', () => {
  const line = chatRow(turn('user', 'abc'), turn('assistant', 'defg'));
  const whole = createPreviewer().preview(line)!;
  const left = whole.tokens! - 4;
  const cut = createPreviewer({ length: left }).preview(line)!;
  expect(cut.supervised).toBe(whole.supervised! - 3);
  expect(cut.ranges.map(({ start, end, state }) => [state, line.slice(start, end)])).toEqual([
    ['ignored', 'abc'],
    ['trained', 'de'],
    ['cut', 'fg'],
  ]);
  expect(cut.lints.map(({ code, fixes }) => [code, fixes])).toEqual([
    ['truncated', [{ kind: 'length', length: whole.tokens }]],
  ]);
});

test('counts are those of the encoder, and each supervised token has the characters it stands for', () => {
  const content = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    .filter((text) => text.trim() === text && text !== '');
  fc.assert(
    fc.property(content, content, fc.boolean(), (asked, answered, spaced) => {
      const value = { messages: [turn('user', asked), turn('assistant', answered)] };
      const line = JSON.stringify(value, null, spaced ? 1 : undefined);
      const options = previewOptions();
      const previewer = new RowPreviewer(options);
      const encoder = new RowEncoder(options.tokenizer, options);
      const { ids, mask } = encoder.encode(new RowReader({}).read(value, ''));
      const preview = previewer.preview(line)!;
      expect([preview.tokens, preview.supervised]).toEqual([
        ids.length,
        mask.reduce((sum, one) => sum + one, 0),
      ]);
      const tokens = previewer.tokens(line);
      expect(tokens).toHaveLength(preview.supervised!);
      // The end token stands for nothing of the line; the others together are the answer.
      const places = tokens.filter((range) => range !== null);
      const [start, end] = [places[0]!.start, places.at(-1)!.end];
      expect(JSON.parse(`"${line.slice(start, end)}"`)).toBe(answered);
      expect(tokens.at(-1)).toBeNull();
    }),
    { numRuns: 60 },
  );
});

test('rendered turns are together the text that is trained on', () => {
  const line = chatRow(turn('user', hostileText), turn('assistant', 'No.'));
  const { turns, supervised } = createPreviewer().render(line);
  expect(turns.map(({ role }) => role)).toEqual(['user', 'assistant']);
  const text = turns.flatMap(({ segments }) => segments.map((segment) => segment.text)).join('');
  expect(text).toBe(`<|im_start|>user\n${hostileText}<|im_end|>\n<|im_start|>assistant\nNo.<|im_end|>\n`);
  expect(turns[1]!.segments.filter(({ state }) => state === 'trained').map(({ text: one }) => one)).toEqual([
    'No.',
    '<|im_end|>',
  ]);
  expect(supervised).toBe(4);
});

test.each([
  ['nope', 'row-not-json'],
  ['{"a": 1', 'row-not-json'],
  ['[1]', 'row-malformed'],
  ['{"unknown": 1}', 'format-unknown'],
  ['{"messages": [{"role": "user", "content": "q"}]}', 'no-assistant-turn'],
  ['{"messages": [{"role": "assistant", "content": "a"}]}', 'roles-not-alternating'],
])('%s: %s', (line, code) => {
  expect(
    createPreviewer()
      .preview(line)!
      .lints.map((lint) => lint.code),
  ).toContain(code);
});

test('blank lines are no rows; without a config only the shape is looked at', () => {
  expect(createPreviewer().preview('  ')).toBeUndefined();
  const shape = new RowPreviewer();
  expect(shape.preview('{"text": "a"}')).toEqual({ ranges: [], lints: [] });
  expect(shape.preview('{"messages": [{"role": "user", "content": "q"}]}')!.lints).toHaveLength(1);
});

test('states lie side by side', () => {
  expect(statesOf([{ start: 2, end: 5 }], 8, 4)).toEqual([
    { start: 0, end: 2, state: 'ignored' },
    { start: 2, end: 4, state: 'trained' },
    { start: 4, end: 8, state: 'cut' },
  ]);
});

test('a class is one thing that is learned; its name is shown as such', () => {
  const previewer = createPreviewer({ task: 'classification' });
  const line = '{"text": "a cat", "label": "animal"}';
  expect(previewer.preview(line)).toMatchObject({ supervised: 1, lints: [], ranges: [] });
  const { turns, supervised } = previewer.render(line);
  expect(turns.map(({ role, segments }) => [role, segments[0]!.text, segments[0]!.state])).toEqual([
    ['text', 'a cat', 'ignored'],
    ['label', 'animal', 'trained'],
  ]);
  expect(supervised).toBe(1);
  expect(previewer.tokens(line)).toEqual([null]);
});

test('a target is learned whole, its source is not', () => {
  const previewer = createPreviewer({ task: 'seq2seq' });
  const line = '{"prompt": "a cat", "completion": "is it"}';
  const { turns, supervised, tokens } = previewer.render(line);
  expect(turns.map(({ segments }) => segments[0]!.state)).toEqual(['ignored', 'trained']);
  expect(tokens).toBeGreaterThan(supervised);
  expect(previewer.tokens(line)).toHaveLength(supervised);
});
