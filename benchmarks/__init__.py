"""Benchmarks: what the work of this package costs, beside references and the machine's limits.

    make bench                           everything; results/benchmarks.parquet, and a table
    python -m benchmarks kcenter         one topic; rows of the other topics are kept
    python -m benchmarks --quick         tiny sizes, to see that the benchmarks still run

A topic is a file here with one public function, ``rows(bench)``, that yields rows; files that begin
with an underscore are the plumbing. A topic prepares its data, names the ways of doing the work
(:class:`~benchmarks._measure.Side`: ours, then references) and passes them to
:meth:`~benchmarks._measure.Bench.compare`. This measures them and the limits of the machine in
turns, so that load from elsewhere affects all of them alike.
"""
