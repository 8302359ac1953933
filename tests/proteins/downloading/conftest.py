"""A server on loopback that answers as UniProt does, and fails as servers do."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest


@pytest.fixture
def uniprot(monkeypatch):
    """What it has, what it was asked, and the faults that it is to make, one after the other."""
    monkeypatch.setattr("plmscope.proteins.downloading.asking._FIRST_WAIT_S", 0.0)
    told = SimpleNamespace(
        proteins=[(f"P{number:05d}", "MKTAYIAKQR" * 3) for number in range(7)],
        file=bytes(range(256)) * 20_000,
        tag='"one"',
        release="2026_04",
        total=None,
        faults=[],
        link=None,
        asked=[],
    )

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            told.asked.append((self.path, self.headers.get("Range")))
            fault = told.faults.pop(0) if told.faults else None
            if isinstance(fault, int):
                self.send_error(fault, "at fault")
                return
            body, headers, status = self._answer()
            self.send_response(status)
            for name, value in {"Content-Length": len(body), **headers}.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if fault == "cut off" else body)

        def _answer(self):
            parts = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path != "/search":
                return self._range()
            start, size = int(asked.get("cursor", 0)), int(asked["size"])
            some = told.proteins[start : start + size]
            if asked["format"] == "tsv":
                rows = [
                    "Entry\tSequence\tLength\tHelix",
                    *(f"{a}\t{s}\t{len(s)}\t" for a, s in some),
                ]
                text = "\n".join(rows) + "\n"
            else:
                text = "".join(f">sp|{a}|X\n{s}\n" for a, s in some)
            total = len(told.proteins) if told.total is None else told.total
            headers = {
                "X-Total-Results": total,
                "X-UniProt-Release": told.release,
                "X-UniProt-Release-Date": "07-October-2026",
            }
            if start + size < len(told.proteins):
                link = f"{told.url}?{parts.query.split('&cursor')[0]}&cursor={start + size}"
                link = told.link or link
                headers["Link"] = f'<{link}>; rel="next"'
            return text.encode(), headers, 200

        def _range(self):
            begins = self.headers.get("Range", "bytes=0-")[6:].split("-")[0]
            is_same = self.headers.get("If-Range") == told.tag
            start = int(begins) if is_same else 0
            headers = {"ETag": told.tag, "Last-Modified": "Wed, 07 Oct 2026 00:00:00 GMT"}
            return told.file[start:], headers, 206 if start else 200

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    root = f"http://127.0.0.1:{server.server_port}"
    told.url, told.file_url = f"{root}/search", f"{root}/knowledgebase/uniprot_sprot.dat.gz"
    yield told
    server.shutdown()
    server.server_close()
