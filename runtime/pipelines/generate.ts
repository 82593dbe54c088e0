/** @file Lets a base, with or without an adapter, write: one answer to a prompt or to each chat of a file. */
import { availableParallelism } from 'node:os';
import type { Task } from '../contract/config.ts';
import { UserError } from '../contract/errors.ts';
import type { Conversation } from '../data/chat.ts';
import { ChatTemplate } from '../data/chat.ts';
import { placeOf } from '../data/containers/container.ts';
import { openContainer } from '../data/containers/open.ts';
import { loadTokenizer } from '../data/loadTokenizer.ts';
import { atPlace } from '../data/row.ts';
import type { Row } from '../data/row.ts';
import { RowReader } from '../data/rows.ts';
import { endedIds } from '../data/textPairs.ts';
import type { Tokenizer } from '../data/tokenizer.ts';
import { ByteFile } from '../formats/byteFile.ts';
import { openPeftAdapter } from '../formats/peft.ts';
import type { Provider } from '../graph/lower.ts';
import { openBase } from '../model/base.ts';
import { Device } from '../ort/device.ts';
import { generate, noGeneration } from '../train/generator.ts';
import type { Sampling } from '../train/generator.ts';
import { adapterFromPeft } from '../model/peftAdapter.ts';
import { adaptedEngine } from './evaluate.ts';

export interface GenerateOptions {
  readonly base: string;
  readonly adapter?: string;
  /** Continued as it stands where the base has no chat template, else one user turn. */
  readonly prompt?: string;
  /** Chats in any dataset format; the last assistant turn is left out and written anew. */
  readonly chat?: string;
  readonly maxTokens: number;
  readonly sampling: Sampling;
  readonly provider: Provider;
  /** Called with row and text as tokens come; text may end in the middle of a character. */
  readonly onText?: (row: number, text: string) => void;
}

/** Answers in the order of the prompts. Throws `prompt-too-long` where prompt and answer exceed the base's positions. */
export async function generateText(options: GenerateOptions): Promise<string[]> {
  const base = openBase(options.base);
  if (base.spec.task === 'classification') throw noGeneration();
  const tokenizer = loadTokenizer(base.path);
  const prompts = await promptsOf(options, tokenizer, base.spec.task);
  const longest = Math.max(...prompts.map(({ length }) => length)) + options.maxTokens;
  if (longest > base.spec.maxPositions)
    throw new UserError(
      'prompt-too-long',
      `prompt and answer take ${longest} tokens, this base knows ${base.spec.maxPositions} positions.`,
      {
        hint: 'Shorten the prompt or lower --max-tokens.',
      },
    );
  const peft = options.adapter === undefined ? undefined : openPeftAdapter(options.adapter);
  try {
    await using device = new Device({ provider: options.provider, threads: availableParallelism() });
    using engine = await adaptedEngine(base, peft && adapterFromPeft(peft, base), device, longest + 1);
    const decode = (ids: readonly number[]): string => tokenizer.decode(ids, { skipSpecial: true });
    const written: number[][] = prompts.map(() => []);
    const answers = await generate(engine, prompts, {
      maxTokens: options.maxTokens,
      stop: tokenizer.endIds,
      sampling: options.sampling,
      onToken: (row, id) => {
        const before = decode(written[row]!);
        written[row]!.push(id);
        options.onText?.(row, decode(written[row]!).slice(before.length));
      },
    });
    return answers.map(decode);
  } finally {
    peft?.close();
    base.tensors.close();
  }
}

async function promptsOf(
  { prompt, chat }: GenerateOptions,
  tokenizer: Tokenizer,
  task: Task | undefined,
): Promise<Uint32Array[]> {
  if ((prompt === undefined) === (chat === undefined))
    throw new UserError('bad-argument', 'needs either --prompt or --chat.');
  if (chat !== undefined) return (await conversationsOf(chat)).map((one) => render(one, tokenizer));
  if (task === 'seq2seq') return [Uint32Array.from(endedIds(tokenizer, prompt!))];
  if (tokenizer.chatTemplate === undefined)
    return [Uint32Array.from(tokenizer.encode(prompt!, { addSpecial: true }))];
  return [render({ messages: [{ role: 'user', content: prompt! }] }, tokenizer)];
}

function render(conversation: Conversation, tokenizer: Tokenizer): Uint32Array {
  const { chatTemplate, specialTokens } = tokenizer;
  if (chatTemplate === undefined)
    throw new UserError('chat-template-missing', 'the base has no chat template.', { hint: 'Use --prompt.' });
  const template = new ChatTemplate(chatTemplate, "the base's chat template", { specialTokens });
  // the template writes the special tokens itself
  return Uint32Array.from(tokenizer.encode(template.render(conversation, true), { addSpecial: false }));
}

async function conversationsOf(path: string): Promise<Conversation[]> {
  const file = new ByteFile(path);
  try {
    const reader = new RowReader({});
    const container = await openContainer(file);
    const conversations: Conversation[] = [];
    for await (const rows of container.rows())
      for (const { value, line, error } of rows) {
        try {
          if (error) throw error;
          conversations.push(conversationOf(reader.read(value, `${container.unit} ${line}`)));
        } catch (problem) {
          throw problem instanceof UserError
            ? atPlace(problem, placeOf(path, container.unit, line))
            : problem;
        }
      }
    return conversations;
  } finally {
    file.close();
  }
}

function conversationOf(row: Row): Conversation {
  if (row.kind === 'chat') return withoutAnswer(row.conversation);
  if (row.kind === 'pair') return { messages: [{ role: 'user', content: row.prompt }] };
  throw new UserError('data-unsupported', 'is no chat.');
}

function withoutAnswer({ messages, ...rest }: Conversation): Conversation {
  return messages.at(-1)?.role === 'assistant'
    ? { ...rest, messages: messages.slice(0, -1) }
    : { ...rest, messages };
}
