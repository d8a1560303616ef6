"""Downloads that survive: resumed, retried, checked, and named only when they are whole."""

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
from io import BufferedIOBase
from pathlib import Path
from typing import BinaryIO, cast

_BLOCK = 1 << 18
_PROGRESS_S = 5.0
_TEMPORARY = (408, 425, 429, 500, 502, 503, 504)

NO_SPACE = (errno.ENOSPC, errno.EDQUOT)

log = logging.getLogger(__name__)


class DownloadError(RuntimeError):
    """A file could not be fetched."""


def download(
    url: str,
    path: Path | str,
    *,
    checksum: str,
    max_bytes: int,
    attempts: int = 5,
    wait_s: float = 2.0,
    timeout_s: float = 60.0,
) -> Path:
    """Fetch ``url`` to ``path`` unless the right file is there already.

    The bytes are collected in a hidden ``.part`` file beside ``path``, which a later call
    resumes, also after a crash; it takes the name ``path`` when its checksum is right. Two
    processes that ask for the same path take turns.

    Parameters
    ----------
    url : str
        ``http`` or ``https``.
    path : path
        Its folder is made if it is missing.
    checksum : str
        ``"sha256:..."`` or ``"md5:..."``, hexadecimal.
    max_bytes : int
        Size above which the download stops.
    attempts : int, default=5
    wait_s : float, default=2
        Before the second attempt; doubled before each further one.
    timeout_s : float, default=60
        Without any data.

    Raises
    ------
    DownloadError
        If the server does not deliver.
    ValueError
        If the file is larger than ``max_bytes``, its checksum is wrong, or a file of another
        content has the name already.
    """
    path = Path(path)
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"url must start with http:// or https://, got {url!r}")
    if path.exists():
        return check_file(path, checksum)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_name(f".{path.name}.part"), "a+b") as part:
        fcntl.flock(part, fcntl.LOCK_EX)
        if path.exists():  # another process was faster
            return check_file(path, checksum)
        try:
            _fetch_until_right(
                url,
                part,
                checksum=checksum,
                max_bytes=max_bytes,
                attempts=attempts,
                wait_s=wait_s,
                timeout_s=timeout_s,
            )
        except DownloadError as error:
            message = f"{error}; or fetch it by other means and save it as {path}"
            raise DownloadError(message) from error
        os.fsync(part.fileno())
        Path(part.name).replace(path)
    log.info("downloaded %s", path)
    return path


def check_file(path: Path, checksum: str) -> Path:
    """Return ``path`` if the file has this checksum.

    Raises
    ------
    ValueError
        If it does not.
    """
    with open(path, "rb") as file:
        found = _digest(file, checksum)
    if found != checksum:
        raise ValueError(f"{path} has checksum {found}, expected {checksum}; remove or replace it")
    return path


def _fetch_until_right(
    url: str,
    part: BinaryIO,
    *,
    checksum: str,
    max_bytes: int,
    attempts: int,
    wait_s: float,
    timeout_s: float,
) -> None:
    """Complete ``part``; a resumed one whose checksum is wrong is fetched anew."""
    failure = "no attempt allowed"
    for attempt in range(attempts):
        if attempt:
            log.warning("%s: %s; trying again", url, failure)
            time.sleep(wait_s * 2 ** (attempt - 1))
        resumed = part.seek(0, os.SEEK_END) > 0
        if resumed and _digest(part, checksum) == checksum:
            return
        try:
            _fetch(url, part, max_bytes, timeout_s)
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, OSError) and error.errno in NO_SPACE:
                raise OSError(error.errno, error.strerror, part.name) from error
            failure = _reason(error)
            if not _worth_retrying(error, part):
                break
            continue
        found = _digest(part, checksum)
        if found == checksum:
            return
        part.truncate(0)
        failure = f"checksum {found}, expected {checksum}"
        if not resumed:
            raise ValueError(f"{url}: {failure}")
    raise DownloadError(f"{url}: {failure}")


def _worth_retrying(error: Exception, part: BinaryIO) -> bool:
    if not isinstance(error, urllib.error.HTTPError):
        return True
    if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        part.truncate(0)  # what is there is longer than the file
        return True
    return error.code in _TEMPORARY


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP status {error.code} {error.reason}"
    return str(getattr(error, "reason", None) or error) or type(error).__name__


def _fetch(url: str, part: BinaryIO, max_bytes: int, timeout_s: float) -> None:
    """Append what is missing of ``url`` to ``part``."""
    have = part.seek(0, os.SEEK_END)
    headers = {"User-Agent": "fairprune", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=timeout_s) as response:
        if have and response.status != http.HTTPStatus.PARTIAL_CONTENT:
            part.truncate(0)  # the server sends everything again
            have = 0
        length = response.headers.get("Content-Length")
        total = have + int(length) if length and length.isdigit() else None
        if total is not None and total > max_bytes:
            raise ValueError(f"{url} has {total} bytes, allowed are {max_bytes}")
        have = _copy(url, response, part, have, total, max_bytes)
    part.flush()
    if total is not None and have < total:
        raise ConnectionError(f"the connection ended after {have} of {total} bytes")


def _copy(
    url: str, response: BinaryIO, part: BinaryIO, have: int, total: int | None, max_bytes: int
) -> int:
    reported = time.monotonic()
    while block := response.read(_BLOCK):
        have += len(block)
        if have > max_bytes:
            part.truncate(0)
            raise ValueError(f"{url} has more than the {max_bytes} bytes allowed")
        part.write(block)
        if time.monotonic() - reported > _PROGRESS_S:
            reported = time.monotonic()
            share = f" of {total / 1e6:.1f}" if total else ""
            log.info("%s: %.1f%s MB", url, have / 1e6, share)
    return have


def _digest(file: BinaryIO, checksum: str) -> str:
    algorithm, _, expected = checksum.partition(":")
    if algorithm not in ("md5", "sha256") or not expected:
        raise ValueError(f"checksum must be 'md5:...' or 'sha256:...', got {checksum!r}")
    file.flush()
    file.seek(0)
    digest = hashlib.file_digest(cast(BufferedIOBase, file), algorithm)
    return f"{algorithm}:{digest.hexdigest()}"
