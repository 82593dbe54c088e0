/** @file axolotl's YAML (axolotl-ai-cloud/axolotl, src/axolotl/utils/schemas). */
import { datasets, testDatasets } from './axolotlData.ts';
import {
  flag,
  none,
  number,
  numberOf,
  offOnly,
  optimizer,
  positive,
  same,
  savedModules,
  set,
  shown,
  targets,
} from './mapping.ts';
import type { Rule, Tool } from './mapping.ts';
import { epochs, scheduleRules, trainingFamilies, trainingRules } from './transformers.ts';

const perEpoch =
  (key: string): Rule =>
  () =>
    none(`a number an epoch has no counterpart: "${key}" counts steps.`);

/**
 * axolotl's trainer builder: where the key is silent (null) or true, or patience waits for a best loss, the best is kept, but
 * only if each checkpoint falls on an evaluation.
 */
const keepBest: Rule = (value, all) => {
  const [save, evaluate] = [numberOf(all['save_steps']) ?? 0, numberOf(all['eval_steps']) ?? 0];
  const wanted = value !== false || (numberOf(all['early_stopping_patience']) ?? 0) > 0;
  const kept = wanted && save > 0 && evaluate > 0 && save % evaluate === 0;
  if (value === null && kept) return same('the best is kept here too');
  const unlike =
    'the best is kept where it is wanted or waited for and save_steps is a multiple of eval_steps';
  return set('training.keepBest', kept, value === null || kept === value ? undefined : unlike);
};

export const axolotl: Tool = {
  name: 'axolotl',
  recognise: (values) =>
    [
      'base_model',
      'datasets',
      'sequence_len',
      'micro_batch_size',
      'adapter',
      'val_set_size',
      'lora_target_linear',
      'sample_packing',
      'num_epochs',
    ].filter((key) => key in values).length,
  rules: {
    ...trainingRules,
    base_model: (value) => set('base', value),
    adapter: (value) =>
      value === 'lora'
        ? set('method.kind', 'lora')
        : value === 'qlora'
          ? set('method.kind', 'lora', 'QLoRA: name a quantised .gguf file as the base to keep it small')
          : none(`${shown(value)} is not offered: an adapter is trained, LoRA.`),
    lora_model_dir: (value) => set('method.from', value),
    datasets,
    test_datasets: testDatasets,
    val_set_size: (value, all) => {
      const held = all['test_datasets'];
      if (Array.isArray(held) && held.length > 0) return same('test_datasets stands in its place');
      const size = numberOf(value);
      if (size === undefined || size < 0) return none(`${shown(value)} is no size.`);
      return size < 1
        ? set('data.validation', size)
        : none('a number of rows has no counterpart: "data.validation" is a share of the rows, or a file.');
    },
    sequence_len: number('data.length'),
    sample_packing: flag('data.packing'),
    pad_to_sequence_len: () => same('nothing is padded where rows are packed'),
    shuffle_merged_datasets: flag('data.shuffle'),
    train_on_inputs: (value) =>
      value === true ? set('data.trainOn', 'all') : same('only answers are learned'),
    chat_template: (value) =>
      value === 'tokenizer_default'
        ? same("the base's own chat template is used")
        : none(
            `the base's own chat template is used, not ${shown(value)}: "data.template" names a Jinja file.`,
          ),
    lora_r: number('method.rank'),
    lora_alpha: number('method.alpha'),
    lora_dropout: number('method.dropout'),
    lora_target_modules: (value, all) =>
      all['lora_target_linear'] === true
        ? same('lora_target_linear takes every linear')
        : targets(value, all),
    lora_target_linear: (value) =>
      value === true ? set('method.targets', 'all-linear') : same('lora_target_modules decides'),
    lora_modules_to_save: savedModules,
    peft_layers_to_transform: (value) =>
      Array.isArray(value) ? set('method.layers', value) : none('it is no list of blocks.'),
    lora_fan_in_fan_out: () => same('how weights are stored is read from the base'),
    peft_use_rslora: flag('method.rankStabilized'),
    peft_use_dora: offOnly('DoRA is read and run, but not trained.'),
    micro_batch_size: number('training.batch'),
    num_epochs: epochs,
    max_steps: positive('training.steps', 'epochs decide'),
    optimizer,
    ...scheduleRules('lr_scheduler', 'warmup_steps', 'warmup_ratio'),
    load_best_model_at_end: keepBest,
    evals_per_epoch: perEpoch('training.evaluateEvery'),
    saves_per_epoch: perEpoch('training.checkpointEvery'),
    model_type: () => same('the architecture is read from the base'),
    strict: () => same('each key is checked anyway'),
    eot_tokens: () => none("the base's own chat template says how a turn ends."),
    unfrozen_parameters: () => none('an adapter is trained: the weights of the base stay as they are.'),
    special_tokens: offOnly("the base's own special tokens are used."),
    tokens: offOnly('no tokens are added: the vocabulary is that of the base.'),
  },
  families: [
    ...trainingFamilies,
    [
      /^(dataset_prepared_path|dataset_processes|dataset_keep|dataset_num|skip_prepare|push_dataset)/,
      'tokenised rows are cached by themselves.',
    ],
    [
      /^(is_\w+_derived_model|plugins|debug|loss_watchdog|gpu_memory|low_cpu|lora_on_cpu|lora_\w+_kernel|embeddings_skip)/,
      'it says how axolotl runs, not what is learned.',
    ],
    [/^(hf_use_auth_token|use_ray|ray)/, 'nothing is downloaded or sent by a run.'],
  ],
  // schemas/peft.py and schemas/training.py: one row, one epoch; dropout 0, length 512, no packing, cosine where it is silent
  defaults: {
    sequence_len: 512,
    sample_packing: false,
    lora_r: 8,
    lora_alpha: 16,
    micro_batch_size: 1,
    num_epochs: 1,
    load_best_model_at_end: null,
  },
};
