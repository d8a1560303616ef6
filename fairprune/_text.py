"""Names that strangers chose, as they stand in messages, tables and comments of configurations."""

from __future__ import annotations

import io
import sys
import unicodedata
from collections.abc import Sequence

# What turns the direction of a line, so that it reads as another, and what YAML cannot hold.
_REFUSED = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFFFE, 0xFFFF)))


def is_line(text: str) -> bool:
    """Whether text can stand in one line: no control characters, nothing that ends or turns one.

    Names in the data of strangers come into messages, tables and comments of configurations.
    """
    return text.isprintable() or not any(map(_is_control, text))


def as_line(text: str) -> str:
    """Text in one line: a space for each character that :func:`is_line` refuses.

    Examples
    --------
    >>> as_line("owl\\n# comment")
    'owl # comment'
    """
    return "".join(" " if _is_control(c) else c for c in text)


def problem(error: BaseException) -> str:
    """What an error says, in one line, with its type where the text alone may say nothing.

    Examples
    --------
    >>> problem(ValueError("two\\nlines")), problem(KeyError("mean"))
    ('two lines', "KeyError('mean')")
    """
    said = str(error) if isinstance(error, ValueError | OSError) else repr(error)
    return as_line(said).strip()


def is_out_of_gpu_memory(error: RuntimeError) -> bool:
    """Whether a GPU's memory did not suffice, which CUDA and its libraries say in their own ways.

    Examples
    --------
    >>> is_out_of_gpu_memory(RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling"))
    True
    """
    signs = ("CUDA error: out of memory", "ALLOC_FAILED")
    return type(error).__name__ == "OutOfMemoryError" or any(s in str(error) for s in signs)


def _is_control(character: str) -> bool:
    return character in _REFUSED or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")


def print_any_name() -> None:
    """Let names reach a standard output whose encoding lacks their characters, as escapes."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def shown(names: Sequence[str], most: int = 3) -> str:
    """Names in a sentence: the first, and how many more."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
