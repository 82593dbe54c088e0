/** @file Contents are found in the line by their values. */
import { expect, test } from 'vitest';
import { jsonScalars } from '../../../runtime/data/jsonStrings.ts';
import { findAnchors, findCallAnchors, sourceOf } from '../../../runtime/data/sourceRanges.ts';

const fields = new Set(['messages', 'prompt']);
const content = (start: number, end: number) => ({ role: 'user', turn: 0, start, end });

test('a content that is part of a string: an answer behind its thinking', () => {
  const line = '{"messages": [{"role": "assistant", "content": "<think>\\nhm</think>yes"}]}';
  const text = 'yes!';
  const anchors = findAnchors(line, text, [content(0, 3)], jsonScalars(line), fields);
  const [range] = sourceOf(anchors, { start: 0, end: 4 });
  expect(line.slice(range!.start, range!.end)).toBe('yes');
});

test('equal contents are taken one after the other', () => {
  const line = '{"messages": [{"content": "a"}, {"content": "a"}]}';
  const anchors = findAnchors(line, 'a-a', [content(0, 1), content(2, 3)], jsonScalars(line), fields);
  expect(sourceOf(anchors, { start: 0, end: 3 }).map(({ start }) => start)).toEqual([27, 45]);
});

test("a call's arguments are found where the template wrote them", () => {
  const line =
    '{"messages": [{"tool_calls": [{"type": "f", "function": {"name": "go", "arguments": {"city": "Bern"}}}]}]}';
  const text = '{"name": "go", "arguments": {"city": "Bern"}}';
  const anchors = findCallAnchors(line, text, [], jsonScalars(line));
  expect(anchors.map(({ start, end }) => text.slice(start, end))).toEqual(['go', 'Bern']);
});
