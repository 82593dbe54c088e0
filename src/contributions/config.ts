/** @file Editing configs: languages, schema, estimate, variants, import. */
import type { Area, Command } from './area.ts';
import { onConfigFile, trusted } from './ids.ts';

export const configCommands = {
  'adapterWorkbench.estimateConfig': { title: 'Estimate', icon: '$(dashboard)' },
  'adapterWorkbench.compareVariants': { title: 'Compare Variants', icon: '$(list-tree)' },
  'adapterWorkbench.addVariant': { title: 'Add a Variant...', icon: '$(add)' },
  'adapterWorkbench.changeMethod': { title: 'Change Method...', icon: '$(symbol-method)' },
  'adapterWorkbench.showMethod': { title: 'About a Method...', icon: '$(book)' },
  'adapterWorkbench.importConfig': { title: 'Import Config...', icon: '$(desktop-download)', starts: true },
} as const satisfies Record<string, Command>;

export type ConfigCommandId = keyof typeof configCommands;

/** Files that may be another tool's config. */
const onForeignConfig = `${trusted} && resourceExtname =~ /^\\.(ya?ml|json)$/ && !(${onConfigFile})`;

export const config: Area = {
  commands: configCommands,
  menus: {
    'explorer/context': [
      { command: 'adapterWorkbench.importConfig', when: onForeignConfig, group: '7_modification@30' },
    ],
  },
  languages: [{ id: 'jsonc', filenamePatterns: ['*.adapter.json'] }],
  jsonValidation: [{ fileMatch: '*.adapter.json', url: './media/schema/adapter.schema.json' }],
  activationEvents: ['workspaceContains:**/*.adapter.json', 'onLanguage:jsonc'],
};
