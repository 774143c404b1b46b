"""Downloads against a real server on loopback."""

import hashlib
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.errors import UserError
from benchmarks.files.download import (
    Source,
    copy,
    download,
    is_present,
)

CONTENT = bytes(range(256)) * 4_000
SOURCE = Source(
    name="table.bin",
    repository="owner/repository",
    commit="0123abc",
    path="folder/table.bin",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    bytes=len(CONTENT),
)


class Server(ThreadingHTTPServer):
    """Serves CONTENT at SOURCE's address; a test can make it misbehave."""

    break_after: int | None = None
    knows_ranges = True
    content = CONTENT

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.ranges: list[str | None] = []


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        assert isinstance(server, Server)
        asked = self.headers.get("Range")
        server.ranges.append(asked)
        if self.path != f"/{SOURCE.repository}/{SOURCE.commit}/{SOURCE.path}":
            self.send_error(404)
            return
        start = (
            int(asked.removeprefix("bytes=").rstrip("-")) if asked and server.knows_ranges else 0
        )
        body = server.content[start:]
        self.send_response(206 if asked and server.knows_ranges else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if server.break_after is None else body[: server.break_after])

    def log_message(self, format, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    server = Server()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("HARNESS_GITHUB_MIRROR", f"http://127.0.0.1:{server.server_port}")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def _no_progress(name, here, total):
    pass


def _files(folder):
    return [path.name for path in folder.iterdir() if path.suffix != ".lock"]


def test_download(server, tmp_path):
    seen = []
    path = download(SOURCE, tmp_path, lambda *report: seen.append(report))
    assert path.read_bytes() == CONTENT
    assert seen[-1] == ("table.bin", len(CONTENT), len(CONTENT))
    assert is_present(SOURCE, tmp_path)
    assert _files(tmp_path) == ["table.bin"]


def test_a_broken_download_resumes_where_it_broke_off(server, tmp_path):
    server.break_after = 300_000
    with pytest.raises(
        UserError, match="was interrupted after 300,000 of 1,024,000 bytes. Run the same"
    ):
        download(SOURCE, tmp_path, _no_progress)
    assert not (tmp_path / SOURCE.name).exists()
    server.break_after = None
    assert download(SOURCE, tmp_path, _no_progress).read_bytes() == CONTENT
    assert server.ranges == ["bytes=0-", "bytes=300000-"]


def test_a_server_without_ranges_sends_everything_again(server, tmp_path):
    server.break_after = 300_000
    with pytest.raises(UserError, match="was interrupted"):
        download(SOURCE, tmp_path, _no_progress)
    server.break_after, server.knows_ranges = None, False
    assert download(SOURCE, tmp_path, _no_progress).read_bytes() == CONTENT


def test_wrong_content_is_deleted(server, tmp_path):
    server.content = CONTENT[:-1] + b"x"
    with pytest.raises(
        UserError, match="is not the expected one: its SHA-256 is not .* It was deleted"
    ):
        download(SOURCE, tmp_path, _no_progress)
    assert _files(tmp_path) == []


def test_missing_on_the_server(server, tmp_path):
    with pytest.raises(UserError, match="Cannot download http://127.0.0.1.*Not Found.*with --from"):
        download(replace(SOURCE, path="elsewhere"), tmp_path, _no_progress)


def test_no_network(monkeypatch, tmp_path):
    monkeypatch.setenv("HARNESS_GITHUB_MIRROR", "http://127.0.0.1:9")
    with pytest.raises(UserError, match="Cannot download .*refused.*put the file into a folder"):
        download(SOURCE, tmp_path, _no_progress)


def test_the_address_is_githubs(monkeypatch):
    monkeypatch.delenv("HARNESS_GITHUB_MIRROR", raising=False)
    assert SOURCE.url == (
        "https://raw.githubusercontent.com/owner/repository/0123abc/folder/table.bin"
    )


def test_copy(tmp_path):
    origin, target = tmp_path / "a", tmp_path / "b"
    origin.mkdir()
    with pytest.raises(UserError, match="table.bin does not exist. Put https://"):
        copy(SOURCE, origin, target)
    (origin / SOURCE.name).write_bytes(CONTENT[1:])
    with pytest.raises(UserError, match="is not the expected file"):
        copy(SOURCE, origin, target)
    assert not target.exists()
    (origin / SOURCE.name).write_bytes(CONTENT)
    assert copy(SOURCE, origin, target).read_bytes() == CONTENT


def test_two_processes_do_not_mix_their_downloads(server, tmp_path):
    """The second waits for the first and finds the file there."""
    threads = [
        threading.Thread(target=download, args=(SOURCE, tmp_path, _no_progress)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / SOURCE.name).read_bytes() == CONTENT
    assert server.ranges == ["bytes=0-"]


@pytest.mark.parametrize("mirror", ["nonsense", "http://[::bad"])
def test_a_mirror_that_is_no_address(monkeypatch, tmp_path, mirror):
    monkeypatch.setenv("HARNESS_GITHUB_MIRROR", mirror)
    with pytest.raises(UserError, match="Cannot download"):
        download(SOURCE, tmp_path, _no_progress)


def test_an_empty_mirror_is_none(monkeypatch):
    monkeypatch.setenv("HARNESS_GITHUB_MIRROR", "")
    assert SOURCE.url.startswith("https://raw.githubusercontent.com/")


def test_a_data_folder_that_is_a_file(server, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="Cannot write .*file"):
        download(SOURCE, tmp_path / "file", _no_progress)
