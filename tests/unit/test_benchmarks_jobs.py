"""What the jobs of a study took, from the plan, Snakemake's measurements and the costs."""

import json

from benchmarks._jobs import Job, _parse, overhead_s
from benchmarks.study import by_rule

PLAN = """
[Wed Nov 25 08:34:09 2026]
rule final_tiny_2:
    input: results/data/d/examples.parquet
    output: results/tiny/final/m/a.parquet (update), results/tiny/costs/final/m/a.json (update), \
results/tiny/costs/final/m/b.json (update)
    jobid: 9
    benchmark: logs/benchmarks/final.tsv
    resources: tmpdir=/tmp, gpu=0, mem_mb=8000, mem=8 GB, mem_mib=7630

[Wed Nov 25 08:34:09 2026]
localrule quotas:
    output: results/tiny/quotas/q.parquet
    benchmark: logs/benchmarks/quotas.tsv
    resources: tmpdir=/tmp
rule figure:
    output: results/figures/f.pdf
    benchmark: logs/benchmarks/not_run.tsv
    resources: tmpdir=/tmp, mem_mb=500

Job stats:
"""


def test_jobs_have_their_time_work_and_memory(tmp_path):
    logs, costs = tmp_path / "logs/benchmarks", tmp_path / "results/tiny/costs/final/m"
    logs.mkdir(parents=True)
    costs.mkdir(parents=True)
    (logs / "final.tsv").write_text("s\th:m:s\tmax_rss\n10.5\t0:00:10\t792.25\n")
    (logs / "quotas.tsv").write_text("s\th:m:s\tmax_rss\n0.5\t0:00:00\t-\n")
    for name, seconds in (("a", 3.0), ("b", 4.5)):
        (costs / f"{name}.json").write_text(json.dumps({"time_s": seconds}))
    jobs = list(_parse(PLAN, tmp_path))
    assert jobs == [
        Job("final", 10.5, 7.5, 792.25, 8000),
        Job("quotas", 0.5, None, None, None),
    ]
    assert overhead_s(jobs) == 3
    lines = [line.split() for line in by_rule(jobs).splitlines()]
    assert lines[1:] == [
        ["final", "1", "10.5", "10.50", "3.0", "792", "8000"],
        ["quotas", "1", "0.5", "0.50"],
    ]
