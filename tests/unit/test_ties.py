"""The order in which equals are taken."""

import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairprune.ties import tie_order
from tests.reference.ties import mix, tie_hash

WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
IDS = st.one_of(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=30, unique=True),
    st.lists(WORDS, min_size=1, max_size=30, unique=True),
)


@given(IDS, st.integers(0, 9))
def test_against_whole_numbers_one_at_a_time(ids, seed):
    found = [ids[i] for i in tie_order(ids, "examples", seed)]
    assert found == sorted(ids, key=lambda name: tie_hash(name, "examples", seed))


def test_the_reference_is_splitmix64():
    assert mix(0) == 0xE220A8397B1DCDAF  # its first output from state 0, as published


def test_the_order_is_the_same_in_every_process():
    ids = "['a', 'b/1.png', 'b/2.png', 'a longer name, of several words']"
    code = f"from fairprune.ties import tie_order; print(tie_order({ids}, 'examples').tolist())"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert printed.stdout == b"[2, 1, 3, 0]\n"
    assert tie_order(np.arange(8), "examples").tolist() == [5, 3, 1, 6, 0, 2, 4, 7]


@given(IDS, st.randoms())
def test_the_order_of_ids_does_not_matter_nor_which_others_there_are(ids, random):
    ordered = [ids[i] for i in tie_order(ids, "examples")]
    part = random.sample(ids, random.randint(1, len(ids)))
    found = [part[i] for i in tie_order(part, "examples")]
    assert found == [name for name in ordered if name in set(part)]


def test_similar_ids_are_spread():
    """Of 10 classes of 1000 ids each, sorted, every class is in every tenth of the order."""
    for ids in (
        np.arange(10_000),
        [f"train/{i // 1000}/{i % 1000:05d}.png" for i in range(10_000)],
    ):
        order = tie_order(ids, "examples")
        tenths = np.array([np.bincount(part // 1000, minlength=10) for part in np.split(order, 10)])
        assert np.abs(tenths - 100).max() < 5 * (100 * 0.9) ** 0.5


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["a", "b", "a"], "ids must be unique, .*'a'.* occurs twice"),
        ([3, 1, 3], "ids must be unique, .*3.* occurs twice"),
        (
            [0.5, 1.0],
            r"ids must be whole numbers or text, got ids\[0\] = 0.5 in an array of float64",
        ),
        (np.array(["a", None], object), r"ids must be whole numbers or text, got ids\[1\] = None"),
        ([["a"]], r"ids must be one-dimensional, got shape \(1, 1\)"),
    ],
)
def test_bad_ids(ids, message):
    with pytest.raises(ValueError, match=message):
        tie_order(ids, "examples")


def test_imagenet_sized_ids_are_fast():
    ids = np.array([f"n{i % 1000:08d}/n{i % 1000:08d}_{i}.JPEG" for i in range(1_281_167)], object)
    start = time.process_time()
    tie_order(ids, "examples")
    assert time.process_time() - start < 3  # 0.9 s measured
