/** @file The YAML of TRL's command line, `trl sft --config` (huggingface/trl: ScriptArguments, SFTConfig, ModelConfig). */
import {
  flag,
  isSection,
  none,
  number,
  offOnly,
  same,
  savedModules,
  set,
  shown,
  targets,
  trainFile,
} from './mapping.ts';
import type { Mapped, Rule, Tool } from './mapping.ts';
import { trainingFamilies, trainingRules } from './transformers.ts';

const joinOthers = (count: number): Mapped[] =>
  count === 0 ? [] : [none(`one file is trained on: join the rows of the other ${count} to it.`)];

/** A list of data sets, each with its id or path (`DatasetMixtureConfig`; the alignment handbook says `id`). */
const mixture: Rule = (value) => {
  const [first, ...rest] = Array.isArray(value) ? (value as unknown[]) : [];
  const entry = isSection(first) ? first : {};
  const named = entry['path'] ?? entry['id'];
  if (typeof named !== 'string') return none('its first data set has no path.');
  const mapped: Mapped[] = [trainFile(named), ...joinOthers(rest.length)];
  for (const key of ['name', 'config', 'split', 'weight'])
    if (key in entry && entry[key] !== 1 && entry[key] !== 'train')
      mapped.push(none(`"${key}" of a data set has no counterpart: export the rows that it means.`));
  return mapped;
};

/** Off, it leaves the choice to completion_only_loss. */
const onlyAssistant: Rule = (value) => {
  if (typeof value !== 'boolean') return none(`${shown(value)} is neither true nor false.`);
  return value ? set('data.trainOn', 'assistant') : same('completion_only_loss decides');
};

/**
 * SFTTrainer multiplies the masks of the two keys, so that one which is true wins. Where this one is silent (null), the rows
 * decide: a chat or a text is learned whole, of prompt and completion the completion.
 */
const onlyCompletion: Rule = (value, all) => {
  if (value !== null && typeof value !== 'boolean') return none(`${shown(value)} is neither true nor false.`);
  if (value === true) return set('data.trainOn', 'assistant');
  if (all['assistant_only_loss'] === true) return same('assistant_only_loss decides');
  const pairs =
    'every token of a chat is learned; rows of a prompt with its completion need "assistant" instead';
  return value === false ? set('data.trainOn', 'all') : set('data.trainOn', 'all', pairs);
};

export const trl: Tool = {
  name: 'TRL',
  recognise: (values) =>
    [
      'use_peft',
      'dataset_name',
      'lora_r',
      'lora_target_modules',
      'max_length',
      'dataset_train_split',
      'assistant_only_loss',
      'completion_only_loss',
      'model_name_or_path',
    ].filter((key) => key in values).length,
  rules: {
    ...trainingRules,
    model_name_or_path: (value) => set('base', value),
    use_peft: (value) =>
      value === true
        ? set('method.kind', 'lora')
        : set('method.kind', 'lora', 'all weights were trained there; here an adapter is'),
    // sft.py warns that the list is what it loads
    dataset_name: (value, all) =>
      Array.isArray(all['datasets']) && all['datasets'].length > 0
        ? same('datasets stands in its place')
        : trainFile(String(value)),
    datasets: mixture,
    dataset_mixture: (value, all) => mixture(isSection(value) ? value['datasets'] : value, all),
    dataset_mixer: (value) => {
      const [first, ...rest] = Object.keys(isSection(value) ? value : {});
      if (first === undefined) return none('it names no data set.');
      return [trainFile(first), ...joinOthers(rest.length)];
    },
    dataset_splits: () => none('export the rows of these splits to the files.'),
    dataset_configs: () => none('export the rows of these configurations to the file.'),
    chat_template: () => none('"data.template" names a file with the template: put it into one.'),
    dataset_config: offOnly('export the rows of that configuration to the file.'),
    dataset_train_split: (value) =>
      value === 'train'
        ? same('the file holds the rows')
        : none(`export the rows of the split ${shown(value)} to the file.`),
    dataset_test_split: () => none('"data.validation" names a file, or a share of the rows.'),
    dataset_text_field: (value) =>
      value === 'text' || value === 'messages'
        ? same('the field is recognised')
        : set('data.columns', { text: value }),
    max_length: number('data.length'),
    max_seq_length: number('data.length'),
    packing: flag('data.packing'),
    eval_packing: () => same('evaluation needs no packing'),
    padding_free: () => same('nothing is padded where rows are packed'),
    assistant_only_loss: onlyAssistant,
    completion_only_loss: onlyCompletion,
    chat_template_path: (value) => set('data.template', value),
    lora_r: number('method.rank'),
    lora_alpha: number('method.alpha'),
    lora_dropout: number('method.dropout'),
    lora_target_modules: targets,
    lora_modules_to_save: savedModules,
    lora_task_type: (value) =>
      value === 'CAUSAL_LM'
        ? same('a causal model is what is trained')
        : none(`${shown(value)} is not offered.`),
    use_rslora: flag('method.rankStabilized'),
    use_dora: offOnly('DoRA is read and run, but not trained.'),
  },
  families: [
    ...trainingFamilies,
    [/^(env$|dataset_)/, 'it says how TRL runs, not what is learned.'],
    [/^eos_token|^pad_token/, "the base's own special tokens are used."],
  ],
  unsaid: {
    lora_target_modules:
      'the choice was left to PEFT (q_proj and v_proj for most models); here every linear is adapted.',
  },
  // ModelConfig and SFTConfig where they are silent
  defaults: {
    lora_r: 16,
    lora_alpha: 32,
    lora_dropout: 0.05,
    max_length: 1024,
    learning_rate: 2e-5,
    per_device_train_batch_size: 8,
    warmup_ratio: 0,
    lr_scheduler_type: 'linear',
    packing: false,
    completion_only_loss: null,
    load_best_model_at_end: false,
  },
};
