"""What a machine has for a study, and what is missing."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from fairprune._processor import has_bfloat16, n_cores
from fairprune.jobs.devices import visible_devices
from fairprune.study.project import project_file
from fairprune.version import __version__

PACKAGES = ("snakemake", "torch", "torchvision", "numpy", "pandas", "pyarrow", "jsonschema")
_FULL_GB = 1  # of a disk with less than this


def examine(folder: Path) -> Iterator[tuple[bool, str]]:
    """Whether each thing that a study needs is there, and what there is."""
    python = f"Python {platform.python_version()} ({sys.executable})"
    yield (3, 11) <= sys.version_info[:2] <= (3, 13), python
    yield True, f"fairprune {__version__}, workflow in {project_file('Snakefile').parent}"
    for package in PACKAGES:
        yield _package(package)
    yield True, f"{n_cores()} cores{_without_bfloat16()}, {_memory_gb():.0f} GB of memory"
    yield _gpus()
    yield _disk(folder)


def _package(name: str) -> tuple[bool, str]:
    try:
        return True, f"{name} {version(name)}"
    except PackageNotFoundError:
        return False, f"{name} is not installed; pip install 'fairprune[workflow]' installs it"


def _without_bfloat16() -> str:
    try:
        return "" if has_bfloat16() else " without bfloat16 (use float32 on them)"
    except ImportError:  # of PyTorch, which has a line of its own
        return ""


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _gpus() -> tuple[bool, str]:
    """Those that the driver lists, and whether PyTorch can use them."""
    devices = visible_devices()
    if not devices:
        return True, "no GPU: trainings run on the CPU"
    try:
        from torch import cuda
    except ImportError:
        return False, f"{len(devices)} GPUs, but PyTorch is not there to use them"
    if not cuda.is_available():
        return False, f"{len(devices)} GPUs that this PyTorch cannot use: another build, or driver?"
    names = ", ".join(cuda.get_device_name(number) for number in range(cuda.device_count()))
    return True, f"{len(devices)} GPUs: {names}"


def _disk(folder: Path) -> tuple[bool, str]:
    if not folder.is_dir():
        return False, f"{folder.resolve()} is no folder"
    free_gb = shutil.disk_usage(folder).free / 2**30
    writable = os.access(folder, os.W_OK)
    text = f"{free_gb:.0f} GB free in {folder.resolve()}"
    return writable and free_gb > _FULL_GB, text if writable else f"{text}, which is read-only"
