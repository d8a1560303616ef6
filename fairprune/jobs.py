"""The frame around each job of the workflow: its log, and failures that people can read."""

from __future__ import annotations

import errno
import logging
import signal
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)

_FORMAT = "%(asctime)s %(levelname)s %(message)s"
_SHOWN_LINES = 5
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


class Stopped(BaseException):
    """The job was asked to end before it was done; no handler of errors on the way takes it."""


@contextmanager
def job(rule: str, log_file: str | Path) -> Iterator[None]:
    """Log to ``log_file``; on an error say in a sentence what failed, and end with status 1.

    The log keeps the traceback; warnings and errors also go to the terminal. SIGINT and SIGTERM,
    by which people and schedulers end jobs, count as errors: half-written files are removed.
    """
    file, terminal = logging.FileHandler(log_file, mode="w"), logging.StreamHandler()
    terminal.setLevel(logging.WARNING)
    logging.basicConfig(level=logging.INFO, format=_FORMAT, handlers=[file, terminal], force=True)
    before = {number: signal.signal(number, _stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except (Exception, Stopped) as error:
        last_lines = _tail(log_file)
        terminal.setLevel(logging.CRITICAL)
        log.exception("%s failed", rule)
        print(_report(rule, explain(error), log_file, last_lines), file=sys.stderr)
        sys.exit(1)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(signum: int, frame: object) -> None:
    raise Stopped(signal.Signals(signum).name)


def _tail(log_file: str | Path) -> list[str]:
    with open(log_file, errors="replace") as lines:
        return list(deque(lines, maxlen=_SHOWN_LINES))


def _report(rule: str, explanation: str, log_file: str | Path, last_lines: list[str]) -> str:
    text = f"\n{rule} failed: {explanation}\n"
    if last_lines:
        text += "It had logged:\n" + "".join(f"    {line}" for line in last_lines)
    return text + f"Log with the traceback: {log_file}"


def explain(error: BaseException) -> str:
    """What went wrong, and where known, what to do, in a sentence."""
    message = str(error)
    match error:
        case Stopped():
            return (
                f"stopped by {error} (cancelled, or out of time); run the same command again to "
                "go on from the last checkpoint, with a larger `runtime` if time ran out"
            )
        case ModuleNotFoundError(name=str(name)) if not name.startswith("fairprune"):
            return (
                f"the package {name.partition('.')[0]!r} is not installed; "
                "`pip install '.[workflow]'` in this project's folder installs all it needs"
            )
        case MemoryError():
            return f"out of host memory ({message}); raise `mem_mb`, or run fewer jobs at once"
        case PermissionError():
            return f"no permission for {_path(error)}; check who owns it and its folder"
        case OSError(errno=int(number)) if number in _NO_SPACE:
            return f"no space left on the disk of {_path(error)}; free some and run again"
        case RuntimeError():
            return _explain_runtime_error(error, message)
        case ValueError():
            return message
    return f"{type(error).__name__}: {message}"


def _path(error: OSError) -> str:
    return str(error.filename or "the results")


def _explain_runtime_error(error: RuntimeError, message: str) -> str:
    """PyTorch reports much as RuntimeError that has types of its own elsewhere."""
    first = message.partition("\n")[0]
    if type(error).__name__ == "OutOfMemoryError" or "ALLOC_FAILED" in message:
        return (
            f"out of GPU memory ({first}); lower `training.batch_size` of this experiment, or "
            "`gpu_slots` if jobs share the GPU"
        )
    if "can't allocate memory" in message:
        return f"out of host memory ({first}); raise `mem_mb`, or run fewer jobs at once"
    if "inline_container" in message or "PytorchStreamWriter" in message:
        return f"a file could not be written ({first}); is there space left on the disk?"
    if message.startswith("CUDA error") or "CUDA driver" in message:
        return f"the GPU failed ({first}); see `nvidia-smi`, and run the same command again"
    return message
