"""Writes test/fixtures/data/pairs.json: small WordPiece vocabularies, with the ids and types that HF's tokenizers library gives for one
text and for two. Run: python scripts/references/pair_ids.py (needs the package `tokenizers`)."""

import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

TEXTS = [
    "The cat sat on the mat.", "Is it true?", "na\u00efve Caf\u00e9 \u2014 \u201cquotes\u201d", "\u65e5\u672c\u8a9e text \u4e2d", "don't WON'T 3.14",
    "a" * 120 + " long", "[SEP] written by hand", "  blanks\tand\nlines  ", "", "zebra unknown\u2603", "\U0001f44d ok \u00bd",
]
CORPUS = [text for text in TEXTS if text and len(text) < 60] * 4 + ["the cat and the dog sat on a mat", "it is true and not unknown"] * 4
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def word_piece(lowercase=True):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(vocab_size=150, special_tokens=SPECIAL, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def template(tokenizer):
    marks = [(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    return processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=marks)


def entry(name, tokenizer):
    pairs = [(a, None) for a in TEXTS] + [(a, TEXTS[(i * 3 + 1) % len(TEXTS)]) for i, a in enumerate(TEXTS)]
    rows = []
    for a, b in pairs:
        encoding = tokenizer.encode(a, b) if b is not None else tokenizer.encode(a)
        rows.append(dict(text=a, pair=b, ids=encoding.ids, types=encoding.type_ids))
    return dict(name=name, tokenizer=json.loads(tokenizer.to_str()), rows=rows)


cased, plain = word_piece(lowercase=False), word_piece()
plain.post_processor = template(plain)
cased.post_processor = template(cased)
older, roberta = word_piece(), word_piece()
sep, cls = [("[SEP]", older.token_to_id("[SEP]")), ("[CLS]", older.token_to_id("[CLS]"))]
older.post_processor = processors.BertProcessing(sep, cls)
roberta.post_processor = processors.RobertaProcessing(sep, cls, trim_offsets=False)
entries = [entry("template", plain), entry("cased", cased), entry("bert", older), entry("roberta", roberta)]
out = Path(__file__).resolve().parents[2] / "test/fixtures/data/pairs.json"
out.write_text("[" + ",\n".join(json.dumps(one, separators=(",", ":")) for one in entries) + "]\n")
