"""What the jobs of a study took, from the plan, Snakemake's measurements and the logs."""

import pytest

from benchmarks._jobs import _EVENT, Job, _parse
from benchmarks.study import by_rule
from fairprune.jobs.cost import measured

PLAN = """
[Wed Nov 25 08:34:09 2026]
rule final:
    input: results/data/d/examples.parquet
    output: results/tiny/final/m/a.parquet (update), results/tiny/costs/final/m/a.json (update), \
results/tiny/costs/final/m/b.json (update)
    jobid: 9
    log: logs/final.log
    benchmark: logs/benchmarks/final.tsv
    resources: tmpdir=/tmp, gpu=0, mem_mb=8000, mem=8 GB, mem_mib=7630

[Wed Nov 25 08:34:09 2026]
localrule quotas:
    output: results/tiny/quotas/q.parquet
    log: logs/quotas.log
    benchmark: logs/benchmarks/quotas.tsv
    resources: tmpdir=/tmp
rule figure:
    output: results/figures/f.pdf
    benchmark: logs/benchmarks/not_run.tsv
    resources: tmpdir=/tmp, mem_mb=500

Job stats:
"""


FINAL_LOG = """2026-11-25 08:34:11,100 INFO final started
2026-11-25 08:34:12,000 INFO final of m begins
2026-11-25 08:34:13,900 INFO tiny/m/density0.1/seed0: epoch 1/1, loss 2.1015
2026-11-25 08:34:14,000 INFO final of m begins
2026-11-25 08:34:20,000 INFO final finished
"""
QUOTAS_LOG = """2026-11-25 08:34:09,300 INFO quotas started
2026-11-25 08:34:09,400 INFO quotas finished
"""


def test_jobs_have_their_time_overhead_and_memory(tmp_path):
    """Overhead is what lies before the first work and after the end of the script."""
    logs = tmp_path / "logs/benchmarks"
    logs.mkdir(parents=True)
    (logs / "final.tsv").write_text("s\th:m:s\tmax_rss\n10.5\t0:00:10\t792.25\n")
    (logs / "quotas.tsv").write_text("s\th:m:s\tmax_rss\n0.5\t0:00:00\t-\n")
    (logs.parent / "final.log").write_text(FINAL_LOG)
    (logs.parent / "quotas.log").write_text(QUOTAS_LOG)
    jobs = list(_parse(PLAN, tmp_path))
    assert jobs == [
        Job("final", 10.5, pytest.approx(2.5), 792.25, 8000),
        Job("quotas", 0.5, pytest.approx(0.4), None, None),
    ]
    lines = [line.split() for line in by_rule(jobs).splitlines()]
    assert lines[1:] == [
        ["final", "1", "10.5", "10.50", "2.5", "792", "8000"],
        ["quotas", "1", "0.5", "0.50", "0.4"],
    ]


def test_measured_work_marks_its_beginning_in_the_log(tmp_path, caplog):
    caplog.set_level("INFO")
    with measured(tmp_path / "cost.json", stage="final", name="m", seed=0):
        (message,) = caplog.messages
    ((_, event),) = _EVENT.findall(f"2026-11-25 08:34:12,000 INFO {message}")
    assert event == "begins"
