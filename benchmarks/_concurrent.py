"""Time several processes that do the same work at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier

from benchmarks._measure import Elapsed

_PATIENCE_S = 600


def elapsed(prepare: Callable[..., Callable[[], object]], n: int, *arguments: object) -> Elapsed:
    """Seconds from the moment all n processes are prepared until all are done.

    Parameters
    ----------
    prepare : callable
        Defined in a module. Called with ``arguments`` in each process, it returns the work that is
        timed.
    """
    context = get_context("spawn")
    barrier = context.Barrier(n + 1, timeout=_PATIENCE_S)
    processes = [
        context.Process(target=_work, args=(barrier, prepare, arguments)) for _ in range(n)
    ]
    for process in processes:
        process.start()
    try:
        barrier.wait()
        start = time.perf_counter()
        barrier.wait()
        return Elapsed(time.perf_counter() - start)
    finally:
        for process in processes:
            process.join()


def _work(barrier: Barrier, prepare: Callable[..., Callable[[], object]], arguments: tuple) -> None:
    try:
        work = prepare(*arguments)
        barrier.wait()
        work()
        _synchronize()
        barrier.wait()
    except BaseException:
        barrier.abort()
        raise


def _synchronize() -> None:
    import torch

    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
