"""Writes test/fixtures/config/peftTargets.json: which modules PEFT adapts, and with which rank, alpha and scale.

Run: python scripts/references/peft_targets.py (needs torch, transformers and peft; weights are random and not kept).
"""

import json
from pathlib import Path

from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig

LLAMA = LlamaConfig(vocab_size=32, hidden_size=16, intermediate_size=24, num_hidden_layers=12, num_attention_heads=2, num_key_value_heads=1)
GPT2 = GPT2Config(vocab_size=32, n_embd=16, n_layer=3, n_head=2)

CASES = [
    ("llama", {"target_modules": "all-linear"}),
    ("llama", {"target_modules": ["q_proj", "v_proj"]}),
    ("llama", {"target_modules": ["self_attn.q_proj", "model.layers.3.mlp.up_proj"]}),
    ("llama", {"target_modules": ["q_proj"], "layers_to_transform": [0, 11]}),
    ("llama", {"target_modules": ["q_proj", "model.layers.3.mlp.up_proj"], "layers_to_transform": [1]}),
    ("llama", {"target_modules": ["lm_head", "down_proj"]}),
    ("llama", {"target_modules": ["lm_head", "down_proj"], "modules_to_save": ["lm_head"]}),
    ("llama", {"target_modules": ["q_proj", "up_proj"], "modules_to_save": ["layers.2"]}),
    ("llama", {"target_modules": r".*layers\.[13]\.mlp\.(gate|up)_proj"}),
    ("llama", {"target_modules": r"model\.layers\.\d+\.self_attn\.[qv]_proj"}),
    ("llama", {"target_modules": r"(?:.*\.)?(?P<side>[qk])_proj\Z"}),
    ("llama", {"target_modules": r"(?i).*\.1{1,}\..*\.Q\_PROJ"}),
    ("llama", {"target_modules": r".*\.layers\.(?!10|11)\d+\.self_attn\.o_proj"}),
    ("llama", {"target_modules": r"model.layers.2.mlp.down_proj"}),
    ("llama", {"target_modules": ["q_proj", "down_proj"], "rank_pattern": {"down_proj": 2, r"layers.1.self_attn.q_proj": 5}, "alpha_pattern": {"down_proj": 6}, "use_rslora": True}),
    ("llama", {"target_modules": ["q_proj", "k_proj"], "rank_pattern": {r"^model\.layers\.[0-4]\..*": 3, "q_proj": 7}}),
    ("llama", {"target_modules": ["q_proj", "k_proj"], "rank_pattern": {"q_proj": 7, r"^model\.layers\.[0-4]\..*": 3}, "alpha_pattern": {r"1\d\.self_attn\.(q|k)_proj": 1, "proj": 99}}),
    ("gpt2", {"target_modules": "all-linear"}),
    ("gpt2", {"target_modules": ["c_attn"], "layers_to_transform": [2]}),
    ("gpt2", {"target_modules": ["attn.c_proj"]}),
    ("gpt2", {"target_modules": r"transformer\.h\.(0|2)\.mlp\.c_(fc|proj)"}),
]


def linears(model):
    return [name for name, module in model.named_modules() if type(module).__name__ in ("Linear", "Conv1D")]


models = {"llama": lambda: AutoModelForCausalLM.from_config(LLAMA), "gpt2": lambda: AutoModelForCausalLM.from_config(GPT2)}
paths = {name: linears(make()) for name, make in models.items()}
cases = []
for name, options in CASES:
    peft = get_peft_model(models[name](), LoraConfig(r=4, lora_alpha=8, fan_in_fan_out=name == "gpt2", **options))
    found = [
        {"path": path.removeprefix("base_model.model."), "rank": module.r["default"], "alpha": module.lora_alpha["default"], "scale": module.scaling["default"]}
        for path, module in peft.named_modules()
        if hasattr(module, "lora_A") and "default" in module.lora_A
    ]
    found.sort(key=lambda one: paths[name].index(one["path"]))
    cases.append({"model": name, "options": options, "targets": found})
out = Path(__file__).resolve().parents[2] / "test/fixtures/config/peftTargets.json"
out.parent.mkdir(parents=True, exist_ok=True)
out.write_text(json.dumps({"paths": paths, "cases": cases}, separators=(",", ":")) + "\n")
