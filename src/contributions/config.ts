/** @file Editing configs: languages, schema, code actions, import. */
import type { Area, Command } from './area.ts';

export const configCommands = {} as const satisfies Record<string, Command>;

export const config: Area = {
  commands: configCommands,
  languages: [{ id: 'jsonc', filenamePatterns: ['*.adapter.json'] }],
  jsonValidation: [{ fileMatch: '*.adapter.json', url: './media/schema/adapter.schema.json' }],
};
