/** @file `{"prompt": [messages], "completion": [messages], "tools"?}`: TRL; only the completion is trained. */
import { listOf, readMessages, readTools } from '../row.ts';
import type { DatasetFormat } from '../row.ts';

export const chatSplit: DatasetFormat = {
  name: 'chat-split',
  required: [['prompt', 'completion']],
  optional: ['tools'],
  fits: ({ prompt, completion }) => listOf(prompt, 'role') && listOf(completion, 'role'),
  read(row) {
    const prompt = readMessages(row['prompt'], 'prompt');
    const completion = readMessages(row['completion'], 'completion');
    const tools = readTools(row['tools']);
    return {
      kind: 'chat',
      conversation: { messages: [...prompt, ...completion], ...(tools === undefined ? {} : { tools }) },
      trainFrom: prompt.length,
    };
  },
};
