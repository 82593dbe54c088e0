"""Writes test/fixtures/data/parquet/: small files as pyarrow writes them, in every codec and page version that is read.

Run: python scripts/references/parquet_files.py (needs the package `pyarrow`). rows.json holds the rows; a file's name begins with that of its rows.
"""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = Path(__file__).parents[2] / "test" / "fixtures" / "data" / "parquet"

CHATS = [
    {"messages": [{"role": "user", "content": f"question {i} \u00e9\u4e2d", "weight": None}, {"role": "assistant", "content": "yes" if i % 3 else "no", "weight": i % 2}], "id": i}
    for i in range(40)
]
PAIRS = [{"prompt": f"p{i % 5}", "completion": "same answer" if i % 4 else f"answer {i}", "ok": i % 2 == 0, "score": i / 8} for i in range(100)]
TOKENS = [{"input_ids": list(range(i, i + 5 + i % 3)), "labels": [-100, -100] + list(range(i + 2, i + 5 + i % 3))} for i in range(30)]

CHAT_TYPE = pa.schema([
    ("messages", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string()), ("weight", pa.int64())]))),
    ("id", pa.int64()),
])


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)

    def write(name, data, schema=None, **options):
        pq.write_table(pa.Table.from_pylist(data, schema=schema), FOLDER / f"{name}.parquet", **options)

    for codec in ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]:
        write(f"chats-{codec}", CHATS, CHAT_TYPE, compression=codec, row_group_size=16)
        write(f"pairs-{codec}-v2", PAIRS, compression=codec, data_page_version="2.0", use_dictionary=codec != "none")
    write("tokens", TOKENS, compression="zstd")
    write("pairs-delta", PAIRS, use_dictionary=False, version="2.6", column_encoding={"prompt": "DELTA_LENGTH_BYTE_ARRAY", "completion": "PLAIN", "ok": "RLE", "score": "BYTE_STREAM_SPLIT"})
    rows = {"chats": CHATS, "pairs": PAIRS, "tokens": TOKENS}
    (FOLDER / "rows.json").write_text(json.dumps(rows, separators=(",", ":")) + "\n")


main()
