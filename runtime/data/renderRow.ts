/** @file A rendered row as turns of coloured segments: what a person sees of the text that the model sees. */
import type { RenderedRow, RenderedSegment, TextState } from '../contract/api/data.ts';
import type { PlacedContent } from './encodeRow.ts';
import type { Row } from './row.ts';
import { contentTexts } from './turns.ts';
import type { Span } from './turns.ts';

export interface RenderScene {
  readonly text: string;
  readonly trained: readonly Span[];
  readonly contents: readonly PlacedContent[];
  readonly special: readonly Span[];
  /** Character from which on nothing is left. */
  readonly cutAt: number;
}

/** Where one turn's words end and the next one's begin: behind the first special token between their contents, and its blanks. */
function borderBetween({ text, special }: RenderScene, from: number, to: number): number {
  const end = special.find(({ start }) => start >= from && start < to)?.end;
  if (end === undefined || end >= to) return to;
  return end + (/^\s*/.exec(text.slice(end, to))?.[0].length ?? 0);
}

/** Turns in the order of the text; their segments together are the whole text. */
export function renderTurns(scene: RenderScene): RenderedRow['turns'] {
  const { text, contents } = scene;
  const turns: { role: string; start: number; end: number }[] = [];
  for (const [i, content] of contents.entries()) {
    if (content.start >= text.length) break;
    const before = contents[i - 1];
    const last = turns.at(-1);
    if (last !== undefined && before?.turn === content.turn) {
      last.end = content.end;
      continue;
    }
    const start = before === undefined ? 0 : borderBetween(scene, before.end, content.start);
    if (last !== undefined) last.end = start;
    turns.push({ role: content.role, start, end: content.end });
  }
  const last = turns.at(-1);
  if (last === undefined) turns.push({ role: 'text', start: 0, end: text.length });
  else last.end = text.length;
  const pieces = cutEverywhere(scene);
  return turns.map(({ role, start, end }) => {
    return {
      role,
      segments: pieces.filter((piece) => piece.at >= start && piece.at < end).map(({ segment }) => segment),
    };
  });
}

/** The text cut wherever state, kind or turn may change. */
function cutEverywhere(scene: RenderScene): { at: number; segment: RenderedSegment }[] {
  const { text, trained, contents, special, cutAt } = scene;
  const borders = new Set([0, Math.min(cutAt, text.length), text.length]);
  for (const { start, end } of [...trained, ...contents, ...special])
    for (const border of [start, end]) if (border < text.length) borders.add(border);
  for (const [i, { start }] of contents.entries()) {
    const before = contents[i - 1];
    if (before !== undefined && start < text.length) borders.add(borderBetween(scene, before.end, start));
  }
  const sorted = [...borders].sort((a, b) => a - b);
  const inTrained = walker(trained);
  const inContents = walker(contents);
  const inSpecial = walker(special);
  return sorted.slice(0, -1).map((at, i) => {
    const state: TextState = at >= cutAt ? 'cut' : inTrained(at) ? 'trained' : 'ignored';
    const kind = inSpecial(at) ? 'special' : inContents(at) ? 'content' : 'template';
    return { at, segment: { text: text.slice(at, sorted[i + 1]), state, kind } };
  });
}

/** Whether ascending places lie in ascending spans. */
function walker(spans: readonly Span[]): (at: number) => boolean {
  let next = 0;
  return (at) => {
    while (next < spans.length && spans[next]!.end <= at) next += 1;
    return next < spans.length && spans[next]!.start <= at;
  };
}

/** What a row says without a template, at most `longest` characters a turn. */
export function plainTurns(row: Row, longest: number): RenderedRow['turns'] {
  const turn = (role: string, text: string): RenderedRow['turns'][number] => {
    return { role, segments: [{ text: text.slice(0, longest), state: 'ignored', kind: 'content' }] };
  };
  switch (row.kind) {
    case 'chat':
      return row.conversation.messages.map((message) => {
        const { role, tool_calls: calls } = message;
        const written = calls === undefined ? [] : [JSON.stringify(calls, null, 2)];
        return turn(role, [...contentTexts(message), ...written].join('\n'));
      });
    case 'pair':
      return [
        ...(row.system === undefined ? [] : [turn('system', row.system)]),
        ...row.history.flatMap(([asked, answered]) => [turn('user', asked), turn('assistant', answered)]),
        turn('user', row.prompt),
        turn('assistant', row.completion),
      ];
    case 'text':
      return [turn('text', row.text)];
    case 'classified':
      return [
        turn('text', row.text),
        ...(row.pair === undefined ? [] : [turn('second text', row.pair)]),
        turn('label', String(row.label)),
      ];
    case 'tokens':
      return [turn('tokens', row.ids.join(' '))];
  }
}

/** Texts that a base reads apart, the last of which it learns: a class, or what is written about the others. */
export function textTurns(row: Row, longest: number): RenderedRow['turns'] {
  const turns = plainTurns(row, longest);
  const learned = (turn: RenderedRow['turns'][number]): RenderedRow['turns'][number] => ({
    ...turn,
    segments: turn.segments.map((segment) => ({ ...segment, state: 'trained' })),
  });
  return turns.map((turn, i) => (i === turns.length - 1 ? learned(turn) : turn));
}
