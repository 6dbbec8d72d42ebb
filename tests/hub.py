"""A hub on loopback that speaks ModelScope's two requests, and fails in the ways in which a hub fails."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit


class FakeHub:
    """Serves the files of a folder as the model `damo/toy`."""

    def __init__(self, folder: Path) -> None:
        self.files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        self.listing = {"Data": {"Files": [self._entry(path, content) for path, content in self.files.items()]}}
        self.ranges = True
        self.cuts: list[int] = []  # the next answers to requests for files break off after so many bytes
        self.statuses: list[int] = []  # of the next answers
        self.requests: list[tuple[str, str | None]] = []  # files that were asked for, and the range
        self.gone_after_cut = ""  # the file that vanishes once an answer broke off
        self.endpoint = ""

    @staticmethod
    def _entry(path: str, content: bytes) -> dict[str, object]:
        digest = hashlib.sha256(content).hexdigest()
        return {"Path": path, "Name": Path(path).name, "Type": "blob", "Size": len(content), "Sha256": digest, "Revision": "abc"}

    def entry(self, path: str) -> dict[str, object]:
        return next(entry for entry in self.listing["Data"]["Files"] if entry["Path"] == path)

    def answer(self, target: str, asked: str | None) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body."""
        url = urlsplit(target)
        if self.statuses:
            return self.statuses.pop(0), {}, b""
        if url.path == "/api/v1/models/damo/toy/repo/files":
            return 200, {}, json.dumps(self.listing).encode()
        path = parse_qs(url.query).get("FilePath", [""])[0]
        if url.path != "/api/v1/models/damo/toy/repo" or path not in self.files:
            return 404, {}, b""
        self.requests.append((path, asked))
        content = self.files[path]
        if asked is None or not self.ranges:
            return 200, {}, content
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
        return 206, {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}, content[start:]


@contextmanager
def running_hub(folder: Path) -> Iterator[FakeHub]:
    hub = FakeHub(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = hub.answer(self.path, self.headers.get("Range"))
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            is_file = "FilePath" in self.path and status < 300
            limit = hub.cuts.pop(0) if is_file and hub.cuts else len(body)
            if limit < len(body):
                hub.files.pop(hub.gone_after_cut, None)
            self.wfile.write(body[:limit])

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
