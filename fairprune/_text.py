"""Show names and errors from outside in messages, tables and comments of configurations."""

from __future__ import annotations

import io
import sys
import unicodedata
from collections.abc import Sequence

# Characters that change the direction of text, which can disguise a line, or that YAML cannot hold.
_REFUSED = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFFFE, 0xFFFF)))


def is_line(text: str) -> bool:
    """Whether text fits safely in one line: no control characters, line ends or direction marks.

    Names in other people's data appear in messages, tables and comments of configurations.
    """
    return text.isprintable() or not any(map(_is_control, text))


def as_line(text: str) -> str:
    """Put text in one line: a space replaces each character that :func:`is_line` refuses.

    Examples
    --------
    >>> as_line("owl\\n# comment")
    'owl # comment'
    """
    return "".join(" " if _is_control(c) else c for c in text)


def problem(error: BaseException) -> str:
    """Describe an error in one line, with its type if its text alone may say nothing.

    Examples
    --------
    >>> problem(ValueError("two\\nlines")), problem(KeyError("mean"))
    ('two lines', "KeyError('mean')")
    """
    said = str(error) if isinstance(error, ValueError | OSError) else repr(error)
    return as_line(said).strip()


def is_out_of_gpu_memory(error: RuntimeError) -> bool:
    """Whether an error means that a GPU ran out of memory; CUDA's libraries word this differently.

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
    """Make standard output escape characters that its encoding lacks, instead of failing."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def shown(names: Sequence[str], most: int = 3) -> str:
    """List the first names in a message, and say how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
