"""Writes test/fixtures/data/tokenizers.json: small vocabularies, each with the ids that HF's tokenizers library gives.

Run: python scripts/references/tokenizer_ids.py (needs the package `tokenizers`). Two kinds of entry:
"gguf" - metadata as a .gguf file holds it, and the ids of the same tokenizer as its publishers write it in tokenizer.json;
"json" - a tokenizer.json whose parts the JavaScript library reads differently.
"""

import json
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
CL100K = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = CL100K.replace("{1,3}", "")
CASED = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+%s|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*%s|"
TEKKEN = CASED % ("", "") + r"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
O200K = CASED % (CONTRACTIONS + "?", CONTRACTIONS + "?") + r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
DEEPSEEK3 = r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""

TEXTS = [
    "", " ", "  ", "\n\n", "Hello, world!", "I'll can't WE'VE They'Re o'clock", "a  16 b\n\n1. one\n2. two",
    "1234567 3.14159 1e-5 12:30", "HTTPServer camelCase XMLHttpRequest's", "na\u00efve caf\u00e9 \u2014 \u201cquotes\u201d \u2026 \u20ac100",
    "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8 \ud55c\uad6d\uc5b4 \u0627\u0644\u0639\u0631\u0628\u064a\u0629", "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f44d\U0001f3fd ok",
    "tab\tand\r\nCRLF\r\n\r\n  indented", "x = y**2  # comment\n\tpass // done\n/*...*/", "e\u0301 vs \u00e9 \ufb01 \u2167 \u00bd \u00b2\u00b3 \u0663\u0664",
    "x\u0085\u0085y \u00a0 nbsp \ufeff bom\u2028line\u3000wide", "<|im_start|>user\nhi<|im_end|>\n<|im_end|>", "<|im_start|> <|im_st", "((()))!!! ??? $$$ ===>", "\u0000\u0001\u001f",
    "\u03a3\u039f\u03a6\u039f\u03a3 \ua7f2\u32ff x\u200dy \U0001d4b6in in\U0001d4b6 \U00020000\u4e2d", "<|im_end|>\n\nhe said <|im_end|>  \n bin",
    "The quick brown fox jumps over the lazy dog. " * 3, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "   leading and trailing   ", "a<s>b</s> c",
]
CORPUS = TEXTS + ["the cat sat on the mat and the dog ran to the house in the town with 100 cats", "def f(x):\n    return x + 1\n", "don't won't it's they're we'll"] * 5

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def byte_level(splits, normalizer=None, ignore_merges=False, size=420):
    model = models.BPE(ignore_merges=ignore_merges)
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*splits, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=SPECIAL, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def split(pattern):
    return pre_tokenizers.Split(Regex(pattern), "isolated")


GPT2 = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
GPT2_PATTERN = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


def ids_of(tokenizer, texts=TEXTS, special=False):
    return [tokenizer.encode(text, add_special_tokens=special).ids for text in texts]


def gguf_byte_level(pre, tokenizer, ids_from=None):
    content = json.loads(tokenizer.to_str())
    vocab = sorted(content["model"]["vocab"].items(), key=lambda item: item[1])
    merges = [" ".join(m) if isinstance(m, list) else m for m in content["model"]["merges"]]
    tokens = [text for text, _ in vocab]
    return {
        "kind": "gguf", "name": pre,
        "fields": {"model": "gpt2", "pre": pre, "tokens": tokens, "types": [3 if t in SPECIAL else 1 for t in tokens], "merges": merges},
        "ids": ids_of(ids_from or tokenizer),
    }


def sentence_piece(add_space_prefix):
    """BPE with byte fallback as Llama 2 (with the space) and Gemma (without) have it, and as transformers converts it."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    steps = [normalizers.Prepend("\u2581")] if add_space_prefix else []
    tokenizer.normalizer = normalizers.Sequence([*steps, normalizers.Replace(" ", "\u2581")])
    bytes_ = [f"<0x{b:02X}>" for b in range(256)]
    control = ["<unk>", "<s>", "</s>"]
    trainer = trainers.BpeTrainer(vocab_size=700, special_tokens=[*control, *bytes_], limit_alphabet=80, show_progress=False)
    words = pre_tokenizers.Split("\u2581", "merged_with_next")
    tokenizer.pre_tokenizer = words
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.pre_tokenizer = None
    content = json.loads(tokenizer.to_str())
    tokens = [text for text, _ in sorted(content["model"]["vocab"].items(), key=lambda item: item[1])]
    # As in SentencePiece: a piece's score is the negative of its rank among the learned pieces.
    first = len(control) + len(bytes_)
    scores = [0.0] * first + [-float(i) for i in range(len(tokens) - first)]
    types = [2, 3, 3] + [6] * 256 + [1] * (len(tokens) - first)
    # The reference is built from the pieces and scores alone, by transformers' rule (convert_slow_tokenizer.generate_merges).
    score_of = {t: s for t, s, y in zip(tokens, scores, types) if y == 1}
    merges = []
    for piece, score in score_of.items():
        local = [(piece[:i], piece[i:]) for i in range(1, len(piece)) if piece[:i] in score_of and piece[i:] in score_of]
        local.sort(key=lambda pair: (score_of[pair[0]], score_of[pair[1]]), reverse=True)
        merges.extend((score, pair) for pair in local)
    merges.sort(key=lambda entry: entry[0], reverse=True)
    reference = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=[pair for _, pair in merges], byte_fallback=True, fuse_unk=True, unk_token="<unk>"))
    reference.normalizer = tokenizer.normalizer
    reference.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in control])
    strip = [decoders.Strip(" ", 1, 0)] if add_space_prefix else []
    reference.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), *strip])
    ids = ids_of(reference)
    return {
        "kind": "gguf", "name": "llama" if add_space_prefix else "llama, no space in front",
        "fields": {"model": "llama", "tokens": tokens, "types": types, "scores": scores, "addSpacePrefix": add_space_prefix},
        "ids": ids, "decoded": [reference.decode(i, skip_special_tokens=False) for i in ids],
    }


def whole_file(name, tokenizer, special=False):
    return {"kind": "json", "name": name, "json": json.loads(tokenizer.to_str()), "special": special, "ids": ids_of(tokenizer, special=special)}


def with_parts(name, pre_tokenizer, normalizer=None, post=None, added=()):
    tokenizer = byte_level([split(GPT2_PATTERN)], size=330)
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.add_tokens(list(added))
    if post is not None:
        tokenizer.post_processor = post
    return whole_file(name, tokenizer, special=post is not None)


def metaspace(scheme, split_words):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("\u2581", scheme, split=split_words)
    tokenizer.decoder = decoders.Metaspace("\u2581", scheme)
    trainer = trainers.BpeTrainer(vocab_size=350, special_tokens=["<unk>", "<s>", "</s>", *SPECIAL], show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    return whole_file(f"Metaspace {scheme}{' split' if split_words else ''}", tokenizer)


def unknown_pieces(name, pre_tokenizer, byte_fallback=False, unk="<unk>", fuse=False):
    """Trained with a small alphabet, so that merges hold the unknown token, or with none at all."""
    tokenizer = Tokenizer(models.BPE(unk_token=unk, fuse_unk=fuse, byte_fallback=byte_fallback))
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=300, special_tokens=["<unk>"], limit_alphabet=40, show_progress=False))
    return whole_file(name, tokenizer)


def unigram(name, byte_fallback):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    plain = [text for text in CORPUS if "<" not in text]
    tokenizer.train_from_iterator(plain, trainers.UnigramTrainer(vocab_size=120, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False))
    content = json.loads(tokenizer.to_str())
    kept = [piece for piece in content["model"]["vocab"] if piece[0].isascii()]
    bytes_ = [[f"<0x{b:02X}>", -20.0 - b / 100] for b in range(256)] if byte_fallback else []
    content["model"].update(vocab=kept + bytes_, byte_fallback=byte_fallback)
    return whole_file(name, Tokenizer.from_str(json.dumps(content)))


def prefixed():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", continuing_subword_prefix="##"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=300, special_tokens=["<unk>"], continuing_subword_prefix="##", show_progress=False))
    return whole_file("prefix on continuing pieces", tokenizer)


def normalized_special(name, normalizer):
    """Special tokens that are matched in normalised text, as GPT-2's file has it."""
    content = json.loads(byte_level([split(GPT2_PATTERN)], normalizer, size=330).to_str())
    for token in content["added_tokens"]:
        token["normalized"] = True
    return whole_file(name, Tokenizer.from_str(json.dumps(content)))


def main():
    byte_mapping = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    sequence = lambda *parts: pre_tokenizers.Sequence([*parts, byte_mapping])
    entries = [
        gguf_byte_level("gpt-2", byte_level([split(GPT2_PATTERN)])),
        gguf_byte_level("starcoder", byte_level([pre_tokenizers.Digits(True), split(GPT2_PATTERN)])),
        gguf_byte_level("llama-bpe", byte_level([split(CL100K)], ignore_merges=True)),
        gguf_byte_level("dbrx", byte_level([split(CL100K)])),
        gguf_byte_level("qwen2", byte_level([split(QWEN2)], normalizer=normalizers.NFC())),
        gguf_byte_level("tekken", byte_level([split(TEKKEN)], ignore_merges=True)),
        gguf_byte_level("gpt-4o", byte_level([split(O200K)])),
        gguf_byte_level("deepseek-v3", byte_level([split(r"\p{N}{1,3}"), split("[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+"), split(DEEPSEEK3)])),
        sentence_piece(True),
        sentence_piece(False),
        with_parts("ByteLevel", pre_tokenizers.ByteLevel(add_prefix_space=False)),
        with_parts("ByteLevel with a space in front", pre_tokenizers.ByteLevel(add_prefix_space=True)),
        with_parts("Digits", sequence(pre_tokenizers.Digits(False), split(GPT2_PATTERN))),
        with_parts("Punctuation", sequence(pre_tokenizers.Punctuation(), split(GPT2_PATTERN))),
        with_parts("Punctuation contiguous", sequence(pre_tokenizers.Punctuation("contiguous"))),
        with_parts("Whitespace", sequence(pre_tokenizers.Whitespace())),
        with_parts("WhitespaceSplit", sequence(pre_tokenizers.WhitespaceSplit())),
        with_parts("merged with previous", sequence(pre_tokenizers.Split(" ", "merged_with_previous"))),
        with_parts("merged with next", sequence(pre_tokenizers.Split(" ", "merged_with_next"))),
        with_parts("removed, inverted", sequence(pre_tokenizers.Split(Regex(GPT2_PATTERN), "removed", invert=True))),
        with_parts("replacement with a dollar", GPT2, normalizer=normalizers.Sequence([normalizers.NFKC(), normalizers.Replace("x", "$&$$"), normalizers.Strip()])),
        with_parts("added tokens", GPT2, normalizer=normalizers.Lowercase(), added=[
            AddedToken("quick", single_word=True, normalized=False), AddedToken("fox", lstrip=True, rstrip=True, normalized=False),
            AddedToken("Hello", normalized=True), AddedToken("in", single_word=True, normalized=False)]),
        with_parts("template", GPT2, post=processors.TemplateProcessing(
            single="<|im_start|> $A <|im_end|>", pair="<|im_start|> $A $B <|im_end|>", special_tokens=[("<|im_start|>", 1), ("<|im_end|>", 2)])),
        normalized_special("normalized special tokens", None), normalized_special("normalized special tokens, NFC", normalizers.NFC()),
        with_parts("added tokens in swallowed whitespace", GPT2, added=[
            AddedToken("<|im_end|>", rstrip=True, normalized=False, special=True), AddedToken("\n\n", normalized=False), AddedToken("he", single_word=True, normalized=False),
            AddedToken("said", lstrip=True, normalized=True), AddedToken("in", single_word=True, normalized=True)]),
        with_parts("Lowercase and NFKC", GPT2, normalizer=normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])),
        with_parts("Strip and Prepend", GPT2, normalizer=normalizers.Sequence([normalizers.Strip(), normalizers.Prepend("x")])),
        with_parts("BERT", sequence(pre_tokenizers.BertPreTokenizer()), normalizer=normalizers.BertNormalizer()),
        with_parts("CharDelimiterSplit", sequence(pre_tokenizers.CharDelimiterSplit("-"))),
        with_parts("removed, with groups", sequence(pre_tokenizers.Split(Regex(r"(\s)(an|the)|( )"), "removed"))),
        with_parts("ignoring case", sequence(pre_tokenizers.Split(Regex(r"(?i)the|HE"), "isolated"))),
        unknown_pieces("unknown pieces", pre_tokenizers.Whitespace()), unknown_pieces("unknown pieces, fused", pre_tokenizers.Metaspace(), fuse=True),
        unknown_pieces("unknown pieces, left out", pre_tokenizers.Whitespace(), unk=None), unknown_pieces("unknown bytes", pre_tokenizers.ByteLevel(add_prefix_space=False), unk=None),
        unknown_pieces("bytes that are missing", pre_tokenizers.WhitespaceSplit(), byte_fallback=True),
        unigram("Unigram", False), unigram("Unigram with byte fallback", True), prefixed(),
        metaspace("always", True), metaspace("first", True), metaspace("first", False), metaspace("never", True),
    ]
    target = Path(__file__).parents[2] / "test" / "fixtures" / "data" / "tokenizers.json"
    with open(target, "w", encoding="utf-8") as out:
        json.dump({"texts": TEXTS, "entries": entries}, out, ensure_ascii=True, separators=(",", ":"))
        out.write("\n")


main()
