"""Nulls that stand for a number nobody knows: pandas and R write a NaN as an empty cell."""

from __future__ import annotations

import math

import pyarrow as pa
import pyarrow.compute as pc


def null_as_nan(table: pa.Table, name: str) -> pa.Table:
    """A table with NaN for the nulls of one column, if it has that and it holds numbers."""
    place = table.schema.get_field_index(name)
    if place < 0 or not _is_number(table.schema.field(place).type):
        return table
    filled = pc.fill_null(pc.cast(table[name], pa.float64()), math.nan)
    return table.set_column(place, name, filled)


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_floating(kind) or pa.types.is_integer(kind)
