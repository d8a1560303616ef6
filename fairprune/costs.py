"""What a piece of work cost: time, peak memory and device, as a small JSON file.

Times live in these files and in the ``costs`` tables made from them, and nowhere else, so that
every other table is the same bytes on every run.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fairprune.atomic import atomic_path

STAGES = ("query", "score", "selection", "final")


@contextmanager
def measured(
    path: Path | str,
    *,
    stage: str,
    name: str,
    density: str | None = None,
    seed: int | None = None,
    device: str = "cpu",
) -> Iterator[None]:
    """Measure the work done inside and write its cost when it succeeds.

    ``memory_mb`` is the peak of the process so far (resident set), or on a GPU the peak of
    the memory allocated there inside.
    """
    if stage not in STAGES:
        raise ValueError(f"stage must be one of {', '.join(STAGES)}, got {stage!r}")
    on_gpu = device.startswith("cuda")
    if on_gpu:
        sys.modules["torch"].cuda.reset_peak_memory_stats(device)
    start = time.perf_counter()
    yield
    if on_gpu:
        cuda = sys.modules["torch"].cuda
        cuda.synchronize(device)
        memory_mb = cuda.max_memory_allocated(device) / 2**20
        device = cuda.get_device_name(device)
    else:
        memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cost = {
        "stage": stage,
        "name": name,
        "density": None if density is None else float(density),
        "seed": seed,
        "time_s": time.perf_counter() - start,
        "memory_mb": memory_mb,
        "device": device,
    }
    with atomic_path(path) as temporary:
        Path(temporary).write_text(json.dumps(cost))


def read_cost(path: Path | str) -> dict[str, object]:
    """One row of the ``costs`` table, without its experiment."""
    return json.loads(Path(path).read_text())
