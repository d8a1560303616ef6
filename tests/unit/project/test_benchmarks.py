"""The benchmarks run, and their table says what was measured."""

import dataclasses
import re

import pytest

from benchmarks import __main__ as command
from benchmarks import _measure, _table
from benchmarks._measure import Bench, Elapsed, Goal, Side
from benchmarks._study_size import images_seen

TAILS = (2, 5, 10, 20)
FULL = Bench("topic", repeats=3, threads=1)


@pytest.mark.parametrize("topic", command.topics())
def test_every_topic_runs_in_quick_mode(topic):
    rows = list(command.measure(topic, repeats=1, threads=1, quick=True))
    assert rows or topic == "study"  # which looks at a study that has run
    for row in rows:
        assert row.topic == topic and row.goal is None
        assert 0 < row.min_s <= row.time_s <= row.max_s
        assert (row.ratio is None) == (row.reference_s is None)
        assert row.ratio is not None or row.reference is None or "not installed" in row.note


def seconds(*values):
    """A call that claims to take these seconds, one after the other."""
    values = iter(values)
    return lambda: Elapsed(next(values))


def test_the_images_of_the_study_are_counted_from_its_configuration():
    """CIFAR by hand: 3 seeds of 2 methods on all and of 16 pruned, a query of 160 and 10 of 16."""
    pruned = sum(d * 5000 * ((10 + d) * 160 // (2 * d)) for d in range(1, 10))
    expected = 50_000 * (3 * 2 * 160 + 160 + 10 * 16) + 3 * 16 * pruned
    seen = images_seen()
    assert seen["cifar10"] == seen["cifar100"] == expected
    sets = [100_000, *(sum(int(500 * f ** (-k / 199) + 1e-9) for k in range(200)) for f in TAILS)]
    shares = [332, *[48] * 4]  # full trainings of docs/reproduce.md, rounded
    full = 200 * sum(n * share for n, share in zip(sets, shares, strict=True))
    assert seen["tinyimagenet"] == pytest.approx(full, rel=0.005)


def test_medians_per_unit_after_a_warm_up():
    ours, reference = Side("ours", seconds(9, 4, 2, 6), units=2), Side("slow", seconds(1, 8, 4, 5))
    (row,) = FULL.compare("work", ours, reference)
    assert (row.time_s, row.min_s, row.max_s) == (2, 1, 3)
    assert (row.reference_s, row.reference_min_s, row.reference_max_s) == (5, 4, 8)
    assert (row.ratio, row.repeats) == (0.4, 3)


def test_sides_take_turns():
    calls = []
    sides = [Side(name, lambda name=name: calls.append(name)) for name in "abc"]
    rows = list(FULL.compare("work", *sides))
    assert "".join(calls) == 4 * "abc"
    assert [row.reference for row in rows] == ["b", "c"]


def test_share_of_the_best_limit(monkeypatch):
    probes = (seconds(1, 1, 1, 1), 10.0), (seconds(1, 1, 1, 1), 40.0)
    monkeypatch.setattr(_measure._limits, "arithmetic", lambda *_: probes)
    ours = Side("ours", seconds(2, 2, 2, 2), goal=Goal("limit_share", at_least=0.7))
    (row,) = FULL.compare("work", ours, flop=20, precision="float32")
    assert (row.limit, row.limit_rate, row.limit_share) == ("arithmetic, float32", 40, 0.25)
    assert (row.goal, row.met) == ("at least 70%", False)
    assert "**not met**" in _table.markdown([row])


def test_goals_stand_in_the_rows_they_are_of():
    ours = Side("ours", seconds(1, 1, 1, 1), goal=Goal("time_s", at_most=1))
    step = Side("step", seconds(1, 1, 1, 1), goal=Goal("ratio", at_most=0.5))
    absent = Side.missing("peer")
    rows = list(FULL.compare("work", ours, step, absent))
    assert [(row.goal, row.met) for row in rows] == [("at most 0.5x", False), ("at most 1 s", True)]
    assert rows[1].reference_s is None and "peer is not installed" in rows[1].note


def test_the_file_keeps_rows_of_other_topics_of_the_same_machine(tmp_path, monkeypatch):
    path = tmp_path / "benchmarks.parquet"
    (row,) = FULL.compare("work", Side("ours", seconds(1, 1, 1, 1)))
    other = dataclasses.replace(row, topic="other")
    _table.save(path, [row], ["topic"])
    newer = dataclasses.replace(row, time_s=2.0)
    assert _table.save(path, [other], ["other"]) == [other, row]
    assert _table.save(path, [newer], ["topic"]) == [other, newer] == _table.load(path)
    monkeypatch.setattr(_table, "machine", lambda: {"processor": "another"})
    assert _table.save(path, [other], ["other"]) == [other]


def test_the_table_goes_between_its_marks(tmp_path):
    page = tmp_path / "page.md"
    (row,) = FULL.compare("work \\1", Side("ours", seconds(1, 1, 1, 1)))
    page.write_text("before\n<!-- benchmarks -->\nold\n<!-- end of benchmarks -->\nafter\n")
    _table.write_into(page, [row])
    _table.write_into(page, [row])
    text = page.read_text()
    assert re.fullmatch(
        r"before\n<!-- benchmarks -->\n.*work \\1.*\n<!-- end of benchmarks -->\nafter\n",
        text,
        re.S,
    )
    assert "old" not in text and text.count("work \\1") == 1
    page.write_text("no marks")
    with pytest.raises(ValueError, match="no place for the table"):
        _table.write_into(page, [row])


def test_unknown_topics_are_named(capsys):
    with pytest.raises(SystemExit):
        command.main(["kcentre"])
    assert "unknown topic kcentre; known: " in capsys.readouterr().err
