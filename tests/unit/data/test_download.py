"""Downloads against a server on this machine that misbehaves on demand."""

import errno
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from fairprune.data._download import DownloadError, download

CONTENT = bytes(range(256)) * 40
CHECKSUM = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


class Server(ThreadingHTTPServer):
    """Answers each request as the next entry of ``plan`` says, then normally."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.plan, self.n_requests, self.content = [], 0, CONTENT

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/file"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.n_requests += 1
        step = self.server.plan.pop(0) if self.server.plan else "ok"
        if isinstance(step, int):
            return self.send_error(step)
        content = self.server.content
        self.send_response(200)
        if step != "no length":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: 3000 if step == "truncated" else len(content)])

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def fetch(server, path, **options):
    options = {"checksum": CHECKSUM, "max_bytes": 20_000, "wait_s": 0.0} | options
    return download(server.url, path, **options)


def test_download_is_whole_and_leaves_nothing_else(server, tmp_path):
    path = fetch(server, tmp_path / "new" / "file")
    assert path.read_bytes() == CONTENT
    assert list(path.parent.iterdir()) == [path]


def test_file_that_is_there_is_not_fetched_again(server, tmp_path):
    fetch(server, tmp_path / "file")
    fetch(server, tmp_path / "file", checksum=f"md5:{hashlib.md5(CONTENT).hexdigest()}")
    assert server.n_requests == 1


def test_file_of_other_content_is_refused_and_kept(server, tmp_path):
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(ValueError, match="remove or replace it"):
        fetch(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"mine" and not server.n_requests


def test_truncated_body_is_fetched_again(server, tmp_path):
    server.plan = ["truncated", "truncated"]
    assert fetch(server, tmp_path / "file").read_bytes() == CONTENT
    assert server.n_requests == 3


def test_an_interrupted_download_never_gets_the_name(server, tmp_path):
    server.plan = ["truncated"]
    with pytest.raises(DownloadError, match="ended 7240 bytes early"):
        fetch(server, tmp_path / "file", attempts=1)
    assert not (tmp_path / "file").exists()
    assert fetch(server, tmp_path / "file").read_bytes() == CONTENT


def test_server_that_names_no_length_is_fine(server, tmp_path):
    server.plan = ["no length"]
    assert fetch(server, tmp_path / "file").read_bytes() == CONTENT


def test_wrong_checksum_is_an_error_and_no_file(server, tmp_path):
    server.content = CONTENT[::-1]
    with pytest.raises(ValueError, match="/file has checksum .*, expected sha256:"):
        fetch(server, tmp_path / "file")
    assert not (tmp_path / "file").exists() and server.n_requests == 1


def test_missing_file_is_not_tried_again(server, tmp_path):
    server.plan = [404]
    with pytest.raises(DownloadError, match=r"404: Not Found; or fetch .* save it as .*file"):
        fetch(server, tmp_path / "file")
    assert server.n_requests == 1


def test_busy_server_is_tried_again_until_attempts_end(server, tmp_path):
    server.plan = [503, 503]
    assert fetch(server, tmp_path / "a").read_bytes() == CONTENT
    server.plan = [503, 503, 503]
    with pytest.raises(DownloadError, match="503"):
        fetch(server, tmp_path / "b", attempts=3)


def test_unreachable_server_is_a_clear_error(tmp_path):
    with Server() as closed:
        url = closed.url
    with pytest.raises(DownloadError, match="refused"):
        download(url, tmp_path / "f", checksum=CHECKSUM, max_bytes=9, attempts=2, wait_s=0.0)


@pytest.mark.parametrize("plan", [["ok"], ["no length"]])
def test_too_large_file_is_refused(server, tmp_path, plan):
    server.plan = plan
    with pytest.raises(ValueError, match="100"):
        fetch(server, tmp_path / "file", max_bytes=100)
    assert not (tmp_path / "file").exists()


def test_what_a_killed_download_left_does_not_count(server, tmp_path):
    (tmp_path / ".file.part").write_bytes(bytes(15_000))
    assert fetch(server, tmp_path / "file").read_bytes() == CONTENT


def test_simultaneous_downloads_of_one_path_fetch_it_once(server, tmp_path):
    threads = [threading.Thread(target=fetch, args=(server, tmp_path / "file")) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert server.n_requests == 1


def test_a_full_disk_is_said_at_once(server, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("fairprune.data._download._fetch", full)
    with pytest.raises(OSError, match="No space left on device"):
        fetch(server, tmp_path / "file", wait_s=60)
