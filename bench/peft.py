"""Times PEFT (PyTorch, CPU, float32) on the bench's own rows; prints one JSON line.

Called by `npm run bench -- --peft PYTHON`; reads a job from standard input:
  {"model": folder or gguf, "threads": 2, "steps": 4, "warmup": 1, "rank": 16, "alpha": 32, "learningRate": 1e-4,
   "setting": "padded" | "packed" | "padded-checkpoint" | "packed-checkpoint" | "padded-compile",
   "batches": [[{"ids": [...], "mask": [0, 1, ...]}, ...], ...], "start": path of a safetensors with lora_A and lora_B}
Never needed by the product: it exists to be compared with.
"""
import json
import os
import resource
import sys
import time

sys.path.pop(0)  # this folder, where this very file would be taken for the package
job = json.load(sys.stdin)
os.environ["OMP_NUM_THREADS"] = str(job["threads"])
os.environ["HF_HUB_OFFLINE"] = "1"

import torch  # noqa: E402
from peft import LoraConfig, get_peft_model  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from transformers import AutoModelForCausalLM  # noqa: E402

torch.set_num_threads(job["threads"])
torch.manual_seed(0)

folder, name = (os.path.dirname(job["model"]), os.path.basename(job["model"])) if job["model"].endswith(".gguf") else (job["model"], None)
extra = {"gguf_file": name} if name else {}
packed = job["setting"].startswith("packed")
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa", **extra)
config = LoraConfig(r=job["rank"], lora_alpha=job["alpha"], target_modules="all-linear", lora_dropout=0.0, task_type="CAUSAL_LM")
model = get_peft_model(model, config)
start = load_file(job["start"])
state = model.state_dict()
with torch.no_grad():
    for key, value in start.items():
        state[f"base_model.model.{key}".replace(".weight", ".default.weight")].copy_(value)
if job["setting"].endswith("checkpoint"):
    model.enable_input_require_grads()
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
model.train()
if job["setting"].endswith("compile"):
    model = torch.compile(model, dynamic=True)
optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=job["learningRate"], weight_decay=0.0)


def padded_inputs(rows):
    longest = max(len(row["ids"]) for row in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    attention = torch.zeros(len(rows), longest, dtype=torch.long)
    labels = torch.full((len(rows), longest), -100)
    for i, row in enumerate(rows):
        n = len(row["ids"])
        ids[i, :n] = torch.tensor(row["ids"])
        attention[i, :n] = 1
        mask = torch.tensor(row["mask"], dtype=torch.bool)
        labels[i, :n] = torch.where(mask, ids[i, :n], -100)
        labels[i, 0] = -100
    return {"input_ids": ids, "attention_mask": attention, "labels": labels}


def packed_inputs(rows):
    """One row of all documents, each attending only to itself: positions restart, a block-diagonal causal mask."""
    ids = torch.tensor([x for row in rows for x in row["ids"]])[None]
    documents = torch.tensor([i for i, row in enumerate(rows) for _ in row["ids"]])
    positions = torch.tensor([p for row in rows for p in range(len(row["ids"]))])[None]
    total = ids.shape[1]
    causal = torch.tril(torch.ones(total, total, dtype=torch.bool)) & (documents[:, None] == documents[None, :])
    labels = torch.tensor([x if m and p > 0 else -100 for row in rows for p, (x, m) in enumerate(zip(row["ids"], row["mask"]))])[None]
    return {"input_ids": ids, "position_ids": positions, "attention_mask": causal[None, None], "labels": labels}


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


seconds, cpu, losses = [], [], []
for step in range(job["warmup"] + job["steps"]):
    rows = job["batches"][step % len(job["batches"])]
    began, cpu_began = time.perf_counter(), cpu_seconds()
    inputs = packed_inputs(rows) if packed else padded_inputs(rows)
    loss = model(**inputs).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 1.0)
    optimizer.step()
    optimizer.zero_grad()
    seconds.append(time.perf_counter() - began)
    cpu.append(cpu_seconds() - cpu_began)
    losses.append(loss.item())

print(json.dumps({"setting": job["setting"], "seconds": seconds[job["warmup"]:], "cpuSeconds": cpu[job["warmup"]:], "losses": losses,
                  "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, "torch": torch.__version__}))
