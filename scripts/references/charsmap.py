"""Writes test/fixtures/data/charsmap.json: a tokenizer as T5's is built (SentencePiece's precompiled normalizer, Metaspace, Unigram, an end
token), with a map of a few rules, and what HF's tokenizers library makes of texts.

Run: python scripts/references/charsmap.py (needs the packages `tokenizers`, `sentencepiece` and `protobuf`).
With `--full FILE` it writes the same with SentencePiece's own nmt_nfkc map, which is too large to keep.
"""

import io
import json
import sys
import tempfile
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as proto
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

RULES = {
    "\uff21": "A", "\ufb01": "fi", "\u00a0": " ", "\u3000": " ", "\t": " ", "\u200b": "", "e\u0301": "\u00e9", "\u00bd": "1/2",
    "A\u030a": "\u00c5", "A": "a", "\u1100\u1161": "\uac00", "\u2460": "1", "\U0001f44d": "+1", "\u0301": "'",
}
TEXTS = [
    "The cat sat on the mat.", "\uff21\uff22 \ufb01ne \u00bd", "e\u0301 e\u0301e\u0301 \u00e9", "A\u030angstro\u0308m A", "tab\tand\u00a0nbsp\u3000wide",
    "zero\u200bwidth \u2460 \u24ea", "\u1100\u1161\u11a8 \u1100\u1161", "\U0001f44d\U0001f3fd ok \U0001f469\u200d\U0001f469\u200d\U0001f467", "  blanks  ", "",
    "x\u0301\u0301\u0301\u0301 a\u0301", "\u0e33 \u0e01\u0e33 \u0928\u093f", "\r\n lines\n", "\U0001d4b6in \u2126 \u212b", "na\u00efve caf\u00e9 \u2014 \u201cq\u201d", "\u0000\u0001 x",
]


def map_of(rules):
    """The bytes that SentencePiece compiles from rules; from its own nmt_nfkc where there are none."""
    with tempfile.TemporaryDirectory() as folder:
        options = {}
        if rules:
            path = Path(folder) / "rules.tsv"
            lines = ["{}\t{}".format(*(" ".join(f"{ord(c):X}" for c in part) for part in rule)) for rule in sorted(rules.items())]
            path.write_text("\n".join(lines) + "\n")
            options["normalization_rule_tsv"] = str(path)
        else:
            options["normalization_rule_name"] = "nmt_nfkc"
        corpus = ["the cat sat on the mat and fine texts are fine", "a naive cat", "abcdefghijklmnopqrstuvwxyz"] * 20
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(corpus), model_writer=model, vocab_size=40, hard_vocab_limit=False, **options)
        parsed = proto.ModelProto()
        parsed.ParseFromString(model.getvalue())
        return parsed.normalizer_spec.precompiled_charsmap


def entry(rules):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.Precompiled(map_of(rules)), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=80, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator([text for text in TEXTS if text.strip("\0\1 ")] * 3, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    content = json.loads(tokenizer.to_str())
    return dict(
        tokenizer=content,
        rows=[dict(text=text, normal=tokenizer.normalizer.normalize_str(text), ids=tokenizer.encode(text).ids) for text in TEXTS],
    )


full = "--full" in sys.argv
out = Path(sys.argv[-1]) if full else Path(__file__).resolve().parents[2] / "test/fixtures/data/charsmap.json"
out.write_text(json.dumps(entry(None if full else RULES), separators=(",", ":")) + "\n")
