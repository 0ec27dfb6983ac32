"""Compares the table of `fer watch --parquet` with the rows of `--csv`, as pandas and pyarrow read them. By hand:

    fer watch party.mp4 --csv --parquet faces.parquet > faces.csv
    python3 compare_table.py faces.parquet faces.csv

Last run with pandas 3.1.1 and pyarrow 26.0.1.
"""

import sys

import numpy
import pandas
import pyarrow.parquet

parquet, csv = sys.argv[1:]
file = pyarrow.parquet.ParquetFile(parquet)
for field in file.schema_arrow:
    print(f"{field.name}: {field.type}")
groups = [file.metadata.row_group(group).num_rows for group in range(file.metadata.num_row_groups)]
assert all(rows == 8192 for rows in groups[:-1]) and all(rows <= 8192 for rows in groups), groups
table = pandas.read_parquet(parquet)
rows = pandas.read_csv(csv, keep_default_na=False, na_values=[""])
assert list(table.columns) == list(rows.columns)
assert len(table) == len(rows) > 0
for name in rows.columns:
    # CSV has six digits of a probability.
    tolerance = 5.1e-7 if name.startswith(("p_", "s_")) else 0.0
    if name in ("class", "problem"):
        texts = [table[name].astype(object), rows[name].astype(object)]
        a, b = [text.where(text.notna(), "") for text in texts]
        equal = (a == b).all()
    else:
        a, b = table[name].to_numpy(float, na_value=numpy.nan), rows[name].to_numpy(float)
        equal = ((numpy.abs(a - b) <= tolerance) | (numpy.isnan(a) & numpy.isnan(b))).all()
    assert equal, name
print(f"{len(rows)} rows, {len(groups)} row groups, {len(rows.columns)} columns: equal")
