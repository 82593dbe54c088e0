"""Loads adapters into PEFT and compares logits; called by `npm run check:peft -- PYTHON`, never needed by the product.

Jobs as JSON on standard input: [{"name", "base", "adapter", "input": safetensors with input_ids, "output": with logits}];
a folder under "refused" must not load. Verdicts go to the file named as the argument.
"""
import json
import os
import sys

sys.path.pop(0)  # this folder, whose peft.py is not the package
os.environ["HF_HUB_OFFLINE"] = "1"

import torch  # noqa: E402
from peft import PeftModel, get_peft_model_state_dict  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from transformers import (  # noqa: E402
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
)
from transformers.utils import logging  # noqa: E402

logging.disable_progress_bar()


KINDS = {
    "CAUSAL_LM": AutoModelForCausalLM,
    "SEQ_CLS": AutoModelForSequenceClassification,
    "SEQ_2_SEQ_LM": AutoModelForSeq2SeqLM,
}


def load_base(path, task):
    folder, name = os.path.split(path) if path.endswith(".gguf") else (path, None)
    extra = {"gguf_file": name} if name else {}
    return KINDS[task].from_pretrained(folder, dtype=torch.float32, attn_implementation="eager", **extra).eval()


def refusal(model, folder):
    """Nothing where PEFT refuses the folder, else what it should not have read."""
    try:
        PeftModel.from_pretrained(model, folder)
    except Exception as error:  # whichever it is: it must be one
        print(f"refused {os.path.basename(folder)}: {type(error).__name__}: {error}")
        return []
    return [f"{folder} as a whole"]


def check(job):
    with open(os.path.join(job["adapter"], "adapter_config.json")) as file:
        task = json.load(file)["task_type"]
    model = load_base(job["base"], task)
    inputs = {name: value.long() for name, value in load_file(job["input"]).items()}
    with torch.no_grad():
        plain = model(**inputs).logits
        adapted = PeftModel.from_pretrained(model, job["adapter"]).eval()
        logits = adapted(**inputs).logits
    written = set(load_file(os.path.join(job["adapter"], "adapter_model.safetensors")))
    wanted = set(get_peft_model_state_dict(adapted))
    loaded = adapted.load_adapter(job["adapter"], adapter_name="again")
    ours = load_file(job["output"])["logits"]
    wrong = refusal(load_base(job["base"], task), job["refused"]) if "refused" in job else []
    largest = logits.abs().max()
    return {
        "name": job["name"],
        "missing": sorted((wanted - written) | set(loaded.missing_keys)),
        "unexpected": sorted((written - wanted) | set(loaded.unexpected_keys)) + wrong,
        "difference": ((logits - ours).abs().max() / largest).item(),
        "moved": ((logits - plain).abs().max() / largest).item(),
    }


verdicts = [check(job) for job in json.load(sys.stdin)]
with open(sys.argv[1], "w") as file:
    json.dump(verdicts, file)
