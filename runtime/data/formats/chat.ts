/** @file `{"messages": [{"role", "content"}], "tools"?}`: OpenAI, TRL, mlx-lm, axolotl. */
import { listOf, readMessages, readTools } from '../row.ts';
import type { DatasetFormat } from '../row.ts';

export const chat: DatasetFormat = {
  name: 'chat',
  required: [['messages']],
  optional: ['tools'],
  fits: ({ messages }) => listOf(messages, 'role'),
  read(row) {
    const messages = readMessages(row['messages'], 'messages');
    const tools = readTools(row['tools']);
    return {
      kind: 'chat',
      conversation: { messages, ...(tools === undefined ? {} : { tools }) },
      trainFrom: 0,
    };
  },
};
