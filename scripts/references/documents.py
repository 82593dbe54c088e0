"""Writes test/fixtures/documents: bases that classify (bert) and that write about a text (t5), as transformers and PEFT compute them.

Each folder holds base/, adapter/ and expected.safetensors in the form of the reference families: ids, logits, loss, gradients, and ten
steps of AdamW (lr 1e-2, weight decay 0.01, clip 1.0), computed in float64. The cases are those that the reference families lack.
Run: python scripts/references/documents.py (needs torch, transformers 5.23, peft 0.21, safetensors).
"""

import json
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import BertConfig, BertForSequenceClassification, T5Config, T5ForConditionalGeneration
from transformers.models.t5.modeling_t5 import T5Attention

OUT = Path(__file__).resolve().parents[2] / "test/fixtures/documents"

BERT = dict(vocab_size=41, max_position_embeddings=20, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
T5 = dict(vocab_size=41, dropout_rate=0.0, decoder_start_token_id=0)

CASES = {
    # pairs of texts, two classes, one head, the other gelu
    "bert-pair": (BertConfig(**BERT, hidden_size=12, intermediate_size=20, num_hidden_layers=1, num_attention_heads=1,
                             num_labels=2, hidden_act="gelu_new"), {}, [9, 14, 3], None),
    # one token type, many heads, other norm, no adapter on the pooler
    "bert-heads": (BertConfig(**BERT, hidden_size=24, intermediate_size=16, num_hidden_layers=2, num_attention_heads=6,
                              num_labels=5, type_vocab_size=1, layer_norm_eps=1e-5),
                   dict(target_modules=["query", "value"], use_rslora=True), [20, 1, 7, 12], None),
    # 1.1: gated, a head of its own, heads that are wider together than the model, stacks of different depth
    "t5-gated": (T5Config(**T5, d_model=12, d_kv=8, d_ff=20, num_layers=2, num_decoder_layers=1, num_heads=3,
                          relative_attention_num_buckets=8, relative_attention_max_distance=20,
                          feed_forward_proj="gated-gelu", tie_word_embeddings=False), {}, [30, 9, 17], [5, 12, 1]),
    # an odd number of buckets, texts beyond the largest distance, one head, only the decoder adapted
    "t5-far": (T5Config(**{**T5, "decoder_start_token_id": 3}, d_model=16, d_kv=16, d_ff=24, num_layers=1, num_decoder_layers=2, num_heads=1,
                        relative_attention_num_buckets=7, relative_attention_max_distance=11,
                        feed_forward_proj="gated-silu"),
               dict(target_modules=r"decoder\..*\.(q|v|wo)"), [3, 26], [19, 8]),
    # only the encoder adapted: gradients reach it through cross-attention alone
    "t5-encoder": (T5Config(**T5, d_model=16, d_kv=4, d_ff=24, num_layers=2, num_decoder_layers=2, num_heads=4,
                            feed_forward_proj="gated-gelu"),
                   dict(target_modules=r"encoder\..*\.(q|k|v|o|wi_0)"), [11, 6], [4, 7]),
}


BUCKETS = [(32, 128), (8, 20), (7, 11), (4, 3), (64, 512), (33, 257), (16, 100)]


def randomise(model, seed):
    """Weights large enough that every part matters, norms around one."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in model.named_parameters():
            noise = torch.randn(value.shape, generator=generator)
            norm = "norm" in name.lower() and value.dim() == 1 and name.endswith("weight")
            scale = 0.2 if norm or name.endswith("bias") or "relative" in name else value.shape[-1] ** -0.5
            # t5 has no scale on its scores: its queries are born that much smaller
            if name.endswith("Attention.q.weight"):
                scale *= model.config.d_kv ** -0.5
            value.copy_((1.0 if norm else 0.0) + scale * noise)


def inputs(model, lengths, targets, seed):
    generator = torch.Generator().manual_seed(seed)
    width = max(lengths)
    rows = len(lengths)
    vocab = model.config.vocab_size
    batch = dict(
        input_ids=torch.randint(2, vocab, (rows, width), generator=generator),
        attention_mask=torch.tensor([[int(i < n) for i in range(width)] for n in lengths]),
    )
    batch["input_ids"] *= batch["attention_mask"]
    if targets is None:
        batch["labels"] = torch.arange(rows) % model.config.num_labels
        if model.config.type_vocab_size > 1:
            batch["token_type_ids"] = torch.tensor([[int(n // 2 <= i < n) for i in range(width)] for n in lengths])
    else:
        labels = torch.randint(2, vocab, (rows, max(targets)), generator=generator)
        for row, n in enumerate(targets):
            labels[row, n - 1] = 1
            labels[row, n:] = -100
        batch["labels"] = labels
    return batch


def write(name, config, lora, lengths, targets, seed):
    folder = OUT / name
    kind = BertForSequenceClassification if targets is None else T5ForConditionalGeneration
    model = kind(config)
    randomise(model, seed)
    if targets is not None and config.feed_forward_proj == "gated-gelu" and not config.scale_decoder_outputs:
        model.config.tie_word_embeddings = False
        model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.detach().clone())
        randomise(model.lm_head, seed + 1)
    model.save_pretrained(folder / "base")
    batch = inputs(model, lengths, targets, seed)
    options = dict(r=3, lora_alpha=6, target_modules="all-linear")
    options = {**options, **lora, "task_type": "SEQ_CLS" if targets is None else "SEQ_2_SEQ_LM"}
    peft = get_peft_model(kind.from_pretrained(folder / "base"), LoraConfig(**options))
    generator = torch.Generator().manual_seed(seed + 2)
    with torch.no_grad():
        for key, value in peft.named_parameters():
            if "lora_" in key:
                value.copy_(torch.randn(value.shape, generator=generator) * 0.3)
            elif "modules_to_save" in key:
                value.add_(torch.randn(value.shape, generator=generator) * 0.1)
    peft.save_pretrained(folder / "adapter")
    tensors = {key: value.int() for key, value in batch.items()}
    base = kind.from_pretrained(folder / "base").double().eval()
    result = base(**batch)
    tensors["base.logits"], tensors["base.loss"] = result.logits, result.loss.reshape(1)
    adapted = PeftModel.from_pretrained(kind.from_pretrained(folder / "base"), folder / "adapter", is_trainable=True)
    adapted = adapted.double().eval()
    trained = {key: value for key, value in adapted.named_parameters() if value.requires_grad}
    short = {key: key.removeprefix("base_model.model.").replace(".default", "") for key in trained}
    optimizer = torch.optim.AdamW(trained.values(), lr=1e-2, weight_decay=0.01)
    curve = []
    for step in range(10):
        result = adapted(**batch)
        optimizer.zero_grad()
        result.loss.backward()
        if step == 0:
            tensors["adapted.logits"], tensors["adapted.loss"] = result.logits, result.loss.reshape(1)
            if targets is not None:
                losses = torch.nn.functional.cross_entropy(
                    result.logits.flatten(0, 1), batch["labels"].flatten(), ignore_index=-100, reduction="none")
                tensors["adapted.token_loss"] = losses.reshape(batch["labels"].shape)
            for key, value in trained.items():
                tensors[f"grad.{short[key]}"] = value.grad.clone()
        norm = torch.nn.utils.clip_grad_norm_(trained.values(), 1.0)
        curve.append([result.loss.item(), norm.item()])
        optimizer.step()
    tensors["train.loss_and_grad_norm"] = torch.tensor(curve)
    for key, value in trained.items():
        tensors[f"trained.{short[key]}"] = value
    tensors["trained.logits"] = adapted(**batch).logits
    kept = {key: (value.detach() if value.dtype == torch.int32 else value.detach().float()).contiguous()
            for key, value in tensors.items()}
    save_file(kept, folder / "expected.safetensors")
    for extra in ("base/generation_config.json", "adapter/README.md"):
        (folder / extra).unlink(missing_ok=True)
    settings = folder / "adapter/adapter_config.json"
    values = json.loads(settings.read_text())
    values["base_model_name_or_path"] = "base"
    settings.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n")


def buckets(count, largest, both):
    """Buckets of the distances -reach .. reach, as T5 counts them."""
    reach = largest + 40
    distances = torch.arange(-reach, reach + 1)
    found = T5Attention._relative_position_bucket(distances, both, count, largest)
    return dict(buckets=count, maxDistance=largest, both=both, first=-reach, found=found.tolist())


for number, (name, case) in enumerate(CASES.items()):
    write(name, *case, seed=number + 1)
table = [buckets(*one, both) for one in BUCKETS for both in (True, False)]
(OUT.parent / "relativeBuckets.json").write_text("[" + ",\n".join(json.dumps(one, separators=(",", ":")) for one in table) + "]\n")
