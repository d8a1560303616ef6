"""The frame around each job of the workflow: its log, and failures that people can read."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FORMAT = "%(asctime)s %(levelname)s %(message)s"


@contextmanager
def job(rule: str, log_file: str | Path) -> Iterator[None]:
    """Log to ``log_file``; on an error say in a sentence what failed, and end with status 1.

    The log keeps the traceback; warnings and errors also go to the terminal.
    """
    handlers: list[logging.Handler] = [logging.FileHandler(log_file, mode="w")]
    terminal = logging.StreamHandler()
    terminal.setLevel(logging.WARNING)
    logging.basicConfig(
        level=logging.INFO, format=_FORMAT, handlers=[*handlers, terminal], force=True
    )
    try:
        yield
    except Exception as error:
        with open(log_file, "a") as log:
            log.write(traceback.format_exc())
        print(f"\n{rule} failed: {explain(error)}\nLog: {log_file}", file=sys.stderr)
        sys.exit(1)


def explain(error: Exception) -> str:
    """What went wrong, and where known, what to do."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return f"out of memory ({error}); lower training.batch_size, or gpu_slots on a shared GPU"
    if isinstance(error, ModuleNotFoundError):
        return f"the package {error.name!r} is not installed; `pip install .` installs all of them"
    if isinstance(error, PermissionError):
        return f"no permission for {error.filename}"
    if isinstance(error, OSError) and error.errno == 28:
        return f"no space left on the disk of {error.filename or 'the results'}"
    return f"{error}" if isinstance(error, (ValueError, RuntimeError)) else repr(error)
