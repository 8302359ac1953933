import gzip
import http.server
import threading
from pathlib import Path

import pandas as pd
import pytest

from plmscope.errors import PlmscopeError
from plmscope.explanation.queries import accessions
from plmscope.explanation.queries.reading import read_query
from plmscope.proteins.uniprot import is_accession

KNOWN = pd.DataFrame({"accession": ["P00001"], "sequence": ["MKTAYIAK"]})
PROTEIN = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQ"


def read(query, downloads=False):
    return read_query(query, KNOWN, downloads=downloads)


def names(tables):
    return dict(zip(tables.proteins["accession"], tables.proteins["sequence"], strict=True))


class TestQueries:
    def test_a_fasta_file_plain_and_gzipped(self, tmp_path):
        text = f">sp|P12345|X_HUMAN Some\n{PROTEIN}\n>other\n{PROTEIN[:20]}\n"
        (tmp_path / "a.fasta").write_text(text)
        (tmp_path / "a.fasta.gz").write_bytes(gzip.compress(text.encode()))
        for name in ("a.fasta", "a.fasta.gz"):
            expected = {"P12345": PROTEIN, "other": PROTEIN[:20]}
            assert names(read(str(tmp_path / name))) == names(read(tmp_path / name)) == expected

    def test_a_bare_sequence_given_or_in_a_file(self, tmp_path):
        (tmp_path / "mine.txt").write_text(f"{PROTEIN[:10]}\n{PROTEIN[10:]}\n")
        assert names(read(PROTEIN)) == {"query": PROTEIN}
        assert names(read(tmp_path / "mine.txt")) == {"mine": PROTEIN}

    def test_fasta_text(self):
        tables = read(f">a x\n{PROTEIN}\n>b\nMKV\n")
        assert names(tables) == {"a": PROTEIN, "b": "MKV"}
        assert set(tables.proteins["file"]) == {"query"}

    def test_sequences_with_and_without_names(self):
        assert names(read({"mine": PROTEIN})) == {"mine": PROTEIN}
        assert names(read([PROTEIN, "MKV"])) == {"query_1": PROTEIN, "query_2": "MKV"}

    def test_accessions_are_looked_up_in_the_atlas(self, tmp_path):
        (tmp_path / "list.txt").write_text("P00001\n")
        assert names(read("p00001")) == names(read(tmp_path / "list.txt")) == {"P00001": "MKTAYIAK"}

    def test_white_space_lower_case_and_a_final_stop_are_mended(self):
        tables = read({"a": "mkta yiak*", "b": PROTEIN})
        assert names(tables)["a"] == "MKTAYIAK"
        assert "lower case" in tables.proteins["repairs"][0]

    def test_a_long_sequence_is_no_file_name(self):
        long = PROTEIN * 200
        assert names(read(long)) == {"query": long}


class TestBadQueries:
    @pytest.mark.parametrize(
        ("query", "why"),
        [
            ("", "query is empty"),
            ([], "query is empty"),
            ("   ", "query is empty"),
            ("nowhere.fasta", r"nowhere\.fasta does not exist"),
            (Path("nowhere"), "nowhere does not exist"),
            ("MKT1AYIAK", "no amino acid"),
            ("MKT-AYIAK", "no amino acid"),
            ("MK*TAYIAK", "no amino acid"),
            ("ATGGCCATTGTAATGGGCCGCTGAAAGGGTGCC", "nucleotides"),
            ("P99999", "not among the 1 proteins of the atlas"),
            ({"a": ""}, "no sequence"),
        ],
    )
    def test_are_refused_in_a_sentence(self, query, why):
        with pytest.raises(PlmscopeError, match=why) as told:
            read(query)
        assert "ingestion" not in str(told.value)

    def test_one_bad_of_many_is_among_the_rejects(self, tmp_path):
        records = [f">p{n}\n{PROTEIN[n:]}\n" for n in range(9)]
        records.insert(4, ">bad\nMKT.AYI\n")
        records.append(f">p1\n{PROTEIN}\n")
        records.append(f">p2 again\n{PROTEIN}\n")
        (tmp_path / "many.fasta").write_text("".join(records))
        tables = read(tmp_path / "many.fasta")
        assert len(tables.proteins) == 10  # "p2 again" has a name of its own
        reasons = dict(zip(tables.rejects["accession"], tables.rejects["reason"], strict=True))
        assert "no amino acid" in reasons["bad"]
        assert "another sequence" in reasons["p1"]

    def test_an_empty_file_is_named(self, tmp_path):
        (tmp_path / "empty.fasta").write_text("")
        with pytest.raises(PlmscopeError, match=r"empty\.fasta is empty"):
            read(tmp_path / "empty.fasta")


@pytest.fixture
def uniprot(monkeypatch):
    """A server on loopback in the place of UniProt's."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path != "/P99999.fasta":
                self.send_error(404)
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f">sp|P99999|CYC_HUMAN Cytochrome c\n{PROTEIN}\n".encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(accessions, "UNIPROT", f"http://127.0.0.1:{server.server_port}")
    yield
    server.shutdown()


class TestDownloads:
    @pytest.mark.usefixtures("uniprot")
    def test_are_made_where_they_are_turned_on(self):
        assert names(read("P99999", downloads=True)) == {"P99999": PROTEIN}

    @pytest.mark.usefixtures("uniprot")
    def test_say_what_cannot_be_had(self):
        with pytest.raises(PlmscopeError, match=r"could not be had from UniProt \(Not Found\)"):
            read("Q99999", downloads=True)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("P12345", True),
        ("A0A024R1R8", True),
        ("P12345-2", True),
        ("MKTAYI", False),
        ("P1234", False),
    ],
)
def test_is_accession(text, is_one):
    assert is_accession(text) == is_one
