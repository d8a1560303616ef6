"""What the processor is said to have, on Linux and elsewhere."""

import pytest
import torch

from fairprune._processor import has_bfloat16, n_cores


def test_cores_are_those_of_the_process_where_the_system_sets_them(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {3, 5})
    assert n_cores() == 2
    monkeypatch.delattr("os.sched_getaffinity")  # as on macOS
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    assert n_cores() == 8


@pytest.mark.parametrize("has", [True, False])
def test_a_processor_has_bfloat16_where_onednn_says_so(monkeypatch, has):
    assert has_bfloat16() in (True, False)
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: has)
    assert has_bfloat16() is has
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert not has_bfloat16()
