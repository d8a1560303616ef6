"""What a piece of work cost: time, peak memory and device, as a small JSON file.

Times live in these files and in the ``costs`` tables made from them, and nowhere else, so that
every other table is the same bytes on every run.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairprune._text import problem
from fairprune.storage.atomic import write_text
from fairprune.study.experiment import canonical_density

log = logging.getLogger(__name__)

_FIELDS = {"stage", "name", "density", "round", "seed", "time_s", "memory_mb", "device"}


@dataclass
class Spent:
    """Seconds spent on work, interrupted jobs whose checkpoint was used included."""

    began: float
    earlier_s: float = 0.0

    @property
    def time_s(self) -> float:
        """All until now."""
        return self.earlier_s + time.perf_counter() - self.began


@contextmanager
def measured(
    path: Path | str,
    *,
    stage: str,
    name: str,
    seed: int,
    density: str | None = None,
    round_number: int | None = None,
    device: str = "cpu",
) -> Iterator[Spent]:
    """Measure the work done inside and write its cost when it succeeds.

    ``time_s`` includes what the block sets as ``earlier_s``. ``memory_mb`` is the peak resident
    memory of the process so far, or on a GPU the peak allocated there during the block.
    """
    on_gpu = device.startswith("cuda")
    if on_gpu:
        cuda = sys.modules["torch"].cuda
        cuda.init()  # the work inside may load its model only later
        cuda.reset_peak_memory_stats(device)

    log.info("%s of %s begins", stage, name)
    spent = Spent(time.perf_counter())
    yield spent
    if on_gpu:
        cuda.synchronize(device)
        memory_mb = cuda.max_memory_allocated(device) / 2**20
        device = cuda.get_device_name(device)
    else:
        bytes_each = 1 if sys.platform == "darwin" else 1024
        memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * bytes_each / 2**20

    cost = {
        "stage": stage,
        "name": name,
        "density": None if density is None else float(density),
        "round": round_number,
        "seed": seed,
        "time_s": spent.time_s,
        "memory_mb": memory_mb,
        "device": device,
    }
    write_text(path, json.dumps(cost))


def read_cost(path: Path | str) -> dict[str, Any]:
    """One row of the ``costs`` table, without its experiment.

    Raises
    ------
    ValueError
        If the file is damaged.
    FileNotFoundError
        If there is none.
    """
    try:
        stored = json.loads(Path(path).read_text(encoding="utf-8"))
        cost = {"round": None} | stored  # costs of earlier versions have no round
        if cost.keys() != _FIELDS:
            raise ValueError(f"keys must be {', '.join(sorted(_FIELDS))}")
    except FileNotFoundError:
        raise
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"{path} is not a readable cost: {problem(error)}") from error
    return cost


def place_of_cost(cost: Mapping[str, Any]) -> str:
    """Where a cost lies under ``{experiment}/costs``.

    Examples
    --------
    >>> place_of_cost({"stage": "query", "name": "full", "density": None, "round": None, "seed": 3})
    'query/full/seed3.json'
    """
    parts = [cost["stage"], cost["name"]]
    if cost["density"] is not None:
        parts.append(f"density{canonical_density(cost['density'])}")
    if cost["round"] is not None:
        parts.append(f"round{cost['round']}")
    return "/".join([*parts, f"seed{cost['seed']}.json"])
