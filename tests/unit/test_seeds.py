import numpy as np
import pytest
import torch

from fairprune.seeds import numpy_generator, seed_sequence, torch_generator


def test_same_names_give_the_same_stream_whenever_they_are_asked_for():
    first = numpy_generator("order", 3).random(5)
    numpy_generator("something", "else").random(100)
    assert np.array_equal(first, numpy_generator("order", "3").random(5))


def test_different_names_give_different_streams():
    streams = [("a",), ("b",), ("a", "b"), ("ab",), ("a", 0), ("a", 1)]
    draws = {tuple(numpy_generator(*names).integers(0, 2**62, 2)) for names in streams}
    assert len(draws) == len(streams)


def test_torch_streams_are_reproducible_and_distinct():
    draw = [torch.rand(3, generator=torch_generator("order", n)).tolist() for n in (1, 1, 2)]
    assert draw[0] == draw[1] != draw[2]


def test_a_stream_needs_a_name():
    with pytest.raises(ValueError, match="at least one name"):
        seed_sequence()
