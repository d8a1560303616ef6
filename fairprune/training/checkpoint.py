"""Progress of a training on disk: saved atomically, loaded as weights only.

A checkpoint belongs to the run that its key identifies. A checkpoint of another run, or one with a
wrong checksum, is reported and ignored; the run then starts from the beginning.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch

from fairprune.storage.atomic import atomic_path, file_hash

_CHECKSUM_BYTES = hashlib.sha256().digest_size

log = logging.getLogger(__name__)


def run_key(settings: Mapping[str, Any], *, device: torch.device, **inputs: Path) -> str:
    """Key of a run: its settings (JSON-serialisable) and the content of its input files.

    The key also covers the type of device and the number of threads, since results depend on both.
    """
    hashes = {name: file_hash(path) for name, path in inputs.items()}
    machine = {"device": device.type, "threads": torch.get_num_threads()}
    run = {"settings": settings, "inputs": hashes, "machine": machine}
    text = json.dumps(run, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def save_checkpoint(path: Path, key: str, state: dict) -> None:
    """Write ``state`` (tensors and plain containers) with the run's ``key``, after a checksum."""
    content = io.BytesIO()
    torch.save({"key": key, "state": state}, content)
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        file.write(hashlib.sha256(content.getbuffer()).digest())
        file.write(content.getbuffer())


def load_checkpoint(
    path: Path, key: str, device: torch.device, parts: Iterable[str] = ()
) -> dict | None:
    """Load the state saved with ``key`` if it has at least these parts; otherwise return None."""
    if not path.exists():
        return None
    try:
        content = memoryview(path.read_bytes())
        checksum, content = content[:_CHECKSUM_BYTES], content[_CHECKSUM_BYTES:]
        if hashlib.sha256(content).digest() != checksum:
            raise ValueError("its checksum is wrong")
        stored = torch.load(io.BytesIO(content), map_location=device, weights_only=True)
        if stored["key"] != key:
            log.warning("%s belongs to another run and is not used", path)
            return None
        missing = sorted(set(parts) - set(stored["state"]))
    except Exception as error:  # torch raises many types on files it did not write
        log.warning("%s cannot be read (%s); starting from the beginning", path, error)
        return None
    if missing:
        lacks = ", ".join(missing)
        log.warning("%s is not complete (it lacks %s); starting from the beginning", path, lacks)
        return None
    return stored["state"]
