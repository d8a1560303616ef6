"""The frame around each job of the workflow: its log, and failures that people can read."""

from __future__ import annotations

import errno
import gc
import logging
import re
import shutil
import signal
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from fairprune._text import is_out_of_gpu_memory
from fairprune.jobs.origins import check_inputs
from fairprune.jobs.progress import CLEAR
from fairprune.jobs.recovery import end_with_snakemake

log = logging.getLogger(__name__)

FAILURES = Path(".snakemake/failures")
_FORMAT = "%(asctime)s %(levelname)s %(message)s"
_SHOWN_LINES = 5
_MARKS = (" started\n", " begins\n")  # in the log for its times; they explain no failure
_KILLED = (
    "it was killed before it could say why. If memory ran out, raise `mem_mb`, or run fewer jobs "
    "at once; the same command goes on from the last checkpoint"
)
_MADE_AGAIN = re.compile(r"results/\S.* is not a readable ")  # and not the user's own files
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_SHORT_WRITE = re.compile(r"\d+ requested and \d+ written")  # NumPy's words for a full disk


class Stopped(BaseException):
    """The job was asked to end before it was done. No handler of errors catches this."""


@contextmanager
def job(snakemake: Any) -> Iterator[None]:
    """The frame of a script: a log, and failures in a sentence with status 1.

    The log keeps the traceback; warnings and errors also go to the terminal. SIGINT and SIGTERM,
    by which people and schedulers end jobs, count as errors: half-written files are removed.
    The job ends when the Snakemake that started it does. Its inputs are looked at first, see
    :func:`fairprune.jobs.origins.check_inputs`.

    Parameters
    ----------
    snakemake : object
        What Snakemake gives a script: of it ``rule``, ``log``, ``input`` and ``config`` are used.
    """
    rule, log_file = snakemake.rule, snakemake.log[0]
    try:
        file = logging.FileHandler(log_file, mode="w", encoding="utf-8")
    except OSError as error:
        print(f"\n{rule} failed: its log: {explain(error)}", file=sys.stderr)
        sys.exit(1)
    terminal = logging.StreamHandler()
    terminal.setLevel(logging.WARNING)
    if sys.stderr.isatty():  # where the line of the workflow's progress stands
        terminal.setFormatter(logging.Formatter(CLEAR + _FORMAT))
    logging.basicConfig(level=logging.INFO, format=_FORMAT, handlers=[file, terminal], force=True)
    note = FAILURES / str(log_file).strip("/").replace("/", "%")

    before = {number: signal.signal(number, _stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        end_with_snakemake()
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(_report(rule, _KILLED, log_file, []), encoding="utf-8")
        log.info("%s started", rule)
        check_inputs(map(str, snakemake.input), snakemake.config)
        yield
        log.info("%s finished", rule)
        note.unlink(missing_ok=True)
    except (Exception, Stopped) as error:
        last_lines = _tail(log_file)
        terminal.setLevel(logging.CRITICAL)
        log.exception("%s failed", rule)
        report = _report(rule, explain(error), log_file, last_lines)
        print(f"\n{report}", file=sys.stderr)
        with suppress(OSError):  # such as a full disk, which the report is about
            note.write_text(report, encoding="utf-8")
        sys.exit(1)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        gc.freeze()  # the process ends: no last search of all modules for garbage


def paths(files: Any) -> dict[str, Any]:
    """The named inputs or outputs of a job: each a path, or a list of paths."""
    return {
        name: Path(value) if isinstance(value, str) else [Path(path) for path in value]
        for name, value in files.items()
    }


def failures() -> str:
    """The reasons that failed jobs gave; for a killed job, that it gave none.

    A reason that many jobs share, such as a full disk, appears once.
    """
    by_reason: dict[str, list[str]] = {}
    for note in sorted(FAILURES.glob("*")):
        text = note.read_text(encoding="utf-8", errors="replace")
        by_reason.setdefault(text.partition("\n")[0], []).append(text)

    said = []
    for first, *others in by_reason.values():
        more = f"\nThe same reason: {len(others):,} more, see {FAILURES}" if others else ""
        said.append(first + more)
    return "\n\n".join(said)


def forget_failures() -> None:
    """Remove what the jobs of an earlier run said."""
    shutil.rmtree(FAILURES, ignore_errors=True)


def _stop(signum: int, frame: object) -> None:
    raise Stopped(signal.Signals(signum).name)


def _tail(log_file: str | Path) -> list[str]:
    with open(log_file, encoding="utf-8", errors="replace") as lines:
        return list(deque((x for x in lines if not x.endswith(_MARKS)), maxlen=_SHOWN_LINES))


def _report(rule: str, explanation: str, log_file: str | Path, last_lines: list[str]) -> str:
    text = f"{rule} failed: {explanation}\n"
    if last_lines:
        text += "It had logged:\n" + "".join(f"    {line}" for line in last_lines)
    return text + f"Log: {log_file}"


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
        case OSError() if _SHORT_WRITE.fullmatch(message):
            return f"a file could not be written ({message}); is there space left on the disk?"
        case RuntimeError():
            return _explain_runtime_error(error, message)
        case ValueError() if _MADE_AGAIN.match(message):
            return f"{message}; delete that file and run the same command again"
        case ValueError():
            return message
    return f"{type(error).__name__}: {message}"


def _path(error: OSError) -> str:
    return str(error.filename or "the results")


def _explain_runtime_error(error: RuntimeError, message: str) -> str:
    """PyTorch reports much as RuntimeError that has types of its own elsewhere."""
    first = message.partition("\n")[0]
    if is_out_of_gpu_memory(error):
        return (
            f"out of GPU memory ({first}); lower `training.batch_size` of this experiment, or "
            "`gpu_slots` if jobs share the GPU"
        )
    if "can't allocate memory" in message:
        return f"out of host memory ({first}); raise `mem_mb`, or run fewer jobs at once"
    if any(word in message for word in ("inline_container", "PytorchStreamWriter", "iostream")):
        return f"a file could not be written ({first}); is there space left on the disk?"
    if message.startswith("CUDA error") or "CUDA driver" in message:
        return f"the GPU failed ({first}); see `nvidia-smi`, and run the same command again"
    return message
