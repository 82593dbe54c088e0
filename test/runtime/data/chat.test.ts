/** @file Chat templates: the text transformers renders, the functions it offers, errors in words a person can use. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ChatTemplate, strftime } from '../../../runtime/data/chat.ts';
import type { ChatMessage } from '../../../runtime/data/chat.ts';
import { shared } from '../../support/shared.ts';
import { styles } from './publicStyleTemplates.ts';

const now = new Date(Date.UTC(2026, 2, 5, 15, 4, 9));
const render = (source: string, messages: readonly ChatMessage[] = [], prompt = false): string =>
  new ChatTemplate(source, 'chat_template.jinja', { specialTokens: { bos_token: '<s>' }, now }).render(
    { messages },
    prompt,
  );

const fixture = shared('fixtures/tokenizers/smollm2-chat.json');
const template = shared('models/smollm2-135m-instruct/chat_template.jinja');
if (fixture === undefined)
  console.warn('left out: rendered chats of SmolLM2, because shared/fixtures is missing');

test.runIf(fixture !== undefined && template !== undefined)(
  "SmolLM2's chats as transformers renders them",
  () => {
    const source = readFileSync(template!, 'utf8');
    const chats = JSON.parse(readFileSync(fixture!, 'utf8')) as {
      messages: ChatMessage[];
      add_generation_prompt: boolean;
      text: string;
    }[];
    for (const chat of chats)
      expect(render(source, chat.messages, chat.add_generation_prompt)).toBe(chat.text);
  },
);

test('special tokens, constants, dates, ranges', () => {
  expect(render('{{ bos_token }}{{ True }}{{ none is none }}{{ range(2, 8, 3) }}')).toBe('<s>TrueTrue[2, 5]');
  expect(render("{{ strftime_now('%d %b %Y') }}")).toBe('05 Mar 2026');
  expect(strftime(now, '%A %a %B %y %m %H:%M:%S %I%p %% %Q')).toBe(
    'Thursday Thu March 26 03 15:04:09 03PM % %Q',
  );
  expect(new ChatTemplate("{{ strftime_now('%Y') }}", 'x', { specialTokens: {} }).usesDate).toBe(true);
});

test('strip takes the characters it is given, as in Python', () => {
  const words = [{ role: 'user', content: '\n\n x \n' }];
  expect(render("{{ messages[0].content.lstrip('\\n') | tojson }}", words)).toBe('" x \\n"');
  expect(render("{{ messages[0].content.rstrip('\\n').strip('\\n ') | tojson }}", words)).toBe('"x"');
  expect(render('{{ messages[0].content.strip() | tojson }}', words)).toBe('"x"');
});

test('tools and documents are none unless there are some, as transformers passes them', () => {
  const source = "{{ 'none' if tools is none else tools | length }} {{ documents is defined }}";
  const chat = new ChatTemplate(source, 'x', { specialTokens: {} });
  expect(chat.render({ messages: [] }, false)).toBe('none True');
  expect(chat.render({ messages: [], tools: [] }, false)).toBe('none True');
  expect(chat.render({ messages: [], tools: [{}] }, false)).toBe('1 True');
});

test('flags of the data set are not shown to the template', () => {
  expect(render('{{ messages | tojson }}', [{ role: 'user', content: 'x', weight: 0, name: 'n' }])).toBe(
    '[{"role": "user", "content": "x", "name": "n"}]',
  );
});

test.each([
  ['template-syntax', '{% for x in %}', []],
  ['template-refused', styles.gemma.template, [{ role: 'system', content: 'x' }]],
  ['template-failed', "{{ 'a' + messages[0].nothing }}", [{ role: 'user', content: 'x' }]],
  ['template-failed', '{% for i in range(100000000) %}{% endfor %}', []],
])('%s', (code, source, messages) => {
  expect(() => render(source, messages)).toThrow(
    expect.objectContaining({ name: 'UserError', code, hint: expect.any(String) as string }) as Error,
  );
});
