"""Downloads: retried, checked, and given their name only when complete."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import http.client
import logging
import os
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import BinaryIO

_BLOCK = 1 << 18
_TIMEOUT_S = 60.0  # without any data
_TEMPORARY = (408, 425, 429, 500, 502, 503, 504)  # HTTP status

log = logging.getLogger(__name__)


class DownloadError(RuntimeError):
    """A file could not be fetched."""


def download(
    url: str, path: Path, *, checksum: str, max_bytes: int, attempts: int = 5, wait_s: float = 2.0
) -> Path:
    """Fetch ``url`` to ``path`` unless the right file is there already.

    The bytes go to a hidden ``.part`` file beside ``path``, which is renamed to ``path`` once its
    checksum (``"sha256:..."`` or ``"md5:..."``) is right. Two processes that ask for the same path
    take turns. The wait of ``wait_s`` is doubled before each further attempt.

    Raises
    ------
    DownloadError
        If the server does not deliver.
    ValueError
        If the file is larger than ``max_bytes``, its checksum is wrong, or ``path`` already holds
        other content.
    """
    path = path.expanduser()
    if path.exists():
        return check_file(path, checksum)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_name(f".{path.name}.part"), "a+b") as part:
        fcntl.flock(part, fcntl.LOCK_EX)
        if path.exists():  # another process was faster
            return check_file(path, checksum)
        for attempt in range(1, attempts + 1):
            log.info("fetching %s, attempt %d of %d", url, attempt, attempts)
            try:
                _fetch(url, part, max_bytes)
                break
            except (OSError, http.client.HTTPException) as error:
                if attempt == attempts or not _may_pass(error):
                    by_hand = f"or fetch it by other means and save it as {path}"
                    raise DownloadError(f"{url}: {error}; {by_hand}") from error
                log.warning("%s: %s; trying again", url, error)
            time.sleep(wait_s * 2 ** (attempt - 1))
        check_file(Path(part.name), checksum, url)
        os.fsync(part.fileno())
        return Path(part.name).replace(path)


def check_file(
    path: Path, checksum: str, source: str = "", *, advice: str = "remove or replace it"
) -> Path:
    """Return ``path`` if the file has this checksum, or raise a ValueError."""
    algorithm = checksum.partition(":")[0]
    with open(path, "rb") as file:
        actual = f"{algorithm}:{hashlib.file_digest(file, algorithm).hexdigest()}"
    if actual != checksum:
        end = "" if source else f"; {advice}"
        raise ValueError(f"{source or path} has checksum {actual}, expected {checksum}{end}")
    return path


def check_published(path: Path, checksum: str) -> Path:
    """Like :func:`check_file`, for a file that ``download: false`` would read unchecked."""
    advice = "remove or replace it, or set download: false to read it as it is"
    return check_file(path, checksum, advice=advice)


def _may_pass(error: Exception) -> bool:
    """Whether another attempt may succeed; the error of a full disk is raised at once."""
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        raise error
    return not isinstance(error, urllib.error.HTTPError) or error.code in _TEMPORARY


def _fetch(url: str, part: BinaryIO, max_bytes: int) -> None:
    part.seek(0)
    part.truncate()
    request = urllib.request.Request(url, headers={"User-Agent": "fairprune"})
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
        while block := response.read(_BLOCK):
            if part.tell() + len(block) > max_bytes:
                raise ValueError(f"{url} has more than the {max_bytes} bytes allowed")
            part.write(block)
        if response.length:  # what the server announced and did not send
            raise ConnectionError(f"the connection ended {response.length} bytes early")
    part.flush()
