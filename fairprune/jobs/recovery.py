"""One workflow at a time writes results, and its jobs end with it.

The kernel sees to both, however a process dies: it frees the lock on a file beside the results, and
tells a job when the process that started it has ended. So the same command goes on after any death.
Nothing has to be cleared away, and no orphan writes beside new jobs.
"""

from __future__ import annotations

import fcntl
import logging
import os
import select
import signal
import threading
import time
from collections.abc import Iterable
from pathlib import Path

CHECKPOINT = ".checkpoint.pt"  # in place of the suffix of the result that it leads to
LOCK = ".lock"
_STARTED_BY = "FAIRPRUNE_SNAKEMAKE"
_GRACE_S = 10
_STEP_NS = 1000  # between files of different times: what Snakemake's seconds as floats tell apart

log = logging.getLogger(__name__)


class ResultsError(RuntimeError):
    """The results cannot be written by this workflow now."""


def hold(results: Path) -> None:
    """Lock ``results`` for this process until it ends, however it ends.

    A file system without locks lets everybody pass.

    Raises
    ------
    ResultsError
        If another process holds them, in this folder or through a link to it, or the lock cannot be
        opened.
    """
    try:
        results.mkdir(parents=True, exist_ok=True)
        descriptor = _open_lock(results / LOCK)
    except OSError as error:
        raise ResultsError(
            f"{error.filename} cannot be opened ({error.strerror}): it must be a file that you may "
            "read, in a folder that you may write; delete it if no Snakemake is at work there"
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise ResultsError(
            f"another Snakemake is at work on {results.resolve()}; wait for it, or give both "
            "targets to one command"
        ) from None
    except OSError:
        os.close(descriptor)


def _open_lock(path: Path) -> int:
    """For writing, which network file systems need; that of another user for reading."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except PermissionError:
        return os.open(path, os.O_RDONLY)


def bring_to_present(results: Path) -> None:
    """Set times of files that lie in the future to now, and keep their order.

    Files come from the future when a clock was set back, or in an archive from a machine whose
    clock is ahead. Snakemake fails a job whose outputs are older than an input, and removes them,
    however long they took.

    Raises
    ------
    ResultsError
        If the time of a file cannot be set.
    """
    now = time.time_ns()
    ahead: dict[int, list[Path]] = {}
    for path in results.rglob("*"):
        if path.is_symlink() or not path.is_file():  # links lead to files of the user's own
            continue
        if (changed := path.stat().st_mtime_ns) > now:
            ahead.setdefault(changed, []).append(path)
    for rank, changed in enumerate(sorted(ahead, reverse=True)):
        present = now - rank * _STEP_NS
        for path in ahead[changed]:
            try:
                os.utime(path, ns=(present, present))
            except OSError as error:
                reason = f", and its time cannot be set ({error.strerror})"
                raise ResultsError(_of_the_future(path, changed, reason)) from None
    if ahead:
        n = sum(map(len, ahead.values()))
        log.warning("%d files of %s were of the future; they have the present time now", n, results)


def check_times(files: Iterable[Path]) -> None:
    """Refuse inputs of the user whose times lie in the future; they are not touched.

    Raises
    ------
    ResultsError
        Naming the first.
    """
    for path in files:
        if path.exists() and (changed := path.stat().st_mtime_ns) > time.time_ns():
            raise ResultsError(_of_the_future(path, changed))


def _of_the_future(path: Path, changed_ns: int, more: str = "") -> str:
    when = time.ctime(changed_ns / 1e9)
    return f"{path} was changed in the future, at {when}{more}; `touch` it when the clock is right"


def forget_checkpoints(results: Path) -> None:
    """Remove the checkpoints of trainings that have a result.

    For when Snakemake has ended: it has then removed the results of failed jobs, however late.
    """
    for checkpoint in results.rglob(f"*{CHECKPOINT}"):
        if checkpoint.with_name(checkpoint.name.replace(CHECKPOINT, ".parquet")).exists():
            checkpoint.unlink()


def tie_jobs_to_this_process() -> None:
    """Jobs started from here on end with this process; see :func:`end_with_snakemake`."""
    os.environ[_STARTED_BY] = str(os.getpid())


def end_with_snakemake() -> None:
    """End this process, a job, when the Snakemake that started it ends."""
    started_by = os.environ.get(_STARTED_BY)
    if started_by:
        threading.Thread(target=_end_with, args=(int(started_by),), daemon=True).start()


def _end_with(pid: int) -> None:
    _wait_for_end(pid)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_S)  # for half-written files to be removed
    os.kill(os.getpid(), signal.SIGKILL)


def _wait_for_end(pid: int) -> None:
    try:
        watched = select.poll()
        watched.register(os.pidfd_open(pid), select.POLLIN)
        watched.poll()
    except ProcessLookupError:
        return
    except (AttributeError, OSError):  # no such call outside Linux
        while _is_alive(pid):
            time.sleep(1)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
