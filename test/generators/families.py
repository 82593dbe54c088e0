"""What transformers makes of a config.json: shapes, windows, scales and rotary frequencies of many spellings of each family.

Writes ../fixtures/families.json, which test/runtime/model/families.test.ts reads.
Run with a Python that has torch and transformers 5.23: python test/generators/families.py
"""

import json
import pathlib

import torch
import transformers
from transformers import CONFIG_MAPPING, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoModelForSequenceClassification

SMALL = dict(
    vocab_size=48, hidden_size=32, intermediate_size=40, num_hidden_layers=4, num_attention_heads=4,
    max_position_embeddings=512, rms_norm_eps=1e-5, pad_token_id=0,
)
GPT2 = dict(vocab_size=48, n_embd=32, n_layer=2, n_head=4, n_positions=64)
BERT = dict(
    vocab_size=48, hidden_size=32, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
    max_position_embeddings=64,
)
T5 = dict(vocab_size=48, d_model=32, d_kv=8, d_ff=40, num_layers=2, num_heads=4)
LONG = [1.0 + 0.25 * i for i in range(4)]

CASES = [
    ("llama", {}),
    ("llama", dict(num_key_value_heads=2, rope_theta=500000.0, rope_scaling=None, tie_word_embeddings=True)),
    ("llama", dict(num_key_value_heads=None, head_dim=16, attention_bias=True, mlp_bias=True)),
    ("llama", dict(rope_theta=10000.0, rope_scaling={"type": "linear", "factor": 4.0})),
    ("llama", dict(rope_theta=10000.0, rope_scaling={"type": "dynamic", "factor": 2.0})),
    ("llama", dict(rope_theta=500000.0, head_dim=64, rope_scaling={
        "rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 128})),
    ("llama", dict(head_dim=128, rope_parameters={
        "rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0,
        "high_freq_factor": 4.0, "original_max_position_embeddings": 8192})),
    ("llama", dict(head_dim=64, rope_parameters={
        "rope_type": "yarn", "rope_theta": 10000.0, "factor": 8.0, "original_max_position_embeddings": 64})),
    ("llama", dict(head_dim=64, rope_parameters={
        "rope_type": "yarn", "rope_theta": 150000.0, "factor": 32.0, "original_max_position_embeddings": 4096,
        "beta_fast": 32.0, "beta_slow": 1.0, "truncate": False})),
    ("llama", dict(head_dim=64, rope_parameters={
        "rope_type": "yarn", "rope_theta": 10000.0, "factor": 40.0, "original_max_position_embeddings": 4096,
        "mscale": 0.707, "mscale_all_dim": 1.0})),
    ("llama", dict(head_dim=32, rope_scaling={
        "type": "yarn", "factor": 4.0, "attention_factor": 1.5, "beta_fast": 16, "beta_slow": 2})),
    ("llama", dict(head_dim=64, rope_parameters={
        "rope_type": "yarn", "rope_theta": 10000.0, "factor": 8.0, "original_max_position_embeddings": 64,
        "beta_fast": 4, "beta_slow": 0.3, "truncate": None})),
    ("llama", dict(rope_scaling={}, rope_parameters={"rope_type": "linear", "factor": 4.0, "rope_theta": 500.0})),
    ("mistral", dict(num_attention_heads=8)),
    ("mistral", dict(num_key_value_heads=2, sliding_window=None, head_dim=16)),
    ("mistral", dict(num_key_value_heads=2, sliding_window=100, rope_theta=1000000.0)),
    ("qwen2", dict(num_key_value_heads=2)),
    ("qwen2", dict(num_key_value_heads=2, use_sliding_window=True, sliding_window=16, max_window_layers=3)),
    ("qwen2", dict(num_key_value_heads=2, use_sliding_window=True, sliding_window=16, max_window_layers=0)),
    ("qwen2", dict(num_key_value_heads=2, use_sliding_window=True, sliding_window=16, layer_types=[
        "sliding_attention", "full_attention", "full_attention", "sliding_attention"])),
    ("qwen2", dict(num_key_value_heads=2, use_sliding_window=False, sliding_window=16, max_window_layers=1,
                   rope_theta=1000000.0, rope_scaling={
                       "type": "yarn", "factor": 4.0, "original_max_position_embeddings": 128})),
    ("qwen3", dict(num_key_value_heads=2)),
    ("qwen3", dict(num_key_value_heads=2, head_dim=24, attention_bias=True, tie_word_embeddings=True)),
    ("gemma2", dict(num_key_value_heads=2)),
    ("gemma2", dict(num_key_value_heads=2, head_dim=16, query_pre_attn_scalar=20, sliding_window=12,
                    attn_logit_softcapping=None, final_logit_softcapping=None)),
    ("gemma3_text", dict(num_key_value_heads=2, head_dim=16, sliding_window_pattern=3, sliding_window=12,
                         rope_theta=1000000.0, rope_local_base_freq=20000.0,
                         rope_scaling={"rope_type": "linear", "factor": 8.0})),
    ("gemma3_text", dict(num_key_value_heads=2, head_dim=16, query_pre_attn_scalar=8, final_logit_softcapping=12.0,
                         num_hidden_layers=7)),
    ("gemma3_text", dict(num_key_value_heads=2, head_dim=16, sliding_window_pattern=2, rope_parameters={
        "full_attention": {"rope_type": "linear", "factor": 4.0, "rope_theta": 500000.0},
        "sliding_attention": {"rope_type": "default", "rope_theta": 30000.0}})),
    ("gemma3_text", dict(num_key_value_heads=2, head_dim=16, sliding_window_pattern=2, rope_parameters={
        "full_attention": {"rope_type": "default", "rope_theta": 500000.0},
        "sliding_attention": {"rope_type": "default", "rope_theta": 30000.0}},
                         rope_scaling={"rope_type": "linear", "factor": 4.0})),
    ("phi3", {}),
    ("phi3", dict(num_key_value_heads=2, sliding_window=64, rope_theta=20000.0, partial_rotary_factor=0.5)),
    ("phi3", dict(original_max_position_embeddings=128, rope_scaling={
        "type": "longrope", "short_factor": LONG, "long_factor": [4 * x for x in LONG]})),
    ("phi3", dict(original_max_position_embeddings=256, hidden_size=64, partial_rotary_factor=0.5,
                  tie_word_embeddings=True, rope_scaling={
                      "type": "longrope", "short_factor": LONG, "long_factor": [4 * x for x in LONG]})),
    ("phi3", dict(partial_rotary_factor=0.75, rope_parameters={
        "rope_type": "default", "rope_theta": 20000.0, "partial_rotary_factor": 0.5})),
    ("phi3", dict(rope_parameters={"rope_type": "default", "rope_theta": 20000.0, "partial_rotary_factor": 0.5})),
    ("smollm3", dict(num_key_value_heads=2)),
    ("smollm3", dict(num_key_value_heads=2, no_rope_layers=[1, 0, 1, 0], use_sliding_window=True, sliding_window=9,
                     tie_word_embeddings=False, attention_bias=True, mlp_bias=True)),
    ("smollm3", dict(num_key_value_heads=2, no_rope_layer_interval=2, rope_theta=5000000.0)),
    ("smollm3", dict(num_key_value_heads=2, no_rope_layers=[1, 1, 0, 1, 0, 0], sliding_window=9, layer_types=[
        "sliding_attention", "full_attention", "full_attention", "sliding_attention"])),
    ("olmo2", {}),
    ("olmo2", dict(num_key_value_heads=2, attention_bias=True, rope_theta=500000.0)),
    ("granite", {}),
    ("granite", dict(num_key_value_heads=2, embedding_multiplier=12.0, logits_scaling=8.0, residual_multiplier=0.22,
                     attention_multiplier=0.0625, attention_bias=True, mlp_bias=True, tie_word_embeddings=True)),
    ("gpt2", {}),
    ("gpt2", dict(scale_attn_by_inverse_layer_idx=True)),
    ("gpt2", dict(n_inner=80, activation_function="gelu", scale_attn_weights=False, tie_word_embeddings=False)),
    ("bert", {}),
    ("bert", dict(num_labels=5, type_vocab_size=1, hidden_act="relu", layer_norm_eps=1e-5)),
    ("bert", dict(id2label={"0": "no", "1": "yes", "2": "perhaps"}, num_attention_heads=2, hidden_act="gelu_new")),
    ("t5", {}),
    ("t5", dict(num_decoder_layers=3, d_kv=16, relative_attention_num_buckets=9, tie_word_embeddings=True)),
    ("t5", dict(feed_forward_proj="gated-gelu", tie_word_embeddings=False, num_heads=2)),
    ("t5", dict(feed_forward_proj="gated-silu", num_layers=1, num_decoder_layers=1)),
]

# Without a row of blocks that each see what stands before: only shapes and scales are told.
OTHERS = {"bert": (BERT, AutoModelForSequenceClassification), "t5": (T5, AutoModelForSeq2SeqLM)}


def ropes(model):
    """Frequencies by layer type, in the order full, sliding."""
    inner = model.base_model
    if not hasattr(inner, "rotary_emb"):
        return []
    rotary = inner.rotary_emb
    kinds = [k for k in ("full_attention", "sliding_attention") if hasattr(rotary, f"{k}_inv_freq")]
    pairs = [(getattr(rotary, f"{k}_inv_freq"), getattr(rotary, f"{k}_attention_scaling")) for k in kinds]
    pairs = pairs or [(rotary.inv_freq, rotary.attention_scaling)]
    return [dict(inverseFrequencies=f.tolist(), attentionFactor=float(a)) for f, a in pairs]


def layer(model, block, index):
    attention = block.attn if hasattr(block, "attn") else block.self_attn
    window = getattr(attention, "sliding_window", None)
    if model.config.model_type in ("mistral", "phi3"):
        window = model.config.sliding_window
    if model.config.model_type == "smollm3":  # its mask asks the layer's type alone
        window = model.config.sliding_window if model.config.layer_types[index] == "sliding_attention" else None
    return dict(window=window, scale=attention.scaling, rope=bool(getattr(attention, "use_rope", True)))


def describe_other(model_type, config):
    defaults, kind = OTHERS[model_type]
    raw = {"model_type": model_type, **defaults, **config}
    loaded = CONFIG_MAPPING[model_type].from_dict(json.loads(json.dumps(raw)))
    torch.manual_seed(0)
    model = kind.from_config(loaded, attn_implementation="eager")
    shapes = {name: list(value.shape) for name, value in model.named_parameters()}
    encoder = model_type == "bert"
    count = loaded.num_hidden_layers if encoder else loaded.num_layers + loaded.num_decoder_layers
    scale = (loaded.hidden_size // loaded.num_attention_heads) ** -0.5 if encoder else 1.0
    head = getattr(model, "lm_head", None)
    return dict(
        config=raw,
        tied=head is not None and head.weight is model.get_input_embeddings().weight,
        shapes=shapes,
        tensors=len(shapes),
        layers=[dict(window=None, scale=scale, rope=False)] * count,
        ropes=[],
        embeddingScale=1.0,
    )


def describe(model_type, config):
    if model_type in OTHERS:
        return describe_other(model_type, config)
    raw = {"model_type": model_type, **(GPT2 if model_type == "gpt2" else SMALL), **config}
    loaded = CONFIG_MAPPING[model_type].from_dict(json.loads(json.dumps(raw)))
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(loaded, attn_implementation="eager")
    inner = model.base_model
    blocks = inner.h if hasattr(inner, "h") else inner.layers
    tied = model.lm_head.weight is model.get_input_embeddings().weight
    shapes = {name: list(value.shape) for name, value in model.named_parameters()}
    parts = "model.layers.", "transformer.h."
    # Blocks are alike: the last one stands for all.
    kept = {n: s for n, s in shapes.items() if not n.startswith(parts) or n.split(".")[2] == str(len(blocks) - 1)}
    embedding = model.get_input_embeddings()
    return dict(
        config=raw,
        tied=tied,
        shapes=kept,
        tensors=len(shapes),
        layers=[layer(model, block, i) for i, block in enumerate(blocks)],
        ropes=ropes(model),
        embeddingScale=float(getattr(embedding, "scalar_embed_scale", getattr(loaded, "embedding_multiplier", 1.0))),
    )


def main():
    out = pathlib.Path(__file__).parent.parent / "fixtures" / "families.json"
    cases = [describe(*case) for case in CASES]
    lines = ",\n".join(json.dumps(case) for case in cases)
    out.write_text(f'{{"transformers": "{transformers.__version__}", "cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
