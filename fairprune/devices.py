"""Which device a job computes on: leases on the visible GPUs.

Snakemake counts GPUs and does not say which one is meant. A job takes one by locking a file
of the node: ``<tmp>/fairprune-<user>[-<Slurm job>]/<device>.<slot>``. The kernel drops the lock
when the process ends, however it ends. Under Slurm the scheduler has already narrowed
``CUDA_VISIBLE_DEVICES``, and folders are per Slurm job, because each job may see its own
"device 0".
"""

from __future__ import annotations

import fcntl
import logging
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

_POLL_S = 0.5


class DeviceError(RuntimeError):
    """A device that was asked for cannot be had."""


def visible_devices() -> list[str]:
    """Tokens of the GPUs this process may use: indices, UUIDs or MIG names.

    ``CUDA_VISIBLE_DEVICES`` decides where it is set, even when it is empty; otherwise the
    driver's list of UUIDs.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [token.strip() for token in visible.split(",") if token.strip()]
    try:
        listed = subprocess.run(
            ["nvidia-smi", "--query-gpu=uuid", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return listed.stdout.split()


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
def lease(
    tokens: Sequence[str] | None = None, slots: int = 1, timeout_s: float = float("inf")
) -> Iterator[str]:
    """Hold one of the devices while the block runs; gives its token.

    Parameters
    ----------
    tokens : sequence of str, optional
        The pool; :func:`visible_devices` by default.
    slots : int
        Jobs that may share one device.
    timeout_s : float
        How long to wait for a free one.

    Raises
    ------
    DeviceError
        If there are no devices, or none became free in time.
    """
    tokens = visible_devices() if tokens is None else list(tokens)
    if not tokens:
        raise DeviceError(
            "this job asks for a GPU and none is visible; set `gpu: 0` in the configuration "
            "of the experiment to compute on the CPU"
        )
    folder, deadline = lease_folder(), time.monotonic() + timeout_s
    while True:
        held = _try_lock(folder, tokens, slots)
        if held is not None:
            break
        if time.monotonic() > deadline:
            raise DeviceError(f"no free device among {tokens} within {timeout_s:g} s")
        time.sleep(_POLL_S * random.uniform(0.5, 1.5))
    descriptor, token = held
    try:
        yield token
    finally:
        os.close(descriptor)


def _try_lock(folder: Path, tokens: Sequence[str], slots: int) -> tuple[int, str] | None:
    for slot in range(slots):
        for token in tokens:
            name = token.replace("/", "_")
            descriptor = os.open(folder / f"{name}.{slot}", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                continue
            return descriptor, token
    return None


@contextmanager
def compute_device(gpu: int, slots: int = 1, threads: int = 1) -> Iterator:
    """The torch device of this job: a leased GPU, or the CPU with a fixed number of threads.

    Must be entered before torch initialises CUDA. With ``gpu`` 0 no GPU is touched. A machine
    without any GPU computes on the CPU and the log says so.
    """
    if gpu and visible_devices():
        with lease(slots=slots) as token:
            os.environ["CUDA_VISIBLE_DEVICES"] = token
            log.info("computing on GPU %s", token)
            yield _torch_device("cuda:0", threads)
        return
    if gpu:
        log.warning("a GPU was asked for and none is visible: computing on the CPU")
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    yield _torch_device("cpu", threads)


@contextmanager
def score_device(snakemake: Any) -> Iterator[Any]:
    """The device of a score's job; scores from records alone never import torch."""
    if snakemake.input.get("model") is None:
        yield "cpu"
        return
    params = snakemake.params
    with compute_device(snakemake.resources.gpu, params.gpu_slots, params.threads) as device:
        yield device


def _torch_device(name: str, threads: int):
    import torch

    torch.set_num_threads(threads)
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise DeviceError(f"PyTorch {torch.__version__} cannot use the GPU leased to this job")
    return torch.device(name)
