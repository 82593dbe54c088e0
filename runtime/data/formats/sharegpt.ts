/** @file `{"conversations": [{"from", "value"}], "system"?, "tools"?}`: ShareGPT, as LLaMA-Factory and axolotl read it. */
import type { ChatMessage } from '../chat.ts';
import { describeType, listOf, malformed, optionalText, readTools } from '../row.ts';
import type { DatasetFormat } from '../row.ts';
import { isObject } from '../smallFile.ts';

const roleOf: Readonly<Record<string, string>> = {
  human: 'user',
  user: 'user',
  gpt: 'assistant',
  assistant: 'assistant',
  model: 'assistant',
  system: 'system',
  function_call: 'assistant',
  observation: 'tool',
  function_response: 'tool',
  tool: 'tool',
};

export const sharegpt: DatasetFormat = {
  name: 'sharegpt',
  required: [['conversations']],
  optional: ['system', 'tools'],
  fits: ({ conversations }) => listOf(conversations, 'from', 'value'),
  read(row) {
    const { conversations } = row;
    if (!Array.isArray(conversations))
      throw malformed(`has "conversations" that is ${describeType(conversations)}, not a list.`);
    if (conversations.length === 0) throw malformed('has an empty list as "conversations".');
    const system = optionalText(row, 'system');
    const tools = readTools(row['tools']);
    const messages = conversations.map(readTurn);
    return {
      kind: 'chat',
      conversation: {
        messages: system === undefined ? messages : [{ role: 'system', content: system }, ...messages],
        ...(tools === undefined ? {} : { tools }),
      },
      trainFrom: 0,
    };
  },
};

function readTurn(entry: unknown, index: number): ChatMessage {
  const where = `conversations[${index}]`;
  if (!isObject(entry)) throw malformed(`has ${where} that is ${describeType(entry)}, not an object.`);
  const { from, value, ...rest } = entry;
  const role = typeof from === 'string' && Object.hasOwn(roleOf, from) ? roleOf[from] : undefined;
  if (role === undefined)
    throw malformed(
      `has the role ${JSON.stringify(from)} in ${where}.`,
      `Use one of ${Object.keys(roleOf).join(', ')}.`,
    );
  if (typeof value !== 'string')
    throw malformed(`has ${where}.value that is ${describeType(value)}, not a text.`);
  if (from !== 'function_call') return { ...rest, role, content: value };
  return { ...rest, role, content: null, tool_calls: readCalls(value, where) };
}

/** One call or a list of them, as JSON text: `{"name", "arguments"}`. */
function readCalls(value: string, where: string): unknown[] {
  let calls: unknown;
  try {
    calls = JSON.parse(value);
  } catch {
    throw malformed(`has a function_call in ${where} that is not JSON.`);
  }
  const list: readonly unknown[] = Array.isArray(calls) ? calls : [calls];
  return list.map((call) => {
    if (!isObject(call) || typeof call['name'] !== 'string')
      throw malformed(`has a function_call in ${where} without a name.`);
    return { type: 'function', function: call };
  });
}
