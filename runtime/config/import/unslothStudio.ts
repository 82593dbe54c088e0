/** @file Unsloth Studio's YAML (unslothai/unsloth, studio/backend/assets/configs): sections `training`, `lora`, `data`, `logging`. */
import {
  flag,
  isSection,
  none,
  number,
  offOnly,
  optimizer,
  positive,
  same,
  set,
  shown,
  targets,
  trainFile,
} from './mapping.ts';
import type { Rule, Tool, Values } from './mapping.ts';
import { scheduleRules, trainingFamilies, trainingRules } from './transformers.ts';

const sections = ['training', 'lora', 'data', 'logging'];

function flatten(values: Values): Values {
  const flat: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(values))
    if (sections.includes(key) && isSection(value))
      for (const [name, inner] of Object.entries(value)) flat[`${key}.${name}`] = inner;
    else flat[key] = value;
  return flat;
}

/** Groups of modules that may be left out. */
const group =
  (names: string): Rule =>
  (value) =>
    value === false ? none(`leave ${names} out of "method.targets".`) : same('target_modules decides');

const localFile: Rule = (value) => {
  const [first, ...rest] = Array.isArray(value) ? (value as unknown[]) : [value];
  if (typeof first !== 'string') return none(`${shown(value)} is no path.`);
  return [
    set('data.train', first),
    ...(rest.length > 0
      ? [none(`one file is trained on: join the rows of the other ${rest.length} to it.`)]
      : []),
  ];
};

const formats: Readonly<Record<string, string>> = {
  alpaca: 'alpaca',
  chatml: 'chat',
  sharegpt: 'sharegpt',
  raw: 'text',
  raw_text: 'text',
};

const shared = (name: string): Rule => trainingRules[name]!;

const warmUp = scheduleRules('training.lr_scheduler_type', 'training.warmup_steps', 'training.warmup_ratio');

export const unslothStudio: Tool = {
  name: 'Unsloth Studio',
  recognise: (values) =>
    (isSection(values['lora']) ? 4 : 0) +
    (isSection(values['training']) ? 4 : 0) +
    ('model' in values ? 1 : 0),
  flatten,
  rules: {
    model: (value) => set('base', value),
    'data.dataset': (value) => trainFile(String(value)),
    'data.local_dataset': localFile,
    'data.format_type': (value) => {
      const format = formats[String(value)];
      return format === undefined
        ? same('the format is recognised from the rows')
        : set('data.format', format);
    },
    'training.training_type': (value) =>
      value === 'lora' || value === 'qlora'
        ? set('method.kind', 'lora')
        : none(`${shown(value)} is not offered: an adapter is trained, LoRA.`),
    'training.max_seq_length': number('data.length'),
    'training.num_epochs': positive('training.epochs', 'max_steps decides'),
    'training.max_steps': positive('training.steps', 'epochs decide'),
    'training.learning_rate': number('training.learningRate'),
    'training.batch_size': number('training.batch'),
    'training.gradient_accumulation_steps': number('training.accumulate'),
    ...warmUp,
    'training.warmup_steps': warmUp['training.warmup_steps']!,
    'training.save_steps': positive('training.checkpointEvery', 'a checkpoint is written every 50 steps'),
    'training.eval_steps': positive('training.evaluateEvery', 'evaluation is off'),
    'training.weight_decay': number('training.weightDecay'),
    'training.max_grad_norm': number('training.clip'),
    'training.random_seed': number('training.seed'),
    'training.packing': flag('data.packing'),
    'training.optim': optimizer,
    'training.output_dir': shared('output_dir'),
    'training.load_in_4bit': shared('load_in_4bit'),
    'training.gradient_checkpointing': shared('gradient_checkpointing'),
    'training.train_on_completions': (value) =>
      value === true ? set('data.trainOn', 'assistant') : set('data.trainOn', 'all'),
    'lora.lora_r': number('method.rank'),
    'lora.lora_alpha': number('method.alpha'),
    'lora.lora_dropout': number('method.dropout'),
    'lora.target_modules': targets,
    'lora.use_rslora': flag('method.rankStabilized'),
    'lora.use_loftq': offOnly('LoftQ is not offered.'),
    'lora.vision_all_linear': offOnly('text alone is trained on.'),
    'lora.finetune_vision_layers': () => same('text alone is trained on'),
    'lora.finetune_language_layers': group('the language layers'),
    'lora.finetune_attention_modules': group('q_proj, k_proj, v_proj and o_proj'),
    'lora.finetune_mlp_modules': group('gate_proj, up_proj and down_proj'),
  },
  families: [
    [/^inference$/, 'an adapter is tried with settings of its own: "generate".'],
    [/^logging[.]/, 'runs are recorded locally, with TensorBoard files; nothing is sent.'],
    ...trainingFamilies.map(([pattern, reason]): readonly [RegExp, string] => [
      new RegExp(`^(training|lora|data)[.](${pattern.source.replace(/\^/g, '')})`),
      reason,
    ]),
  ],
  // assets/configs/model_defaults/default.yaml
  defaults: {},
};
