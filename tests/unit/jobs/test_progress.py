"""How far a workflow is and how long it still takes, in one line."""

import io
import logging

import pytest

from fairprune.jobs.progress import CLEAR, Progress
from fairprune.jobs.time_left import Costs, Work, seconds_left


def final(experiment="birds", density="1.0", share=1.0, seed="0"):
    names = {"experiment": experiment, "method": "random", "density": density, "seed": seed}
    return Work("final", names, share)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def event(name, **fields):
    record = logging.LogRecord("snakemake", logging.INFO, "", 0, "", None, None)
    vars(record).update(event=name, **fields)
    return record


def test_a_job_takes_what_those_of_its_experiment_took_else_of_its_rule():
    costs = Costs()
    assert costs.expected_s(final()) is None
    costs.add(final("birds"), 100)
    assert costs.expected_s(final("cats")) == 100
    costs.add(final("cats"), 10)
    assert costs.expected_s(final("cats")) == 10
    assert costs.expected_s(final("dogs")) == 55


def test_a_final_training_takes_as_its_steps():
    costs = Costs()
    costs.add(final(density="0.5"), 75)
    assert costs.expected_s(final(density="1.0")) == pytest.approx(100)
    assert costs.expected_s(final(density="0.1")) == pytest.approx(55)
    assert Work("final_kept", {"density": "0.1"}).steps == final(density="0.1").steps


def test_jobs_beside_each_other_take_less_time_in_all():
    costs = Costs()
    costs.add(final(), 100)
    half = final(share=0.5)
    assert seconds_left(costs, [half, half], [(half, 60.0)]) == (0.5 * (100 + 100 + 40), True)
    assert seconds_left(costs, [], [(half, 500.0)]) == (0.0, True)
    assert seconds_left(costs, [Work("query", {})], []) == (0.0, False)


@pytest.fixture
def progress():
    progress = Progress(Terminal())
    progress.waiting = {1: final(seed="1"), 2: final(seed="2"), 3: final(seed="3")}
    return progress


def test_the_line_counts_what_is_done_and_names_what_runs(progress):
    assert progress.line() == "0 of 3 jobs done"
    progress.emit(event("job_started", jobs=[1, 2]))
    assert progress.line() == "0 of 3 jobs done, final birds/random/1.0/seed1 and 1 more"
    progress.emit(event("job_finished", job_id=1))
    assert progress.line().startswith("1 of 3 jobs done, final birds/random/1.0/seed2")
    progress.emit(event("job_error", jobid=2, log=["logs/two.log"]))
    assert progress.line().startswith("1 of 3 jobs done, 1 failed")
    assert "seed2 failed; log: logs/two.log\n" in progress._stream.getvalue()


def test_a_job_that_is_tried_again_counts_as_any_other(progress):
    progress.emit(event("job_started", jobs=[1]))
    progress.emit(event("job_error", jobid=1, log=[]))
    progress.emit(event("job_started", jobs=[1]))
    assert progress.line() == "0 of 3 jobs done, final birds/random/1.0/seed1"
    progress.emit(event("job_finished", job_id=1))
    assert progress.line().startswith("1 of 3 jobs done, about")


def test_time_left_is_known_when_one_is_done(progress, monkeypatch):
    clock = iter([0.0, *[60.0] * 9])
    monkeypatch.setattr("fairprune.jobs.progress.time.monotonic", lambda: next(clock))
    progress.emit(event("job_started", jobs=[1]))
    progress.emit(event("job_finished", job_id=1))
    assert progress.line() == "1 of 3 jobs done, about 2 min left"


def test_a_terminals_line_makes_room_for_other_messages(progress):
    progress.emit(event("job_started", jobs=[1]))
    assert progress._stream.getvalue() == f"{CLEAR}{progress.line()}"
    assert progress.lets_pass(event(None))
    assert progress._stream.getvalue().endswith(CLEAR)
    assert not progress.lets_pass(event("job_finished", job_id=1))


def test_elsewhere_lines_are_written_now_and_then(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("fairprune.jobs.progress.time.monotonic", lambda: clock[0])
    progress = Progress(io.StringIO())
    progress.waiting = {number: final(seed=str(number)) for number in range(101)}
    for number in range(100):
        clock[0] += 100
        progress.emit(event("job_started", jobs=[number]))
        progress.emit(event("job_finished", job_id=number))
    lines = progress._stream.getvalue().splitlines()
    assert 20 < len(lines) < 90  # fewer the longer it runs
    assert CLEAR not in "".join(lines) and "9 of 101 jobs done" in lines[-1]
