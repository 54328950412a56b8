"""A model hub on loopback that speaks as much of Hugging Face's protocol as a download needs."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_PIECE = 1 << 16
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def serve(
    model: str, files: Mapping[str, bytes], *, status: int = 200, hold: threading.Event | None = None
) -> Iterator[str]:
    """The address of a hub with one model. `status` other than 200 answers everything.

    With `hold`, all but the first 64 KiB of a file is kept back until it is set.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def log_message(self, *_: object) -> None:
            return

        def _answer(self, body: bool) -> None:
            path = self.path.split("?")[0]
            if status != 200:
                self._send(status, b"{}", {"X-Error-Code": "RepoNotFound"} if status == 401 else {}, body)
            elif path.startswith(f"/api/models/{model}/revision/"):
                listing = {"id": model, "sha": COMMIT, "siblings": [{"rfilename": name} for name in files]}
                self._send(200, json.dumps(listing).encode(), {}, body)
            elif path.startswith(f"/api/models/{model}/tree/"):
                tree = [
                    {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
                    for name, content in files.items()
                ]
                self._send(200, json.dumps(tree).encode(), {}, body)
            elif path.startswith(f"/{model}/resolve/") and path.rsplit("/", 1)[1] in files:
                content = files[path.rsplit("/", 1)[1]]
                etag = f'"{hashlib.sha1(content).hexdigest()}"'
                self._send(200, content, {"ETag": etag, "X-Repo-Commit": COMMIT}, body)
            else:
                self._send(404, b"{}", {"X-Error-Code": "EntryNotFound"}, body)

        def _send(self, code: int, content: bytes, headers: Mapping[str, str], body: bool) -> None:
            start = 0
            wanted = self.headers.get("Range", "")
            if code == 200 and wanted.startswith("bytes=") and wanted[6:].split("-")[0].isdigit():
                start, code = int(wanted[6:].split("-")[0]), 206
            self.send_response(code)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            if not body:
                return
            for piece in (content[start : start + _PIECE], content[start + _PIECE :]):
                try:
                    self.wfile.write(piece)
                    self.wfile.flush()
                except (BrokenPipeError, ConnectionResetError):
                    return
                if hold is not None and len(content) > start + _PIECE:
                    hold.wait()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        if hold is not None:
            hold.set()
        server.shutdown()
        server.server_close()
