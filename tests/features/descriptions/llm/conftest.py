import json
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pandas as pd
import pytest

from plmscope.features.descriptions.llm.settings import LLMSettings

DESCRIPTION = {"description": "A glycine.", "summary": "Glycine."}


class ScriptedServer:
    """Speaks as an OpenAI-compatible server; `answer` says what, or raises what goes wrong.

    Attributes:
        asked: The body of each question.
        keys: The key that came with each.
        faults: Taken from the front before any answer: a status, "hang", or text as content.
        predict: The prediction for each accession asked about.
    """

    def __init__(self) -> None:
        self.asked: list[dict] = []
        self.keys: list[str] = []
        self.faults: list[object] = []
        self.predict = lambda accession: 0.5  # noqa: ARG005
        self._lock = threading.Lock()

    def answer(self, body: dict) -> str:
        question = body["messages"][-1]["content"]
        if "Predict the feature" not in question:
            differs = {"summary": f"Glycine {zlib.crc32(question.encode())}."}
            return json.dumps(DESCRIPTION | differs)
        rows = question.split("sequence\n")[1].splitlines()
        names = [row.split(" | ")[0] for row in rows]
        return json.dumps({"predictions": {name: self.predict(name) for name in names}})

    def next_fault(self) -> object:
        with self._lock:
            return self.faults.pop(0) if self.faults else None


@pytest.fixture
def server():
    scripted = ScriptedServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            scripted.asked.append(body)
            scripted.keys.append(self.headers["Authorization"])
            fault = scripted.next_fault()
            if fault == "hang":
                time.sleep(1.5)
                return
            if isinstance(fault, int):
                self.send_response(fault)
                self.send_header("Retry-After", "0")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")
                return
            content = fault if isinstance(fault, str) else scripted.answer(body)
            reply = {"id": "1", "object": "chat.completion", "created": 0, "model": "m"}
            message = {"role": "assistant", "content": content}
            reply["choices"] = [{"index": 0, "message": message, "finish_reason": "stop"}]
            text = json.dumps(reply).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    scripted.url = f"http://127.0.0.1:{httpd.server_port}/v1"
    yield scripted
    httpd.shutdown()
    httpd.server_close()


@pytest.fixture
def settings(server) -> LLMSettings:
    return LLMSettings(endpoint=server.url, model="m", timeout_s=0.5, max_retries=2, n_at_once=2)


@pytest.fixture
def proteins() -> pd.DataFrame:
    n = 12
    return pd.DataFrame(
        {
            "accession": [f"P{number:05d}" for number in range(n)],
            "protein_name": "Kinase",
            "gene_names": "ABC1",
            "organism": "Homo sapiens (Human)",
            "length": 20,
            "sequence": "MKGAYIAKQRMKGAYIAKQR",
            "split": ["train"] * 6 + ["test"] * 6,
            "cluster": "secret-cluster",
            "origin": "annotated",
        }
    )


@pytest.fixture
def sampled(proteins: pd.DataFrame) -> pd.DataFrame:
    """Two features, six shown and six held out each."""
    rows = [
        (
            feature,
            "shown" if number < 6 else "held out",
            accession,
            number % 6 / 5,
            np.array([3, 4 + feature]),
            np.array([number % 6 / 5, 0.1]),
        )
        for feature in (4, 9)
        for number, accession in enumerate(proteins["accession"])
    ]
    columns = ["feature", "part", "accession", "peak", "positions", "values"]
    return pd.DataFrame(rows, columns=columns)
