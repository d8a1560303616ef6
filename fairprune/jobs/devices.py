"""Which device a job computes on: leases on the visible GPUs.

Snakemake counts GPUs and does not say which one is meant. A job takes one by locking a file
of the node: ``<tmp>/fairprune-<user>[-<Slurm job>]/<device>.<slots>.<number>``, whose name says how
many may share the device with it. The kernel drops the lock when the process ends, however it
ends. Under Slurm the scheduler has already narrowed
``CUDA_VISIBLE_DEVICES``, and folders are per Slurm job, because each job may see its own
"device 0".

Devices are named by UUID where the driver tells it, so that one job that was given indices and
another that was given UUIDs lock the same file. Indices count in the driver's order, as in
``nvidia-smi``. A driver that is there and does not answer fails the job: names would differ, or a
training meant for a GPU would take days on the CPU.
"""

from __future__ import annotations

import fcntl
import gc
import glob
import logging
import os
import random
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

_POLL_S = 0.5
_RETRIES_S = (0.5, 1, 2, 4)  # how long to wait before asking a driver again that failed
_NONE = ("", "-1", "NoDevFiles")  # names of no device; the last is what Slurm sets
_LIST = ("nvidia-smi", "--list-gpus")
_LISTED = re.compile(r"^(?:GPU (?P<index>\d+):)?.*\(UUID: (?P<uuid>\S+)\)", re.MULTILINE)


class DeviceError(RuntimeError):
    """A device that was asked for cannot be had."""


def visible_devices() -> list[str]:
    """The GPUs this process may use, each once: UUIDs, or what the environment says.

    ``CUDA_VISIBLE_DEVICES`` decides where it is set, even when it is empty; otherwise all that
    the driver lists. As in CUDA, the first token that names no device ends the list; without a
    driver, tokens are taken as they are.

    Raises
    ------
    DeviceError
        If there is a driver, and it fails again and again.
    """
    by_index = _driver_devices()
    listed = [uuid for uuids in by_index.values() for uuid in uuids]
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return listed

    devices: list[str] = []
    for token in map(str.strip, visible.split(",")):
        if token in _NONE:
            break
        begun = [uuid for uuid in listed if uuid.startswith(token)][:1]
        named = by_index.get(token, begun) if by_index else [token]
        if not named:
            break
        devices += named
    return list(dict.fromkeys(devices))


def _driver_devices() -> dict[str, list[str]]:
    """UUIDs by index of the GPU: its own, or those of its MIG instances where it is split."""
    devices: dict[str, list[str]] = {}
    instances: dict[str, list[str]] = {}
    index = ""
    for line in _LISTED.finditer(_driver_listing()):
        index = line["index"] or index
        (devices if line["index"] else instances).setdefault(index, []).append(line["uuid"])
    return devices | instances


def _driver_listing() -> str:
    """What the driver lists, asked again where it fails; nothing where there is no driver."""
    if shutil.which(_LIST[0], mode=os.F_OK) is None:
        return ""
    for wait_s in (*_RETRIES_S, None):
        try:
            asked = subprocess.run(_LIST, capture_output=True, text=True, timeout=60)
            problem = (asked.stderr or asked.stdout).strip() or f"exit status {asked.returncode}"
            if asked.returncode == 0 or "no devices" in problem.lower():
                return asked.stdout
        except (OSError, subprocess.SubprocessError) as error:
            problem = str(error)
        if wait_s is not None:
            log.warning("%s failed (%s); asking again in %g s", _LIST[0], problem, wait_s)
            time.sleep(wait_s)
    raise DeviceError(
        f"`{' '.join(_LIST)}` failed {len(_RETRIES_S) + 1} times, the last time with: {problem}; "
        "see to the driver, or set `gpu: 0` in the configuration of the experiment to compute on "
        "the CPU"
    )


def lease_folder() -> Path:
    """Folder of the lock files: node-local, per user, per Slurm job."""
    job = os.environ.get("SLURM_JOB_ID")
    name = f"fairprune-{os.getuid()}" + (f"-{job}" if job else "")
    folder = Path(os.environ.get("FAIRPRUNE_LEASES") or tempfile.gettempdir()) / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise DeviceError(
            f"{folder} belongs to another user; set FAIRPRUNE_LEASES to another folder"
        )
    return folder


@contextmanager
def lease(tokens: Sequence[str], slots: int = 1, timeout_s: float = float("inf")) -> Iterator[str]:
    """Hold one of the devices while the block runs; gives its token.

    Parameters
    ----------
    tokens : sequence of str
        The pool, at least one.
    slots : int
        How many jobs, this one included, may share one device; if the jobs on it say different
        numbers, the smallest holds. The device with the fewest jobs is taken, ties in the order of
        the pool; so devices are shared only when none is empty.
    timeout_s : float
        How long to wait for a free one.

    Raises
    ------
    DeviceError
        If none became free in time.
    """
    descriptor, token = _wait_for_lock(lease_folder(), tokens, slots, timeout_s)
    try:
        yield token
    finally:
        _unlock(descriptor)


def _wait_for_lock(
    folder: Path, tokens: Sequence[str], slots: int, timeout_s: float
) -> tuple[int, str]:
    deadline, waiting = time.monotonic() + timeout_s, False
    while (held := _try_lock(folder, tokens, slots)) is None:
        if time.monotonic() > deadline:
            raise DeviceError(f"no free device among {', '.join(tokens)} within {timeout_s:g} s")
        if not waiting:
            log.info("waiting for a free device among %s", ", ".join(tokens))
            waiting = True
        time.sleep(_POLL_S * random.uniform(0.5, 1.5))
    return held


def _try_lock(folder: Path, tokens: Sequence[str], slots: int) -> tuple[int, str] | None:
    """Lock a slot of the emptiest device; one process chooses at a time."""
    with open(folder / "choose", "w") as chooser:
        fcntl.flock(chooser, fcntl.LOCK_EX)
        holders = {token: _holders(folder, token) for token in tokens}
        free = [token for token, held in holders.items() if len(held) < min([slots, *held])]
        if not free:
            return None
        chosen = min(free, key=lambda token: len(holders[token]))
        locks = (_lock(folder / f"{_name(chosen)}.{slots}.{i}") for i in range(slots))
        return next(lock for lock in locks if lock is not None), chosen


def _holders(folder: Path, token: str) -> list[int]:
    """For each job on a device, how many may share it."""
    held = []
    for path in folder.glob(f"{glob.escape(_name(token))}.*.*"):
        descriptor = _lock(path)
        if descriptor is None:
            held.append(int(path.name.split(".")[-2]))
        else:
            _unlock(descriptor)
    return held


def _name(token: str) -> str:
    return token.replace("/", "_")


def _lock(path: Path) -> int | None:
    """Descriptor of a file, now locked; None if another process holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _unlock(descriptor: int) -> None:
    """Free a lock even where a forked child still has the descriptor."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


@contextmanager
def compute_device(gpu: int, slots: int = 1, threads: int = 1) -> Iterator[Any]:
    """The torch device of this job: a leased GPU, or the CPU with a fixed number of threads.

    Must be entered before torch initialises CUDA. With ``gpu`` 0 no GPU is touched. A machine
    without any GPU computes on the CPU and the log says so.
    """
    devices = visible_devices() if gpu else []
    if devices:
        with lease(devices, slots) as token:
            os.environ["CUDA_VISIBLE_DEVICES"] = token
            log.info("computing on GPU %s", token)
            yield _torch_device("cuda:0", threads)
        return
    if gpu:
        visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
        if visible.partition(",")[0].strip() not in _NONE:
            raise DeviceError(
                f"CUDA_VISIBLE_DEVICES is {visible!r}, which names no GPU that "
                f"`{' '.join(_LIST)}` lists; set it to one of them, or to -1 for the CPU"
            )
        log.warning("a GPU was asked for and none is visible: computing on the CPU")
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    yield _torch_device("cpu", threads)


def job_device(snakemake: Any) -> AbstractContextManager[Any]:
    """The device that a job's rule asks for."""
    asked = snakemake.resources
    return compute_device(asked.gpu, asked.gpu_slots, snakemake.params.threads)


def score_device(snakemake: Any) -> AbstractContextManager[Any]:
    """The device of a score's job; scores from records alone never import torch."""
    runs_model = snakemake.input.get("model") is not None
    return job_device(snakemake) if runs_model else nullcontext("cpu")


def _torch_device(name: str, threads: int) -> Any:
    gc.disable()  # what an import makes stays; a tenth of its time would go into searching it
    try:
        import torch
    finally:
        gc.freeze()
        gc.enable()
    torch.set_num_threads(threads)
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise DeviceError(
            f"PyTorch {torch.__version__} cannot use the GPU leased to this job, "
            f"{os.environ['CUDA_VISIBLE_DEVICES']}; install a build of PyTorch for the driver of "
            "this machine, or set `gpu: 0` in the configuration of the experiment"
        )
    return torch.device(name)
