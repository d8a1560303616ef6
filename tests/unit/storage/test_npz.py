"""Arrays in files that anybody may have made, or damaged."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairprune.storage.npz import read_arrays, read_npz, write_arrays

ARRAYS = {"order": np.arange(40), "value": np.linspace(0, 1, 8, dtype=np.float32).reshape(2, 4)}


@pytest.fixture
def path(tmp_path):
    np.savez(tmp_path / "a.npz", **ARRAYS)
    return tmp_path / "a.npz"


def test_arrays_come_back(path):
    found = read_npz(path)
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), new=st.binary(max_size=4))
def test_a_damaged_file_gives_the_arrays_or_is_named(path, place, new):
    content = path.read_bytes()
    start = int(place * len(content))
    damaged = content[:start] + (new + content[start + len(new) :] if new else b"")
    path.write_bytes(damaged)
    try:
        found = read_npz(path)
    except ValueError as error:
        assert str(error).startswith(f"{path} is not a readable .npz: ")
    else:
        for name, array in found.items():
            np.testing.assert_array_equal(array, ARRAYS[name])
    finally:
        path.write_bytes(content)


def test_objects_are_named_with_what_to_save(tmp_path):
    ids = np.array(["a", "b"], dtype=object)  # as a column of pandas gives
    np.savez(tmp_path / "a.npz", id=ids, embedding=np.zeros((2, 3)))
    with pytest.raises(
        ValueError, match=r"a\.npz is not .*: 'id' holds .* text by \.astype\(str\)"
    ):
        read_npz(tmp_path / "a.npz")


def test_python_objects_that_repeat_are_refused_as_such(tmp_path):
    np.savez(tmp_path / "x.npz", label=np.array(["a", "b"] * 300, dtype=object))
    with pytest.raises(ValueError, match="'label' holds Python objects: save numbers, or text"):
        read_npz(tmp_path / "x.npz")


@pytest.mark.parametrize("byte", [b"\x00", b"<", b"\xff"])
def test_no_damaged_byte_of_the_directory_hides_an_array(tmp_path, byte):
    path = tmp_path / "results" / "artifact.npz"
    path.parent.mkdir()
    write_arrays(path, ARRAYS, {"entry": {"a": 1}, "seed": 0})
    content, (_, about) = path.read_bytes(), read_arrays(path)
    for place in range(content.index(b"PK\x01\x02"), len(content)):
        path.write_bytes(content[:place] + byte + content[place + 1 :])
        try:
            found = read_arrays(path)
        except ValueError as error:
            assert str(path) in str(error)
        else:
            assert set(found[0]) == set(ARRAYS) and found[1] == about
