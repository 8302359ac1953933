"""AlphaFold DB, played by a server on loopback."""

import http.server
import json
import threading

import pytest

from plmscope.structures import alphafold, fetch_models


@pytest.fixture
def service(monkeypatch):
    """Answers by accession: P1 has a model, P2 none, P3 fails, P4 is nonsense, P5 another file."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            name = self.path.rsplit("/", 1)[-1]
            address = f"http://127.0.0.1:{self.server.server_port}/files"
            answers = {
                "P1": json.dumps([{"cifUrl": f"{address}/AF-P1-F1-model_v6.cif"}]),
                "AF-P1-F1-model_v6.cif": "data_AF-P1-F1\n",
                "P4": "{}",
                "P5": json.dumps([{"cifUrl": f"{address}/page.html"}]),
                "page.html": "<html>",
                "P6": json.dumps([{"cifUrl": "file:///etc/hostname"}]),
            }
            self.send_response(200 if name in answers else 404 if name == "P2" else 503)
            self.end_headers()
            self.wfile.write(answers.get(name, "").encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(alphafold, "ALPHAFOLD", f"http://127.0.0.1:{server.server_port}/prediction")
    yield asked
    server.shutdown()


class TestFetch:
    def test_a_model_is_put_into_the_folder_once(self, service, tmp_path):
        assert fetch_models(["P1"], tmp_path).empty
        assert (tmp_path / "AF-P1-F1-model_v6.cif").read_text() == "data_AF-P1-F1\n"
        n_asked = len(service)
        assert fetch_models(["P1"], tmp_path).empty
        assert len(service) == n_asked

    @pytest.mark.usefixtures("service")
    def test_what_cannot_be_had_is_named_and_the_rest_goes_on(self, tmp_path):
        failed = fetch_models(["P2", "P3", "P4", "P5", "P6", "P1"], tmp_path)
        reasons = dict(zip(failed["accession"], failed["reason"], strict=True))
        assert reasons["P2"] == "AlphaFold DB has no model of it"
        assert reasons["P3"] == "AlphaFold DB answered 503"
        assert reasons["P4"].startswith("could not be had from AlphaFold DB")
        assert reasons["P5"] == "AlphaFold DB sent no mmCIF file"
        assert reasons["P6"] == "AlphaFold DB gave no address of a model"
        assert [path.name for path in tmp_path.iterdir()] == ["AF-P1-F1-model_v6.cif"]

    def test_a_name_that_is_a_path_is_not_asked_for(self, service, tmp_path):
        failed = fetch_models(["../P1", "P1/../../x", "", "-rf"], tmp_path / "models")
        assert set(failed["reason"]) == {"cannot be an accession"}
        assert service == []
        assert [path.name for path in tmp_path.rglob("*")] == ["models"]

    def test_it_gives_up_where_there_is_no_network(self, monkeypatch, tmp_path, caplog):
        monkeypatch.setattr(alphafold, "ALPHAFOLD", "http://127.0.0.1:9")
        failed = fetch_models([f"P{i}" for i in range(50)], tmp_path)
        assert len(failed) == 5
        assert "AlphaFold DB does not answer" in caplog.text
