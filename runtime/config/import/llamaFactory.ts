/** @file LLaMA-Factory's YAML or JSON (hiyouga/LLaMA-Factory, src/llamafactory/hparams). */
import { flag, none, number, numberOf, offOnly, same, savedModules, set, shown, targets } from './mapping.ts';
import type { Mapped, Tool, Values } from './mapping.ts';
import { trainingFamilies, trainingRules } from './transformers.ts';

/** The file of the first data set that is named. */
function namedRows(to: string, value: unknown, all: Values): Mapped[] {
  const names = (Array.isArray(value) ? value : String(value).split(',')).map((name) => String(name).trim());
  const [first, ...rest] = names;
  const folder = typeof all['dataset_dir'] === 'string' ? all['dataset_dir'] : 'data';
  const name = first === undefined || first === '' ? 'train' : first;
  const note = `${shown(name)} is a name in ${folder}/dataset_info.json: name the file that it stands for`;
  const use = to === 'data.train' ? 'trained' : 'evaluated';
  return [
    set(to, `${folder}/${name}.json`, note),
    ...(rest.length > 0 ? [none(`one file is ${use} on; join the rows of ${rest.join(', ')} to it.`)] : []),
  ];
}

export const llamaFactory: Tool = {
  name: 'LLaMA-Factory',
  recognise: (values) =>
    ['finetuning_type', 'stage', 'cutoff_len', 'lora_target', 'dataset_dir', 'template', 'lora_rank'].filter(
      (key) => key in values,
    ).length,
  rules: {
    ...trainingRules,
    model_name_or_path: (value) => set('base', value),
    adapter_name_or_path: (value) =>
      typeof value === 'string' && value !== '' ? set('method.from', value) : same('no adapter is continued'),
    finetuning_type: (value) =>
      value === 'lora'
        ? set('method.kind', 'lora')
        : none(`${shown(value)} is not offered: an adapter is trained, LoRA.`),
    stage: (value) =>
      value === 'sft'
        ? same('supervised fine-tuning is what is done here')
        : value === 'pt'
          ? set('data.trainOn', 'all', 'every token of a text is learned')
          : none(`the stage ${shown(value)} is not offered: only supervised fine-tuning is.`),
    lora_rank: number('method.rank'),
    // LLaMA-Factory takes twice the rank where it is silent
    lora_alpha: (value, all) =>
      value === null
        ? set('method.alpha', 2 * (numberOf(all['lora_rank']) ?? 8))
        : number('method.alpha')(value, all),
    lora_dropout: number('method.dropout'),
    lora_target: targets,
    use_rslora: flag('method.rankStabilized'),
    use_dora: offOnly('DoRA is read and run, but not trained.'),
    pissa_init: offOnly('the start by PiSSA is not offered.'),
    additional_target: savedModules,
    dataset: (value, all) => namedRows('data.train', value, all),
    dataset_dir: () => same("it is part of the file's path"),
    eval_dataset: (value, all) =>
      value === '' ? same('val_size decides') : namedRows('data.validation', value, all),
    val_size: (value, all) => {
      // LLaMA-Factory refuses a size above 0 beside it
      if ((all['eval_dataset'] ?? '') !== '') return same('eval_dataset stands in its place');
      const size = numberOf(value);
      if (size === undefined || size < 0) return none(`${shown(value)} is no size.`);
      return size < 1
        ? set('data.validation', size)
        : none('a number of rows has no counterpart: "data.validation" is a share of the rows, or a file.');
    },
    cutoff_len: number('data.length'),
    packing: flag('data.packing'),
    neat_packing: (value) =>
      value === true ? same('documents never see each other here') : same('it is off'),
    template: (value) =>
      value === 'empty' || value === 'default'
        ? set('data.template', 'none')
        : same("the base's own chat template is used"),
    train_on_prompt: (value) =>
      value === true ? set('data.trainOn', 'all') : same('only answers are learned'),
    mask_history: (value, all) => {
      if (value !== true) return same('every answer is learned');
      // a text has no history, and LLaMA-Factory refuses the key beside train_on_prompt
      const whole =
        all['stage'] === 'pt' ? 'stage' : all['train_on_prompt'] === true ? 'train_on_prompt' : '';
      return whole === '' ? set('data.trainOn', 'last') : none(`${whole} has every token learned.`);
    },
    max_samples: (value) =>
      (numberOf(value) ?? 0) > 0
        ? none('all rows of the file are used: cut the file itself.')
        : same('all rows are used'),
    quantization_bit: (value) =>
      value === null
        ? same('the base is not quantised')
        : none('a base is trained as its file has it: name a quantised .gguf file to keep it small.'),
  },
  families: [
    ...trainingFamilies,
    [
      /^(overwrite_cache|preprocessing_|cache_dir|streaming|buffer_size|tokenized_path)/,
      'tokenised rows are cached by themselves.',
    ],
    [/^(image_|video_|audio_|freeze_vision|mix_strategy|interleave)/, 'text alone is trained on.'],
  ],
  // hparams: rank 8, alpha 2 r, length 2048, learning rate 5e-5, batch 8, warm-up 0, linear
  defaults: {
    lora_rank: 8,
    lora_alpha: null,
    lora_target: 'all',
    cutoff_len: 2048,
    learning_rate: 5e-5,
    per_device_train_batch_size: 8,
    warmup_ratio: 0,
    lr_scheduler_type: 'linear',
    packing: false,
    load_best_model_at_end: false,
  },
};
