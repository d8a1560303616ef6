"""Decimals of Parquet files as numbers: databases export amounts as such, and whole numbers too."""

from __future__ import annotations

import pyarrow as pa


def number_type(kind: pa.DataType) -> pa.DataType:
    """The type that stands for decimals: int64 for whole numbers, else float64; others stay.

    Examples
    --------
    >>> number_type(pa.decimal128(38, 0)), number_type(pa.decimal128(10, 2))
    (DataType(int64), DataType(double))
    """
    if not pa.types.is_decimal(kind):
        return kind
    return pa.int64() if kind.scale <= 0 else pa.float64()


def without_decimals(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Turn decimals into numbers; whole numbers beyond int64 stay as they are."""
    if not pa.types.is_decimal(column.type):
        return column
    try:
        return column.cast(number_type(column.type))
    except pa.ArrowInvalid:
        return column
