/** @file Keys of transformers' TrainingArguments, which LLaMA-Factory and TRL share. */
import {
  flag,
  none,
  number,
  numberOf,
  offOnly,
  optimizer,
  positive,
  same,
  schedule,
  set,
  shown,
} from './mapping.ts';
import type { Rule } from './mapping.ts';

const only32 = 'everything is computed in 32 bits here';

/** A share below 1 of the steps, or a number of them. */
const warmupRatio: Rule = (value, all) => {
  const steps = numberOf(all['warmup_steps']);
  if (steps !== undefined && steps > 0) return same('warmup_steps stands in its place');
  return number('training.warmup')(value, all);
};

/** Steps decide where both are given. */
export const epochs: Rule = (value, all) =>
  (numberOf(all['max_steps']) ?? 0) > 0 ? same('max_steps decides') : number('training.epochs')(value, all);

const strategy =
  (every: string, key: string): Rule =>
  (value) => {
    if (value === 'no') return set(every, 0);
    if (value === 'steps') return same('steps are what is counted here');
    return none(`${key} per epoch has no counterpart: "${every}" counts steps.`);
  };

export const trainingRules: Readonly<Record<string, Rule>> = {
  per_device_train_batch_size: number('training.batch'),
  gradient_accumulation_steps: number('training.accumulate'),
  learning_rate: number('training.learningRate'),
  num_train_epochs: epochs,
  max_steps: positive('training.steps', 'epochs decide'),
  lr_scheduler_type: schedule,
  warmup_ratio: warmupRatio,
  warmup_steps: (value) => {
    const steps = numberOf(value);
    return steps === undefined || steps <= 0
      ? same('warmup_ratio decides')
      : set('training.warmup', steps < 1 ? steps : Math.round(steps));
  },
  weight_decay: number('training.weightDecay'),
  adam_beta1: (value, all) => betas(value, all['adam_beta2']),
  adam_beta2: (value, all) =>
    all['adam_beta1'] === undefined ? betas(0.9, value) : same('goes with adam_beta1'),
  adam_epsilon: number('training.eps'),
  max_grad_norm: number('training.clip'),
  optim: optimizer,
  seed: number('training.seed'),
  data_seed: () => none('one seed decides start values, order and dropout: "training.seed".'),
  eval_steps: (value) => {
    const steps = numberOf(value);
    return steps !== undefined && steps >= 1
      ? set('training.evaluateEvery', Math.round(steps))
      : none('a share of the steps has no counterpart: "training.evaluateEvery" counts steps.');
  },
  save_steps: (value) => {
    const steps = numberOf(value);
    return steps !== undefined && steps >= 1
      ? set('training.checkpointEvery', Math.round(steps))
      : none('a share of the steps has no counterpart: "training.checkpointEvery" counts steps.');
  },
  eval_strategy: strategy('training.evaluateEvery', 'Evaluation'),
  evaluation_strategy: strategy('training.evaluateEvery', 'Evaluation'),
  save_strategy: strategy('training.checkpointEvery', 'Saving'),
  load_best_model_at_end: flag('training.keepBest'),
  early_stopping_patience: number('training.patience'),
  do_train: () => same('"train" trains'),
  do_eval: () => same('evaluation follows "data.validation"'),
  model_revision: (value) =>
    value === 'main'
      ? same('the base is its newest downloaded commit')
      : none(
          `the base is what lies in the hub's cache: "download --revision" fetches ${shown(value)} there.`,
        ),
  output_dir: (value) => (typeof value === 'string' ? set('output', value) : none('it is no path.')),
  bf16: () => same(only32),
  fp16: () => same(only32),
  tf32: () => same(only32),
  pure_bf16: () => same(only32),
  gradient_checkpointing: (value) =>
    value === true || value === 'unsloth' || value === 'true'
      ? set('memory', 'low', 'forward values are computed again instead of kept')
      : same('"memory" is "balanced"'),
  group_by_length: offOnly('rows are packed instead.'),
  load_in_4bit: offOnly(
    'a base is trained as its file has it: name a quantised .gguf file to keep it small.',
  ),
  load_in_8bit: offOnly(
    'a base is trained as its file has it: name a quantised .gguf file to keep it small.',
  ),
};

function betas(first: unknown, second: unknown) {
  const pair = [numberOf(first) ?? 0.9, numberOf(second) ?? 0.999];
  return set('training.betas', pair);
}

/** What belongs to how a program runs, not to what is learned. */
export const trainingFamilies: readonly (readonly [RegExp, string])[] = [
  [
    /^(report_to|run_name|wandb|swanlab|mlflow|comet|use_wandb|tensorboard|trackio)/,
    'runs are recorded locally, with TensorBoard files; nothing is sent.',
  ],
  [/^(logging_|log_|plot_loss|disable_tqdm)/, 'every step is recorded and plotted.'],
  [/^(push_to_hub|hub_|hf_|export_)/, 'nothing is uploaded.'],
  [
    /(deepspeed|fsdp|ddp_|local_rank|^ray_|tensor_parallel|context_parallel|dataloader_|num_proc|_num_workers|accelerator_config)/,
    'training runs in one process on one device.',
  ],
  [
    /(flash_attn|flash_attention|xformers|sdp_attention|attn_implementation|liger|_kernel|torch_compile|unsloth_|s2_attention|eager_attention)/,
    'the graphs here have kernels of their own.',
  ],
  [
    /^(bnb_|quantization_|gptq|double_quantization)/,
    'a base is trained as its file has it: name a quantised .gguf file to keep it small.',
  ],
  [
    /^(save_total_limit|save_only_model|save_safetensors|overwrite_output_dir|resume_from_checkpoint|auto_resume)/,
    'each run has a folder of its own, with its last checkpoints; "train --resume" goes on.',
  ],
  [
    /^per_device_eval_batch_size$|^eval_(accumulation|on_start|batch_size|sample_packing|table|max_new)/,
    'evaluation takes the batches of the training.',
  ],
  [
    /^(trust_remote_code|torch_dtype|dtype|use_fast_tokenizer|tokenizer_)/,
    'architecture and tokenizer are read from the files of the base.',
  ],
  [/^gradient_checkpointing_kwargs$/, '"memory" alone says which forward values are kept.'],
  [
    /^(lr_scheduler_kwargs|cosine_|lr_quadratic|lr_div|embedding_lr)/,
    'a schedule has no options beside its warm-up: it ends at 0.',
  ],
  [/^(optim_args|optim_target_modules|adafactor)/, 'an optimiser has the options that stand in "training".'],
  [
    /^(packing_strategy|wrapped_packing|pad_to_multiple_of)/,
    'rows are packed in the order in which they come.',
  ],
  [
    /^(dpo_|kto_|pref_|ppo_|reward_|grpo_|rl$|beta$|loss_type$|max_prompt_length$)/,
    'only supervised fine-tuning is offered.',
  ],
  [
    /^(use_dora|peft_use_dora|use_rslora|pissa|loraplus|loftq|use_loftq|galore|badam|apollo|neftune|lora_plus)/,
    'LoRA with or without a rank-stabilised scale is what is offered.',
  ],
];
