"""Writes the tables of this folder with pyarrow and pandas, and what they hold as expected.json.

The values of expected.json are read back by pyarrow from the Parquet file that is plainest (no compression, no
dictionaries), so that they are pyarrow's and not this script's. Run with the versions that README.md names.
"""

import json
import math
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent
ROWS = 60
NAMES = ["Ann", "Bob", "Çelik", "Dan", "E,\"e\"", "李"]


def table() -> pa.Table:
    some = lambda make, every: [None if i % every == every - 1 else make(i) for i in range(ROWS)]
    return pa.table({
        "author": [NAMES[i % 6] for i in range(ROWS)],
        "prompt": [" ".join(["and"] * (1 + i % 7)) + f" {i}" for i in range(ROWS)],
        "whole": pa.array([i - 30 for i in range(ROWS)], pa.int64()),
        "small": pa.array([i * 3 for i in range(ROWS)], pa.uint8()),
        "big": pa.array([2**52 + i for i in range(ROWS)], pa.int64()),
        "wide": pa.array([4_000_000_000 + i for i in range(ROWS)], pa.uint32()),
        "real": pa.array(some(lambda i: math.sin(i), 7), pa.float64()),
        "half": pa.array([i / 8 for i in range(ROWS)], pa.float32()),
        "maybe": pa.array(some(lambda i: i * i, 5), pa.int32()),
        "right": pa.array(some(lambda i: i % 3 == 0, 11), pa.bool_()),
        "tokens": pa.array([[i, *range(i % 5)] for i in range(ROWS)], pa.list_(pa.int64())),
        "kind": pa.array([NAMES[i % 2] for i in range(ROWS)]).dictionary_encode(),
        "nothing": pa.nulls(ROWS),
        "same": pa.array([7] * ROWS, pa.int32()),
    })


def main() -> None:
    made = table()
    plain = dict(compression="none", use_dictionary=False, store_schema=False)
    ways = {
        "plain": plain,
        "default": {},
        "gzip": dict(compression="gzip"),
        "brotli": dict(compression="brotli"),
        "zstd": dict(compression="zstd"),
        "lz4": dict(compression="lz4"),
        "second-pages": dict(data_page_version="2.0", compression="zstd"),
        "second-plain": dict(data_page_version="2.0", compression="none", use_dictionary=False),
        "groups": dict(row_group_size=7),
        "pages": dict(data_page_size=64, write_batch_size=5, use_dictionary=False),
        "split": dict(use_dictionary=False, column_encoding={"real": "BYTE_STREAM_SPLIT", "half": "BYTE_STREAM_SPLIT"}),
    }
    for name, options in ways.items():
        pq.write_table(made, HERE / f"{name}.parquet", **options)
    expected = pq.read_table(HERE / "plain.parquet").to_pydict()
    texts = ["author", "prompt", "whole", "real", "right"]
    frame = pd.DataFrame({name: expected[name] for name in texts})
    frame.to_parquet(HERE / "pandas.parquet")
    frame.to_csv(HERE / "pandas.csv", index=False)
    frame.to_json(HERE / "pandas.jsonl", orient="records", lines=True, double_precision=15, force_ascii=False)
    assert pq.read_table(HERE / "default.parquet").to_pydict() == expected
    (HERE / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=None) + "\n")

    # Columns for which a table has no kind, one file each, and what cannot be kept exactly.
    from datetime import date, datetime
    from decimal import Decimal

    refused = {
        "date": pa.array([date(2020, 1, 1)]),
        "time": pa.array([datetime(2020, 1, 1)]),
        "decimal": pa.array([Decimal("1.25")]),
        "bytes": pa.array([b"\x00\xff"]),
        "struct": pa.array([{"a": 1}]),
        "texts": pa.array([["a", "b"]]),
        "map": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())),
        "lists": pa.array([[[1]]]),
        "long": pa.array([2**60 + 1]),
        "infinite": pa.array([math.inf]),
        "no-text": pa.array(["a", None]),
        "no-list": pa.array([[1], None]),
        "negative": pa.array([[1, -2]]),
    }
    for name, values in refused.items():
        pq.write_table(pa.table({"x": values}), HERE / f"refused-{name}.parquet", store_schema=False)
    pq.write_table(
        pa.table({"x": pa.array([1, 2, 3])}), HERE / "refused-delta.parquet",
        use_dictionary=False, column_encoding={"x": "DELTA_BINARY_PACKED"}, store_schema=False,
    )
    pq.write_table(made.slice(0, 0), HERE / "refused-empty.parquet", store_schema=False)
    print("pyarrow", pa.__version__, "pandas", pd.__version__)


main()
