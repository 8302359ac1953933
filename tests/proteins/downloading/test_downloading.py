"""Downloads against a real server on loopback, through its faults."""

import hashlib
import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from plmscope.proteins import (
    DownloadError,
    DownloadSettings,
    download,
    read_fasta,
    read_uniprot_tsv,
)


@pytest.fixture
def query(uniprot):
    return DownloadSettings(query="reviewed:true", server=uniprot.url, page_size=3, attempts=2)


@pytest.fixture
def file(uniprot):
    return DownloadSettings(release_file=uniprot.file_url, attempts=2)


def accessions(folder):
    return read_uniprot_tsv(folder / "uniprot.tsv.gz").proteins["accession"].tolist()


class TestQuery:
    def test_fetches_all_pages_with_all_that_ingestion_reads(self, uniprot, query, tmp_path):
        record = download(query, tmp_path)
        assert accessions(tmp_path) == [name for name, _ in uniprot.proteins]
        assert len(uniprot.asked) == 3
        assert "ft_disulfid" in uniprot.asked[0][0]
        content = (tmp_path / "uniprot.tsv.gz").read_bytes()
        assert record["file_sha256"] == hashlib.sha256(content).hexdigest()
        assert record["release"] == "2026_04"
        assert record["n_records"] == 7
        assert json.loads((tmp_path / "uniprot.tsv.gz.json").read_text())["release"] == "2026_04"

    def test_fasta(self, uniprot, query, tmp_path):
        download(query.model_copy(update={"format": "fasta"}), tmp_path)
        read = read_fasta(tmp_path / "uniprot.fasta.gz").proteins["accession"].tolist()
        assert read == [name for name, _ in uniprot.proteins]

    def test_what_is_there_is_not_fetched_again_unless_it_is_damaged(
        self, uniprot, query, tmp_path
    ):
        first = download(query, tmp_path)
        assert download(query, tmp_path) == first
        assert len(uniprot.asked) == 3
        (tmp_path / "uniprot.tsv.gz").write_bytes(b"torn")
        download(query, tmp_path)
        assert len(uniprot.asked) == 6
        assert len(accessions(tmp_path)) == 7

    @pytest.mark.parametrize("fault", [500, 503, 429, "cut off"])
    def test_a_fault_that_passes_is_none(self, uniprot, query, tmp_path, fault):
        uniprot.faults = [None, fault]
        download(query, tmp_path)
        assert len(accessions(tmp_path)) == 7

    def test_an_interrupted_one_goes_on(self, uniprot, query, tmp_path):
        uniprot.faults = [None, 503, 503]
        with pytest.raises(DownloadError, match="What came is kept: run the same command again"):
            download(query, tmp_path)
        assert not (tmp_path / "uniprot.tsv.gz").exists()
        part = tmp_path / ".uniprot.tsv.gz.part"
        part.write_bytes(part.read_bytes() + b"half a page")  # killed while it was written
        uniprot.asked.clear()
        download(query, tmp_path)
        assert len(uniprot.asked) == 2
        assert accessions(tmp_path) == [name for name, _ in uniprot.proteins]
        assert not part.exists()

    def test_another_query_does_not_go_on_from_there(self, uniprot, query, tmp_path):
        uniprot.faults = [None, 503, 503]
        with pytest.raises(DownloadError):
            download(query, tmp_path)
        uniprot.asked.clear()
        download(query.model_copy(update={"query": "other"}), tmp_path)
        assert len(uniprot.asked) == 3

    def test_a_release_that_changes_on_the_way_is_told(self, uniprot, query, tmp_path):
        uniprot.faults = [None, 503, 503]
        with pytest.raises(DownloadError):
            download(query, tmp_path)
        uniprot.release = "2026_05"
        with pytest.raises(DownloadError, match="changed from release 2026_04 to 2026_05"):
            download(query, tmp_path)
        assert download(query, tmp_path)["release"] == "2026_05"

    def test_fewer_than_announced_are_refused(self, uniprot, query, tmp_path):
        uniprot.total = 9
        with pytest.raises(DownloadError, match="announced 9 proteins and gave 7"):
            download(query, tmp_path)
        assert not (tmp_path / "uniprot.tsv.gz").exists()

    def test_what_the_server_refuses_is_told_at_once(self, uniprot, query, tmp_path):
        uniprot.faults = [400]
        with pytest.raises(DownloadError, match=r"is refused \(400"):
            download(query, tmp_path)
        assert len(uniprot.asked) == 1

    def test_nobody_there(self, query, tmp_path):
        nobody = query.model_copy(update={"server": "http://127.0.0.1:9/search"})
        with pytest.raises(DownloadError, match="could not be had in 2 attempts"):
            download(nobody, tmp_path)


class TestReleaseFile:
    def test_is_fetched_and_verified(self, uniprot, file, tmp_path):
        sha256 = hashlib.sha256(uniprot.file).hexdigest()
        record = download(file.model_copy(update={"sha256": sha256}), tmp_path)
        assert (tmp_path / "uniprot_sprot.dat.gz").read_bytes() == uniprot.file
        assert record["file_sha256"] == sha256
        assert "2026" in record["release_date"]

    def test_one_that_is_cut_off_goes_on_by_a_range(self, uniprot, file, tmp_path):
        uniprot.faults = ["cut off"]
        download(file, tmp_path)
        assert (tmp_path / "uniprot_sprot.dat.gz").read_bytes() == uniprot.file
        begins = uniprot.asked[-1][1]
        assert begins is not None
        assert int(begins[6:-1]) > 1_000_000

    def test_one_that_has_changed_meanwhile_begins_anew(self, uniprot, file, tmp_path):
        uniprot.faults = ["cut off", "cut off"]
        with pytest.raises(DownloadError, match="cut off after"):
            download(file, tmp_path)
        uniprot.file, uniprot.tag = b"new" * 1000, '"two"'
        download(file, tmp_path)
        assert (tmp_path / "uniprot_sprot.dat.gz").read_bytes() == uniprot.file

    def test_another_sha256_is_refused(self, file, tmp_path):
        with pytest.raises(DownloadError, match="has the sha256"):
            download(file.model_copy(update={"sha256": "0" * 64}), tmp_path)
        assert not (tmp_path / "uniprot_sprot.dat.gz").exists()


class TestPlanted:
    """What a server says is not believed where it would lead elsewhere."""

    @pytest.mark.parametrize(
        "link", ["file:///etc/hostname", "http://127.0.0.1:9/search?cursor=1", "/search?cursor=1"]
    )
    def test_a_next_page_elsewhere_is_refused(self, uniprot, query, tmp_path, link):
        """Regression: a file of this machine would have been read into the table."""
        uniprot.link = link
        with pytest.raises(DownloadError, match="another address for its next page"):
            download(query, tmp_path)
        assert not list(tmp_path.glob("*.gz"))

    @pytest.mark.parametrize("path", ["..", ".lock", "a/..", "%2e%2e%2fx", "-rf"])
    def test_a_release_file_stays_in_its_folder(self, uniprot, tmp_path, path):
        folder = tmp_path / "downloads"
        address = f"{uniprot.file_url.rsplit('/', 1)[0]}/{path}"
        record = download(DownloadSettings(release_file=address), folder)
        assert Path(record["file"]) == folder / "release"
        assert [each.name for each in tmp_path.iterdir()] == ["downloads"]


class TestSettings:
    def test_nothing_is_fetched_unless_it_is_named(self, tmp_path):
        with pytest.raises(DownloadError, match="Nothing is named to download"):
            download(DownloadSettings(), tmp_path)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"release_file": "file:///etc/passwd"},
            {"release_file": "http://example.org/x"},
            {"server": "ftp://uniprot.org"},
            {"query": "a", "release_file": "https://example.org/x"},
            {"query": "a", "sha256": "0" * 64},
            {"release_file": "https://example.org/x", "sha256": "no"},
            {"query": "a", "name": "../outside"},
        ],
    )
    def test_refuses_what_is_not_safe_or_does_not_go_together(self, wrong):
        with pytest.raises(ValidationError):
            DownloadSettings.model_validate(wrong)
