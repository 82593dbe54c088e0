/** @file axolotl's data sets (`SFTDataset`, src/axolotl/utils/schemas/datasets.py): the first one's file, format and columns. */
import { isSection, none, same, set, shown, trainFile } from './mapping.ts';
import type { Mapped, Rule, Values } from './mapping.ts';

/** What a `type` makes of an entry, and the entry's keys that it takes in. */
interface Reading {
  readonly mapped: readonly Mapped[];
  readonly keys: readonly string[];
}

/** The first data set; axolotl joins several, here one file is trained on. */
export const datasets: Rule = (value) => {
  const [first, ...rest] = listOf(value);
  if (!isSection(first)) return none('it is no list of data sets with a path.');
  const { mapped, keys } = readingOf(first);
  return [
    ...filesOf(first, 'trained'),
    ...mapped,
    ...leftOver(first, keys),
    ...joinOthers(rest.length, 'trained'),
  ];
};

/** The first one's file; its rows are read as those of the training are. */
export const testDatasets: Rule = (value, all) => {
  const [first, ...rest] = listOf(value);
  if (!isSection(first)) return none('it is no list of data sets with a path.');
  const [training] = listOf(all['datasets']);
  const alike = Object.keys(first).filter(
    (key) => isSection(training) && JSON.stringify(training[key]) === JSON.stringify(first[key]),
  );
  return [
    ...filesOf(first, 'evaluated').map((mapped) =>
      mapped.kind === 'set' ? { ...mapped, to: 'data.validation' } : mapped,
    ),
    ...leftOver(first, alike),
    ...joinOthers(rest.length, 'evaluated'),
  ];
};

const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? (value as unknown[]) : [value];

const joinOthers = (count: number, use: string, of = ''): Mapped[] =>
  count === 0 ? [] : [none(`one file is ${use} on: join the rows of the other ${count}${of} to it.`)];

function filesOf(entry: Values, use: string): Mapped[] {
  const [file, ...more] = listOf(entry['data_files'] ?? []);
  const named = typeof file === 'string' ? file : entry['path'];
  if (typeof named !== 'string') return [none('its first data set has no path.')];
  const unread = file !== undefined && typeof file !== 'string';
  return [
    trainFile(named),
    ...(unread ? [none('"data_files" of a data set names no file.')] : []),
    ...joinOthers(more.length, use, ' of "data_files"'),
  ];
}

/** Why a key of an entry has no counterpart; of others it is said that they have none. */
const reasons: Readonly<Record<string, string>> = {
  roles_to_train: '"data.trainOn" says whose turns are learned.',
  train_on_eos: 'what ends a turn is learned with the turn.',
  ds_type: 'the kind of a file is told from the file.',
  roles: 'the rows name roles as OpenAI or ShareGPT do.',
  message_field_training: 'a message that is not to be learned has "train": false.',
  chat_template: 'the chat template of the base is used, or the file that "data.template" names.',
  chat_template_jinja: 'the chat template of the base is used, or the file that "data.template" names.',
  type: 'the format is that of the training rows, or recognised from the rows.',
  format: 'the chat template writes the prompt.',
  no_input_format: 'the chat template writes the prompt.',
  system_format: 'the chat template writes the prompt.',
  system_prompt: 'the column of the system text is what is read.',
  split: 'export the rows of that split to the file.',
  name: 'export the rows of that configuration to the file.',
  revision: 'export the rows of that revision to the file.',
};

/** The keys of an entry that nothing took in, each with its reason. */
function leftOver(entry: Values, taken: readonly string[], of = ''): Mapped[] {
  const known = new Set(['path', 'data_files', ...taken]);
  return Object.entries(entry)
    .filter(([key, value]) => value !== null && value !== '' && !known.has(key))
    .map(([key]) => {
      const reason = Object.hasOwn(reasons, key) ? `: ${reasons[key]!}` : '.';
      return none(`"${of}${key}" of a data set has no counterpart${reason}`);
    });
}

/** Those of the keys that name something; what else stands there is left over. */
const naming = (entry: Values, ...keys: readonly string[]): string[] =>
  keys.filter((key) => isName(entry[key]));

function readingOf(entry: Values): Reading {
  const type = entry['type'] ?? undefined;
  if (isSection(type)) return { mapped: ownPrompt(type), keys: ['type'] };
  const name = typeof type === 'string' ? type : '';
  if (name.startsWith('chat_template')) return chatOf(entry);
  if (name.startsWith('sharegpt'))
    return { mapped: sharegptOf(entry), keys: ['type', ...naming(entry, 'field_messages')] };
  if (name.startsWith('completion'))
    return {
      mapped: [set('data.format', 'text'), ...columnsOf({ text: entry['field'] })],
      keys: ['type', ...naming(entry, 'field')],
    };
  if (name.startsWith('alpaca')) return { mapped: [set('data.format', 'alpaca')], keys: ['type'] };
  // a type that is not known here is left over, and so named
  return {
    mapped: [same('the format is recognised from the rows')],
    keys: type === undefined ? ['type'] : [],
  };
}

/** Of a prompt that the file itself describes, the columns are read. */
function ownPrompt(type: Values): Mapped[] {
  const { field_instruction, field_input, field_output, field_system } = type;
  return [
    ...(isName(field_instruction) && isName(field_output) ? [set('data.format', 'alpaca')] : []),
    ...columnsOf({
      instruction: field_instruction,
      input: field_input,
      output: field_output,
      system: field_system,
    }),
    ...leftOver(
      type,
      naming(type, 'field_instruction', 'field_input', 'field_output', 'field_system'),
      'type.',
    ),
  ];
}

const sharegptOf = (entry: Values): Mapped[] => [
  set('data.format', 'sharegpt'),
  ...columnsOf({ conversations: entry['field_messages'] }),
];

/**
 * `message_property_mappings`, or the older `message_field_*`, say what a message calls its role and its content; axolotl's
 * default is "role" and "content", in the column "messages".
 */
function chatOf(entry: Values): Reading {
  const mappings = entry['message_property_mappings'];
  const { role, content, ...others } = isSection(mappings) ? mappings : {};
  const names = [role ?? entry['message_field_role'], content ?? entry['message_field_content']];
  const renamed = Object.entries(others)
    .filter(([ours, theirs]) => ours !== theirs)
    .map(([ours, theirs]) => none(`${shown(theirs)} of a message is not read as ${shown(ours)}: rename it.`));
  return {
    mapped: [...messagesOf(entry, names), ...renamed],
    keys: [
      'type',
      ...(isSection(mappings) ? ['message_property_mappings'] : []),
      ...naming(entry, 'field_messages', 'field_tools', 'message_field_role', 'message_field_content'),
      ...(entry['chat_template'] === 'tokenizer_default' ? ['chat_template'] : []),
    ],
  };
}

/** Early versions took "from" and "value" where the file was silent. */
const asOpenAi = '"role" and "content" are axolotl\'s default; rows with "from" and "value" are "sharegpt"';

function messagesOf(entry: Values, [role, content]: readonly unknown[]): Mapped[] {
  const messages = entry['field_messages'] ?? 'messages';
  const tools = entry['field_tools'];
  const silent = role === undefined && content === undefined && messages === 'conversations';
  const names = [role ?? 'role', content ?? 'content'];
  switch (names.map(String).join()) {
    case 'from,value':
      return [set('data.format', 'sharegpt'), ...columnsOf({ conversations: messages, tools })];
    case 'role,content':
      return [set('data.format', 'chat', silent ? asOpenAi : undefined), ...columnsOf({ messages, tools })];
    default:
      return [
        none(
          `messages with ${names.map(shown).join(' and ')} are not read: rename them "role" and "content".`,
        ),
      ];
  }
}

type Columns = Readonly<Record<string, unknown>>;

const isName = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** Fields whose columns have other names. */
function columnsOf(columns: Columns): Mapped[] {
  const named = Object.entries(columns).filter(([field, column]) => isName(column) && column !== field);
  return named.length === 0 ? [] : [set('data.columns', Object.fromEntries(named))];
}
