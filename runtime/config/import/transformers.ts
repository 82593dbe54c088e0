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
import type { Rule, Values } from './mapping.ts';

const only32 = 'everything is computed in 32 bits here';

/** transformers' `get_scheduler` hands no warm-up to "constant"; "constant_with_warmup" is the one that has it. */
const isFlat = (scheduler: unknown): boolean => String(scheduler).toLowerCase() === 'constant';

/** A schedule and its warm-up by a tool's names of the three keys: steps win where they are above 0. */
export function scheduleRules(scheduler: string, steps: string, share: string): Record<string, Rule> {
  const flat = same('the schedule "constant" has no warm-up');
  return {
    [scheduler]: (value, all) =>
      isFlat(value)
        ? [
            set('training.schedule', 'constant'),
            set('training.warmup', 0, `${shown(value)} has no warm-up there, whatever else the file says`),
          ]
        : schedule(value, all),
    [steps]: (value, all) => {
      if (isFlat(all[scheduler])) return flat;
      const count = numberOf(value);
      if (count !== undefined && count > 0)
        return set('training.warmup', count < 1 ? count : Math.round(count));
      // 0 steps beside no share are a warm-up of 0; our own default is another
      return count === 0 && (all[share] ?? null) === null
        ? set('training.warmup', 0)
        : same('warmup_ratio decides');
    },
    [share]: (value, all) => {
      if (isFlat(all[scheduler])) return flat;
      return (numberOf(all[steps]) ?? 0) > 0
        ? same('warmup_steps stands in its place')
        : number('training.warmup')(value, all);
    },
  };
}

/** Steps decide where both are given. */
export const epochs: Rule = (value, all) =>
  (numberOf(all['max_steps']) ?? 0) > 0 ? same('max_steps decides') : number('training.epochs')(value, all);

/**
 * A count of steps and the strategy that it belongs to: it counts under "steps", or where no strategy is given.
 * Of several spellings of the strategy the first that is there decides.
 */
function intervalRules(to: string, steps: string, strategies: readonly string[]): Record<string, Rule> {
  const decider = (all: Values): string | undefined => strategies.find((key) => (all[key] ?? null) !== null);
  const strategyRule =
    (key: string): Rule =>
    (value, all) => {
      const deciding = decider(all) ?? key;
      if (deciding !== key) return same(`${deciding} stands in its place`);
      // PyYAML reads a bare "no" as false
      if (value === 'no' || value === false) return set(to, 0);
      if (value === 'steps') return same('steps are what is counted here');
      return none(`${shown(value)} has no counterpart: "${to}" counts steps.`);
    };
  return {
    [steps]: (value, all) => {
      const deciding = decider(all);
      if (deciding !== undefined && all[deciding] !== 'steps') return same(`${deciding} decides`);
      const count = numberOf(value);
      return count !== undefined && count >= 1
        ? set(to, Math.round(count))
        : none(`a share of the steps has no counterpart: "${to}" counts steps.`);
    },
    ...Object.fromEntries(strategies.map((key) => [key, strategyRule(key)])),
  };
}

export const trainingRules: Readonly<Record<string, Rule>> = {
  per_device_train_batch_size: number('training.batch'),
  gradient_accumulation_steps: number('training.accumulate'),
  learning_rate: number('training.learningRate'),
  num_train_epochs: epochs,
  max_steps: positive('training.steps', 'epochs decide'),
  ...scheduleRules('lr_scheduler_type', 'warmup_steps', 'warmup_ratio'),
  weight_decay: number('training.weightDecay'),
  adam_beta1: (value, all) => betas(value, all['adam_beta2']),
  adam_beta2: (value, all) =>
    all['adam_beta1'] === undefined ? betas(0.9, value) : same('goes with adam_beta1'),
  adam_epsilon: number('training.eps'),
  max_grad_norm: number('training.clip'),
  optim: optimizer,
  seed: number('training.seed'),
  data_seed: () => none('one seed decides start values, order and dropout: "training.seed".'),
  // versions of transformers that know both spellings (4.41 to 4.45) take the old one
  ...intervalRules('training.evaluateEvery', 'eval_steps', ['evaluation_strategy', 'eval_strategy']),
  ...intervalRules('training.checkpointEvery', 'save_steps', ['save_strategy']),
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
