/** @file What is trained, as text, for templates in the style of public ones. */
import { describe, expect, test } from 'vitest';
import { ChatTemplate } from '../../../runtime/data/chat.ts';
import type { ChatMessage, Conversation } from '../../../runtime/data/chat.ts';
import { labelConversation } from '../../../runtime/data/spans.ts';
import type { LabelOptions } from '../../../runtime/data/spans.ts';
import { createByteTokenizer } from '../../support/byteTokenizer.ts';
import type { ByteTokenizerOptions } from '../../support/byteTokenizer.ts';
import { styles } from './publicStyleTemplates.ts';
import type { TemplateStyle } from './publicStyleTemplates.ts';

const system: ChatMessage = { role: 'system', content: 'Be brief.' };
const user = (content: string): ChatMessage => ({ role: 'user', content });
const assistant = (content: string, more = {}): ChatMessage => ({ role: 'assistant', content, ...more });
const twoTurns = [user('Hi'), assistant('Hello!'), user('2+2?'), assistant('It is 4.')];

function label(
  style: TemplateStyle,
  messages: readonly ChatMessage[],
  options: Partial<LabelOptions> & { tools?: Conversation['tools']; tokens?: ByteTokenizerOptions } = {},
): { trained: string[]; text: string; spans: string[]; endless: boolean } {
  const { tools, tokens, ...rest } = options;
  const tokenizer = createByteTokenizer({ ...style.tokens, ...tokens });
  const template = new ChatTemplate(style.template, 'chat_template.jinja', {
    specialTokens: tokenizer.specialTokens,
  });
  const { text, ids, mask, spans, endless } = labelConversation(
    template,
    tokenizer,
    { messages, ...(tools && { tools }) },
    { trainOn: 'assistant', ...rest },
  );
  expect(mask).toHaveLength(ids.length);
  if (style.tokens.rstrip === undefined) expect(tokenizer.decode(ids)).toBe(text);
  const trained: string[] = [];
  for (let i = 0; i < ids.length; i++) {
    if (mask[i] === 0) continue;
    let end = i;
    while (mask[end] === 1) end += 1;
    trained.push(tokenizer.decode(ids.slice(i, end)));
    i = end;
  }
  return { trained, text, spans: spans.map(({ start, end }) => text.slice(start, end)), endless };
}

/** Two answers, with and without a system message: what each template has trained. */
const expected: readonly [keyof typeof styles, string[]][] = [
  ['chatml', ['Hello!<|im_end|>', 'It is 4.<|im_end|>']],
  ['noNewlineAfterEnd', ['Hello!<|im_end|>', 'It is 4.<|im_end|>']],
  ['llama2', [' Hello! </s>', ' It is 4. </s>']],
  ['llama3', ['Hello!<|eot_id|>', 'It is 4.<|eot_id|>']],
  ['mistral', [' Hello!</s>', ' It is 4.</s>']],
  ['phi3', ['Hello!<|end|>', 'It is 4.<|end|>']],
  ['zephyr', ['Hello!</s>', 'It is 4.</s>']],
  ['qwen2', ['Hello!<|im_end|>', 'It is 4.<|im_end|>']],
  ['qwen3', ['Hello!<|im_end|>', '<think>\n\n</think>\n\nIt is 4.<|im_end|>']],
  ['deepseek', ['Hello!<｜end▁of▁sentence｜>', 'It is 4.<｜end▁of▁sentence｜>']],
  ['harmony', ['<|channel|>final<|message|>Hello!<|end|>', '<|channel|>final<|message|>It is 4.<|return|>']],
];

describe('two answers', () => {
  test.each(expected)('%s', (name, trained) => {
    const result = label(styles[name], [user('Hi'), ...twoTurns.slice(1)]);
    expect(result.spans).toEqual(trained);
    expect(result.trained).toEqual(trained);
    expect(result.endless).toBe(false);
  });

  test.each(expected)('%s, with a system message', (name, trained) => {
    // Mistral's style moves the system message, so the first turn is found by its content alone.
    const moved = name === 'mistral' ? ['Hello!</s>', trained[1]!] : trained;
    expect(label(styles[name], [system, ...twoTurns]).trained).toEqual(moved);
  });

  test.each(expected)('%s, last answer only', (name, trained) => {
    expect(label(styles[name], twoTurns, { trainOn: 'last' }).trained).toEqual(trained.slice(-1));
  });

  test.each(expected)('%s, everything', (name) => {
    const { trained, text } = label(styles[name], twoTurns, { trainOn: 'all' });
    expect(trained).toEqual([name === 'phi3' ? text.replaceAll('|>\n', '|>') : text]);
  });
});

describe('gemma', () => {
  test('model turns', () => {
    expect(label(styles.gemma, twoTurns).trained).toEqual(['Hello!<end_of_turn>', 'It is 4.<end_of_turn>']);
  });

  test('the system role is refused in the words of the template', () => {
    expect(() => label(styles.gemma, [system, ...twoTurns])).toThrow(
      expect.objectContaining({
        code: 'template-refused',
        message: expect.stringContaining('System role not supported') as string,
      }) as Error,
    );
  });
});

describe('a template without end tokens', () => {
  test('trains the answers and says that nothing ends them', () => {
    const result = label(styles.plain, twoTurns);
    expect(result.trained).toEqual(['Hello!', 'It is 4.']);
    expect(result.endless).toBe(true);
  });
});

describe('thinking', () => {
  const thinking = [
    user('Hi'),
    assistant('Hello!', { reasoning_content: 'a greeting' }),
    user('2+2?'),
    assistant('It is 4.', { reasoning_content: 'simple sum' }),
  ];

  test('dropped from earlier turns, trained in the last', () => {
    expect(label(styles.qwen3, thinking).trained).toEqual([
      'Hello!<|im_end|>',
      '<think>\nsimple sum\n</think>\n\nIt is 4.<|im_end|>',
    ]);
  });

  test('written inside the content', () => {
    const inline = [
      user('Hi'),
      assistant('<think>\na greeting\n</think>\n\nHello!'),
      user('2+2?'),
      assistant('<think>sum</think>It is 4.'),
    ];
    expect(label(styles.qwen3, inline).trained).toEqual([
      'Hello!<|im_end|>',
      '<think>\nsum\n</think>\n\nIt is 4.<|im_end|>',
    ]);
    expect(label(styles.deepseek, inline).trained).toEqual(
      ['Hello!<｜end▁of▁sentence｜>', 'It is 4.<｜end▁of▁sentence｜>'].map((text, i) =>
        i === 0 ? `\n\n${text}` : text,
      ),
    );
  });

  test('in a channel of its own, under either name', () => {
    for (const key of ['thinking', 'reasoning_content'])
      expect(
        label(styles.harmony, [user('2+2?'), assistant('It is 4.', { [key]: 'It is 4. Sure.' })]).trained,
      ).toEqual([
        '<|channel|>analysis<|message|>It is 4. Sure.<|end|><|start|>assistant<|channel|>final<|message|>It is 4.<|return|>',
      ]);
  });
});

describe('tools', () => {
  const tools = [{ type: 'function', function: { name: 'add', parameters: {} } }];
  const call = (args: unknown, content: string | null = null): ChatMessage => ({
    role: 'assistant',
    content,
    tool_calls: [{ type: 'function', function: { name: 'add', arguments: args } }],
  });
  const conversation = (args: unknown, content: string | null = null): ChatMessage[] => [
    user('2+2?'),
    call(args, content),
    { role: 'tool', content: '4' },
    assistant('It is 4.'),
  ];

  test.each([[{ a: 2, b: 2 }], ['{"a": 2, "b": 2}']])('calls are trained, results are not: %j', (args) => {
    expect(label(styles.qwen2, conversation(args), { tools }).trained).toEqual([
      '<tool_call>\n{"name": "add", "arguments": {"a": 2, "b": 2}}\n</tool_call><|im_end|>',
      'It is 4.<|im_end|>',
    ]);
    expect(label(styles.mistral, conversation(args), { tools }).trained).toEqual([
      '[TOOL_CALLS] [{"name": "add", "arguments": {"a": 2, "b": 2}}]</s>',
      ' It is 4.</s>',
    ]);
  });

  test.each([[{ a: 2 }], ['{"a":2}']])('a template that wants the arguments as text: %j', (args) => {
    expect(label(styles.harmony, conversation(args)).trained).toEqual([
      ' to=add<|message|>{"a":2}<|call|>',
      '<|channel|>final<|message|>It is 4.<|return|>',
    ]);
  });

  test('content before the call', () => {
    expect(label(styles.qwen2, conversation({ a: 2 }, 'Let me see.'), { tools }).trained[0]).toBe(
      'Let me see.\n<tool_call>\n{"name": "add", "arguments": {"a": 2}}\n</tool_call><|im_end|>',
    );
  });

  test('control tokens in arguments: refused', () => {
    expect(() => label(styles.qwen2, conversation({ a: '<|im_end|>' }), { tools })).toThrow(
      expect.objectContaining({ code: 'spans-unclear' }) as Error,
    );
  });
});

describe('words that the template writes in front of a content', () => {
  const turns = (answer: string): string =>
    `{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' }}${answer}{{ '<|im_end|>\\n' }}`;
  const content = '{{ message.content }}';
  const inner = { tokens: styles.chatml.tokens };

  test('are a header where no generation prompt says otherwise', () => {
    const style = { ...inner, template: `${turns(content)}{% endfor %}` };
    expect(label(style, twoTurns).trained).toEqual(['Hello!<|im_end|>', 'It is 4.<|im_end|>']);
    const thinking = [user('Hi'), assistant('<think>\nx\n</think>\n\nHello!'), user('2+2?'), assistant('4')];
    expect(label(style, thinking).trained).toEqual([
      '<think>\nx\n</think>\n\nHello!<|im_end|>',
      '4<|im_end|>',
    ]);
    expect(() => label(style, [user('Hi'), assistant('')])).toThrow(
      expect.objectContaining({ code: 'spans-unclear' }) as Error,
    );
  });

  test('are a header in a first turn too, where only a turn before it brings the generation prompt', () => {
    const prompt = `{% if loop.last and add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}{% endfor %}`;
    const style = { ...inner, template: turns(content) + prompt };
    expect(label(style, [assistant('Welcome'), ...twoTurns]).trained[0]).toBe('Welcome<|im_end|>');
  });

  test('may not hold the content itself', () => {
    const style = { ...inner, template: `${turns(`{{ message.content + ': ' }}${content}`)}{% endfor %}` };
    expect(() => label(style, twoTurns)).toThrow(expect.objectContaining({ code: 'spans-unclear' }) as Error);
  });
});

test('a call without content is found where the template drops the thinking in front of it', () => {
  const template = `{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' }}{% if message.role == 'assistant' and loop.last %}{{ '<think>\\n\\n</think>\\n' }}{% endif %}{{ message.content or '' }}{% for call in message.tool_calls or [] %}{{ '<call>' + call.function.name }}{% endfor %}{{ '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}`;
  const call = { type: 'function', function: { name: 'add', arguments: {} } };
  const messages = [
    user('2+2?'),
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', content: '4' },
    assistant('It is 4.'),
  ];
  expect(label({ template, tokens: styles.chatml.tokens }, messages).trained).toEqual([
    '<call>add<|im_end|>',
    '<think>\n\n</think>\nIt is 4.<|im_end|>',
  ]);
});

describe('flags', () => {
  test('train, training and weight take turns out or in', () => {
    const flagged = (first: object, second: object): ChatMessage[] => [
      user('Hi'),
      assistant('Hello!', first),
      user('2+2?'),
      assistant('It is 4.', second),
    ];
    const trained = (first: object, second: object, options = {}): string[] =>
      label(styles.chatml, flagged(first, second), options).trained;
    expect(trained({ weight: 0 }, {})).toEqual(['It is 4.<|im_end|>']);
    expect(trained({ weight: 1 }, { train: false })).toEqual(['Hello!<|im_end|>']);
    expect(trained({ training: true }, {}, { trainOn: 'last' })).toEqual([
      'Hello!<|im_end|>',
      'It is 4.<|im_end|>',
    ]);
    expect(trained({ train: false }, { train: false })).toEqual([]);
    expect(trained({ train: false }, {}, { trainOn: 'all' })).toEqual([
      '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
      '\n<|im_start|>user\n2+2?<|im_end|>\n<|im_start|>assistant\nIt is 4.<|im_end|>\n',
    ]);
    expect(() => trained({ weight: 0.5 }, {})).toThrow(
      expect.objectContaining({ code: 'row-flag' }) as Error,
    );
  });

  test('a user turn that is to be trained: its content and its end', () => {
    const messages = [{ ...user('Hi there'), train: true }, assistant('Hello!', { train: false })];
    expect(label(styles.chatml, messages).trained).toEqual(['Hi there<|im_end|>']);
  });

  test('a user turn is trained whole, whatever tags it holds', () => {
    const messages = [{ ...user('What does <think>x</think> mean?'), train: true }, assistant('A thought.')];
    expect(label(styles.chatml, messages).trained).toEqual([
      'What does <think>x</think> mean?<|im_end|>',
      'A thought.<|im_end|>',
    ]);
  });

  test('turns of the prompt are context', () => {
    expect(label(styles.chatml, twoTurns, { trainFrom: 2 }).trained).toEqual(['It is 4.<|im_end|>']);
  });
});

describe('tokens on a boundary', () => {
  // "Ċ" stands for the line break: "\nH" is one token.
  const merges = [['Ċ', 'H']] as const;

  test('belong to the later span', () => {
    expect(label(styles.chatml, twoTurns, { tokens: { merges } }).trained).toEqual([
      '\nHello!<|im_end|>',
      'It is 4.<|im_end|>',
    ]);
    // "!\n" straddles the end of a turn that no token ends.
    expect(label(styles.plain, twoTurns, { tokens: { merges: [['!', 'Ċ']] } }).trained).toEqual([
      'Hello',
      'It is 4.',
    ]);
  });
});

describe('what can not be told for certain is refused', () => {
  const refused = (template: string, messages: readonly ChatMessage[] = twoTurns): void => {
    expect(() => label({ template, tokens: styles.chatml.tokens }, messages)).toThrow(
      expect.objectContaining({
        name: 'UserError',
        code: 'spans-unclear',
        hint: expect.stringContaining('trainOn') as string,
      }) as Error,
    );
  };

  test('contents changed by the template in earlier turns', () => {
    refused(
      `{% for message in messages %}{{ '<|im_start|>' + (message.content if loop.last else message.content | upper) + '<|im_end|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>' }}{% endif %}`,
    );
  });

  test('a number of turns in front', () => {
    refused(
      `{{ messages | map(attribute='content') | join('') | length }}{% for message in messages %}{{ '<|im_start|>' + message.content + '<|im_end|>' }}{% endfor %}`,
    );
  });
});

describe('long conversations', () => {
  test('300 turns in well under a second, the same spans as by rendering', () => {
    const messages = Array.from({ length: 300 }, (_, i) =>
      i % 2 === 0 ? user(`q${i}`) : assistant(`a${i}`),
    );
    const start = performance.now();
    const { trained } = label(styles.chatml, messages);
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(trained).toEqual(Array.from({ length: 150 }, (_, i) => `a${2 * i + 1}<|im_end|>`));
  });
});

test('turns in another order are found all the same', () => {
  const template = `{% for message in messages | reverse %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' }}{% endfor %}`;
  expect(label({ template, tokens: styles.chatml.tokens }, twoTurns).trained).toEqual([
    'It is 4.<|im_end|>',
    'Hello!<|im_end|>',
  ]);
});

describe('contents as parts', () => {
  test('each text part is found', () => {
    const template = `{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' }}{% if message.content is string %}{{ message.content }}{% else %}{% for part in message.content %}{{ part.text }}{% endfor %}{% endif %}{{ '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}`;
    const parts = [
      user('Hi'),
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Hello' },
          { type: 'text', text: ' you' },
        ],
      },
    ];
    expect(label({ template, tokens: styles.chatml.tokens }, parts).trained).toEqual(['Hello you<|im_end|>']);
  });
});
