"""Named arrays in one file, with their provenance."""

import numpy as np
import pytest

from fairprune.storage.arrays import read_arrays, write_arrays

ARRAYS = {"index": np.arange(3), "embedding": np.ones((3, 2), np.float32)}


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
