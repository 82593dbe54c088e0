/** @file The text of a new config: what a first run needs, each line with its reason. Pure. */
import * as l10n from '@vscode/l10n';

export interface NewConfig {
  /** A path relative to the config, or an id of the Hugging Face hub. */
  readonly base: string;
  /** A data file, relative to the config. */
  readonly train: string;
}

/** A config that passes the check where base and data do. Values are JSON, so that a file's name can't write keys. */
export function newConfigText({ base, train }: NewConfig): string {
  const comment = (text: string): string => `// ${text.replace(/\s+/g, ' ')}`;
  return [
    '{',
    `  ${comment(l10n.t('The model that stays as it is: a folder with safetensors, a .gguf file, or a hub id.'))}`,
    `  "base": ${JSON.stringify(base)},`,
    `  ${comment(l10n.t('One conversation or text a row; a tenth is held out to see what was learned. Rows are cut at "length" tokens.'))}`,
    `  "data": { "train": ${JSON.stringify(train)}, "validation": 0.1, "length": 512 },`,
    `  ${comment(l10n.t('Rank: how much the adapter can learn, and how large it gets. Alpha over rank is its strength.'))}`,
    '  "method": { "kind": "lora", "rank": 16, "alpha": 32, "targets": "all-linear" },',
    `  ${comment(l10n.t('Too high a learning rate diverges, too low a one learns nothing; 1e-4 to 3e-3 are usual for LoRA.'))}`,
    '  "training": { "epochs": 3, "batch": 4, "learningRate": 2e-4, "schedule": "cosine", "warmup": 0.05, "seed": 0 },',
    '  "output": "runs",',
    `  ${comment(l10n.t('Named changes to what is above, to train and compare side by side.'))}`,
    '  "variants": { "rank 4": { "method": { "rank": 4, "alpha": 8 } } }',
    '}',
    '',
  ].join('\n');
}
