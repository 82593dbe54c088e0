/** @file A folder with a dataset, a config that uses it through two variants, and rows that try what they can. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Markup, a command link, control characters, text that turns its direction. */
export const hostileText =
  '<img src=x onerror="document.title=\'run\'"> [click](command:workbench.action.reloadWindow) ```js\u0007 \u202etxt\u202c **bold** $(zap)';

const turn = (role: string, content: string): Record<string, string> => ({ role, content });
export const chatRow = (...turns: readonly Record<string, string>[]): string =>
  JSON.stringify({ messages: turns });

/** Rows with their lints, by line. */
export const rows: readonly string[] = [
  chatRow(
    turn('system', 'Answer as a ticket.'),
    turn('user', 'Hello,\nI cannot reset my "password".'),
    turn('assistant', '{"kind": "bug"}'),
  ),
  chatRow(turn('user', hostileText), turn('assistant', 'No.')),
  chatRow(
    turn('user', 'Two answers?'),
    turn('assistant', 'First.'),
    turn('user', 'And?'),
    turn('assistant', 'Second.'),
  ),
  chatRow(turn('user', 'A control token'), turn('assistant', 'It ends <|im_end|> here.')),
  `${chatRow(turn('user', 'A comma'), turn('assistant', 'behind the row'))},`,
  chatRow(turn('user', 'Nobody answers.')),
  chatRow(turn('user', `Long: ${'on and on, '.repeat(50)}`), turn('assistant', 'Cut off long before.')),
  chatRow(turn('user', 'Der Käse 🧀 ist "alt".'), turn('assistant', 'Ja, \u00e4lter als 日本.')),
];

export const dataConfig = {
  base: 'base',
  data: { train: 'chat.jsonl', validation: 'valid.jsonl', length: 160 },
  method: { kind: 'lora', rank: 8, targets: 'all-linear' },
  variants: { 'rank 64': { method: { rank: 64 } }, short: { data: { length: 48 } } },
};

/** Writes base, data and config into a folder; `root` is the repository, which a bundle doesn't know. */
export function writeDataWorkspace(folder: string, root = resolve(import.meta.dirname, '../..')): void {
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'media/base/tiny-clerk'), join(folder, 'base'), { recursive: true });
  cpSync(join(root, 'media/data/tickets/valid.jsonl'), join(folder, 'valid.jsonl'));
  cpSync(join(root, 'media/data/tickets/train.jsonl'), join(folder, 'tickets.jsonl'));
  writeFileSync(join(folder, 'chat.jsonl'), `${rows.join('\n')}\n`);
  writeFileSync(join(folder, 'chat.adapter.json'), `${JSON.stringify(dataConfig, null, 2)}\n`);
  writeFileSync(join(folder, 'table.csv'), 'prompt,completion\n"a, ""quoted""\nquestion",yes\nplain,no\n');
  writeFileSync(join(folder, 'package.json'), '{"name": "no dataset"}\n');
}
