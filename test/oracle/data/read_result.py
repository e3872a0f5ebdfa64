"""Reads the Parquet tables of a result folder with pandas and prints, as JSON, what a reader would make of them."""

import json
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

folder = Path(sys.argv[1]) / "tables"
members = pd.read_parquet(folder / "members.parquet")
text = pd.read_csv(folder / "members.csv")
outcomes = pd.read_parquet(folder / "outcomes.parquet")

differ = []
for column in members.columns:
    a, b = members[column], text[column]
    same = (a == b) | (a.isna() & b.isna())
    if not same.all():
        differ.append(column)

# The estimates again, from the outcomes alone: the mean over clusters of the clusters' means.
effects = outcomes[(outcomes.role == "effect") & outcomes.control.isna()]
by_cluster = effects.groupby(["claim", "member", "part", "cluster"], sort=False).value.mean()
again = by_cluster.groupby(["claim", "member", "part"], sort=False).mean().rename("again").reset_index()
joined = members.merge(again, on=["claim", "member", "part"], how="left")

print(json.dumps({
    "columns": {name: str(kind) for name, kind in zip(*(lambda s: (s.names, s.types))(pq.read_schema(folder / "members.parquet")))},
    "rows": len(members),
    "differ": differ,
    "outcomes": list(outcomes.columns),
    "values": len(outcomes),
    "items": int(effects.item.nunique()),
    "missing": int(joined.again.isna().sum()),
    "largest": float((joined.estimate - joined.again).abs().max()),
}))
