/** @file Broken configs: methods that contradict themselves or don't fit the base, and what is rarely meant. */
import { withKeys } from './brokenConfig.ts';
import type { BrokenConfig } from './brokenConfig.ts';

const method = (keys: string): string => withKeys(`"method": { ${keys} }`);

export const methods: readonly BrokenConfig[] = [
  { code: 'option-conflict', marked: method('"targets": ".*q_proj", "layers": «[1]»') },
  { code: 'option-conflict', marked: method('"targets": «["all-linear"]»') },
  { code: 'option-conflict', marked: method('"targets": «[]»') },
  { code: 'option-conflict', marked: method('"layers": «[]»') },
  {
    code: 'option-conflict',
    marked: method('"targets": ["q_proj", "lm_head"], "modulesToSave": «["lm_head"]»'),
  },
  { code: 'option-unused', marked: method('"from": "run/adapter", "rank": «8»') },
  { code: 'pattern-invalid', marked: method('"targets": «"("»') },
  { code: 'pattern-invalid', marked: method('"rankPattern": { «"*"»: 2 }') },
  { code: 'pattern-slow', marked: method('"targets": «"(.*)*(.*)*(.*)*(.*)*!"»') },
  { code: 'module-missing', marked: method('"modulesToSave": [«"lm_haed"»]') },
  { code: 'layer-missing', marked: method('"layers": [0, «6»]') },
  { code: 'target-missing', marked: method('"targets": [«"q_porj"», "v_proj"]') },
  { code: 'target-missing', marked: method('"targets": ["v_proj", «"zzzzzzzzzz"»]') },
  { code: 'target-missing', marked: method('"targets": «"q_proj"»') },
  { code: 'target-missing', marked: method('"targets": «".*q_porj"»') },
  { code: 'target-not-linear', marked: method('"targets": ["q_proj", «"embed_tokens"»]') },
  { code: 'target-contained', marked: method('"targets": ["q_proj", «"self_attn.q_proj"»]') },
  { code: 'target-head', marked: method('"targets": «".*"»') },
  { code: 'entry-repeated', marked: method('"targets": ["q_proj", "v_proj", «"q_proj"»]') },
  { code: 'entry-repeated', marked: method('"layers": [1, «1», 2]') },
  { code: 'pattern-missing', marked: method('"targets": ["q_proj"], "alphaPattern": { «"v_proj"»: 8 }') },
  {
    code: 'pattern-overlap',
    marked: method('"rankPattern": { ".*q_proj": 2, «"layers.1.self_attn.q_proj"»: 3 }'),
  },
  { code: 'pattern-idle', marked: method('"rank": 8, "rankPattern": { «"q_proj"»: 8 }') },
  { code: 'rank-too-large', marked: method('"rank": «600», "alpha": 600') },
  { code: 'rank-too-large', marked: method('"rankPattern": { "k_proj": «65» }') },
  { code: 'scale-unusual', marked: method('"rank": 1, "alpha": «64»') },
  { code: 'scale-unusual', marked: method('"rank": 64, "alpha": «1»') },
  { code: 'dropout-high', marked: method('"dropout": «0.6»') },
  {
    code: 'method-conflict',
    marked: withKeys('"method": { "init": "pissa" },\n  "training": { "weightDecay": «0.01» }'),
  },
  {
    code: 'method-conflict',
    marked: method('"init": "lora-ga", "rankStabilized": true, "dropout": «0.1»'),
  },
  { code: 'method-conflict', marked: method('"init": "olora", "mutateBase": true, "dropout": «0.1»') },
  { code: 'method-conflict', marked: method('"init": "olora", "frozenA": «true»') },
  { code: 'method-conflict', marked: method('"kind": "loramoe", "experts": «5»') },
  { code: 'task-type-missing', marked: method('"kind": "loramoe", "balance": «0.2»') },
  { code: 'method-advice', marked: withKeys('«"method"»: { "init": "lora-ga" }') },
  {
    code: 'method-conflict',
    marked: method('"kind": "loram", "firstLayers": 1, "prune": "semi", "ratio": «0.4»'),
  },
  {
    code: 'method-conflict',
    marked: method('"kind": "loram", "firstLayers": 1, "modulesToSave": «["lm_head"]»'),
  },
  { code: 'method-advice', marked: method('"kind": "qloram", "firstLayers": 1, "ratio": «0»') },
  { code: 'method-advice', marked: method('"kind": "loram", "alignData": «"some.jsonl"»') },
  { code: 'file-missing', marked: method('"kind": "loram", "alignSteps": 9, "alignData": «"som.jsonl"»') },
  { code: 'not-a-folder', marked: method('"kind": "loram", "pruned": «"some.jsonl"»') },
  { code: 'prune-layers', marked: method('"kind": "loram", "firstLayers": «6»') },
  { code: 'method-advice', marked: method('"mutateBase": «true»') },
  { code: 'method-advice', marked: method('"init": "pissa", "gamma": «64»') },
  {
    code: 'layer-refused',
    marked: method(
      '"init": "lora-ga", "rankStabilized": true, "rank": «40», "targets": ["q_proj", "k_proj"]',
    ),
  },
  {
    code: 'layer-refused',
    marked: method('"init": "lora-ga", "rankStabilized": true, "rankPattern": { "v_proj": «33» }'),
  },
  { code: 'rank-too-large', marked: method('"kind": "lora-xs", "rank": «65», "targets": ["k_proj"]') },
  { code: 'unknown-key', marked: method('"kind": "lora-sb", «"alpha"»: 16') },
  { code: 'unknown-key', marked: method('«"experts"»: 4') },
  { code: 'adapter-kind', marked: method('"kind": "loramoe", "from": «"plain"»') },
  { code: 'adapter-kind', marked: method('"kind": "dora", "dropout": 0.1, "from": «"plain"»') },
  {
    code: 'variant-unchanged',
    marked: withKeys('"variants": { «"same"»: { "method": { "rank": 16 } } }'),
  },
  {
    code: 'variant-equal',
    marked: withKeys(
      '"variants": {\n    "small": { "method": { "rank": 4 } },\n    «"tiny"»: { "method": { "rank": 4, "alpha": 32 } }\n  }',
    ),
  },
  {
    code: 'rank-too-large',
    marked: withKeys('"variants": { "wide": { "method": { "rank": «500», "alpha": 500 } } }'),
  },
];
