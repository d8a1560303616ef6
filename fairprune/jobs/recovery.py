"""The same command again goes on after any death of the workflow.

What a killed Snakemake leaves in its folder is cleared away by the next: locks and backups
(only when no other is alive, which a lock of the kernel tells), and damaged outputs. Jobs end
with the Snakemake that started them, so that none goes on writing beside those of the next.
"""

from __future__ import annotations

import fcntl
import os
import select
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from fairprune.jobs.seals import set_damaged_aside

_STARTED_BY = "FAIRPRUNE_SNAKEMAKE"
_GRACE_S = 10


def enter(folder: Path, report: Callable[[str], None]) -> bool:
    """Join those who run Snakemake in ``folder``; one that is alone clears away what others left.

    The lock that tells who is there is held until this process ends, however it ends.

    Parameters
    ----------
    folder : path
        The working directory.
    report : callable
        Takes the sentences that the user should see.

    Returns
    -------
    bool
        Whether it is known that no other is at work.
    """
    state = folder / ".snakemake"
    state.mkdir(exist_ok=True)
    presence = os.open(state / "fairprune.lock", os.O_RDWR | os.O_CREAT, 0o666)
    try:
        if alone := _alone(presence):
            _clear_away(state)
            for path in set_damaged_aside(folder):
                report(
                    f"{path} is not what its job wrote: cut off, overwritten or edited. It is "
                    f"kept as {path.name}.damaged, and made again where it is needed."
                )
        else:
            report(
                "Another Snakemake is at work in this folder; of two that make the same files "
                "the second is refused."
            )
        fcntl.flock(presence, fcntl.LOCK_SH)
        return alone
    except OSError as error:
        report(f"Nothing is cleared away after a crash: no file locks here ({error}).")
        return False


def _alone(presence: int) -> bool:
    try:
        fcntl.flock(presence, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _clear_away(state: Path) -> None:
    """Remove Snakemake's locks, its copies of outputs being updated, and what jobs said last."""
    for name in ("locks", "backups", "failures"):
        shutil.rmtree(state / name, ignore_errors=True)


def mark(results: Iterable[tuple[Path, bool]], alone: bool) -> None:
    """Mark results that are not finished as Snakemake does those of a job that did not end.

    One that is alone takes back the marks of finished results: settings that they did not fit
    were only tried. Otherwise a mark may be that of a job at work.
    """
    from snakemake.persistence.file import FilePersistence  # type: ignore[import-untyped]

    marks = FilePersistence(nolock=True)
    for path, finished in results:
        if not finished:
            marks._mark_incomplete(str(path), None)
        elif alone:
            marks._unmark_incomplete(str(path))


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
