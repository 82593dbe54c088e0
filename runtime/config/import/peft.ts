/** @file PEFT's adapter_config.json: the method alone, for a new training like the one that made an adapter. */
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
} from './mapping.ts';
import type { Rule, Tool } from './mapping.ts';

const map =
  (to: string): Rule =>
  (value) =>
    isSection(value) && Object.keys(value).length > 0 ? set(to, value) : same('it is empty');

export const peft: Tool = {
  name: 'PEFT',
  recognise: (values) =>
    'peft_type' in values
      ? 10
      : ['r', 'target_modules', 'base_model_name_or_path', 'task_type', 'lora_alpha'].filter(
          (key) => key in values,
        ).length,
  rules: {
    base_model_name_or_path: (value) => set('base', value),
    peft_type: (value) =>
      value === 'LORA' ? set('method.kind', 'lora') : none(`${shown(value)} is not offered: only LoRA is.`),
    r: number('method.rank'),
    lora_alpha: number('method.alpha'),
    lora_dropout: number('method.dropout'),
    target_modules: targets,
    layers_to_transform: (value) =>
      Array.isArray(value) ? set('method.layers', value) : set('method.layers', [value]),
    rank_pattern: map('method.rankPattern'),
    alpha_pattern: map('method.alphaPattern'),
    modules_to_save: savedModules,
    use_rslora: flag('method.rankStabilized'),
    use_dora: offOnly('DoRA is read and run, but not trained.'),
    bias: offOnly('biases of the base are not trained.'),
    lora_bias: offOnly('B has no bias here.'),
    init_lora_weights: (value) =>
      value === true ? same('A is random and B is 0') : none(`the start ${shown(value)} is not offered.`),
    task_type: (value) =>
      value === 'CAUSAL_LM' || value === null
        ? same('a causal model is what is trained')
        : none(`${shown(value)} is not offered.`),
    fan_in_fan_out: () => same('how weights are stored is read from the base'),
    inference_mode: () => same('it says that the adapter was saved'),
    peft_version: () => same('it says what wrote the file'),
    revision: (value) =>
      none(`the base is the copy on this machine, whatever its revision (${shown(value)}).`),
    auto_mapping: () => same('the architecture is read from the base'),
    exclude_modules: offOnly('name what is adapted in "method.targets".'),
  },
  families: [
    [
      /_config$|^(use_|megatron|layer_replication|layers_pattern|corda|eva|arrow|alora|trainable_token|target_parameters|qalora|ensure_)/,
      'LoRA as it was published is what is trained.',
    ],
  ],
  defaults: { r: 8, lora_alpha: 8 },
};
