from collections import Counter
from pathlib import Path

import pytest
from Bio import SwissProt

from plmscope.proteins import ProteinTableError, read_swissprot_flat, read_uniprot_tsv
from plmscope.proteins.feature_types import FEATURE_TYPES

EMBOSS = Path("/usr/share/EMBOSS/test")
FILES = [EMBOSS / "swiss/seq.dat", EMBOSS / "data/uniprotft.sw"]
TYPES = {kind.key: kind for kind in FEATURE_TYPES}

ENTRY = """\
ID   A_HUMAN                 Reviewed;          20 AA.
AC   P00001; Q00001;
DT   01-JAN-2020, integrated into UniProtKB/Swiss-Prot.
DT   01-JAN-2020, sequence version 1.
DT   01-JAN-2020, entry version 1.
DE   RecName: Full=Protein A {ECO:0000305};
GN   Name=ONE; Synonyms=UNO;
OS   Homo sapiens (Human).
OC   Eukaryota.
OX   NCBI_TaxID=9606;
FT   BINDING         3
FT                   /ligand="ATP"
FT                   /ligand_id="ChEBI:CHEBI:30616"
FT   DOMAIN          <2..9
FT                   /note="SH3 1"
FT   DISULFID        4..?
FT   HELIX           P00001-2:5..9
FT   CHAIN           1..20
SQ   SEQUENCE   20 AA;  2300 MW;  0000000000000000 CRC64;
     MKTAYIAKQR QISFVKSHFS
//
"""


class TestReadSwissprotFlat:
    @pytest.fixture
    def tables(self, tmp_path):
        (tmp_path / "one.dat").write_text(ENTRY)
        return read_swissprot_flat(tmp_path / "one.dat")

    def test_reads_names_and_sequence(self, tables):
        assert tables.proteins.iloc[0][:7].tolist() == [
            "P00001", "A_HUMAN", "Protein A", "ONE", "Homo sapiens (Human)", 20,
            "MKTAYIAKQRQISFVKSHFS",
        ]  # fmt: skip

    def test_places_features_as_the_tsv_reader_does(self, tables):
        rows = tables.annotations[["concept", "start", "end"]].values.tolist()
        assert rows == [
            ["Binding site: ATP", 3, 3],
            ["Binding site: any", 3, 3],
            ["Domain: SH3", 2, 9],
            ["Domain: any", 2, 9],
        ]

    def test_rejects_with_reason(self, tables):
        assert tables.rejects[["field", "value", "reason"]].values.tolist() == [
            ["Disulfide bond", "4..?", "unknown position"],
            ["Helix", "P00001-2:5..9", "on another isoform"],
        ]

    def test_a_cut_off_entry(self, tmp_path):
        (tmp_path / "one.dat").write_text(ENTRY + ENTRY[:200])
        with pytest.raises(ProteinTableError, match="the last entry, at line 22, has no end"):
            read_swissprot_flat(tmp_path / "one.dat")

    @pytest.mark.parametrize(
        "change",
        [
            lambda text: text.replace("//\n", "//  \n"),
            lambda text: "\n" + text.replace("//\n", "//\n\n") + "  \n",
            lambda text: text.replace("\n", "\r\n"),
            lambda text: text.replace("OS  ", "\nOS  "),
            lambda text: text.replace("GN   Name=ONE; Synonyms=UNO;", "GN   ONE OR UNO."),
        ],
        ids=["// and spaces", "blank lines between", "CRLF", "blank line inside", "GN before 2004"],
    )
    def test_layout_is_ignored(self, tmp_path, tables, change):
        """Regression: each stopped the reading with a message that told nothing."""
        (tmp_path / "other.dat").write_text(change(ENTRY + ENTRY.replace("P00001;", "P00002;")))
        found = read_swissprot_flat(tmp_path / "other.dat")
        assert found.proteins["accession"].tolist() == ["P00001", "P00002"]
        columns = ["gene_names", "organism", "sequence"]
        assert (found.proteins[columns] == tables.proteins[columns].iloc[0]).all(axis=None)
        assert len(found.annotations) == 2 * len(tables.annotations)

    @pytest.mark.parametrize(
        "line", ["RX   PubMed=1;", "DT   01-JAN-2020 (changed)", "OX   TaxID=9606;", "XX   own"]
    )
    def test_lines_that_nothing_is_read_from_cannot_stop_it(self, tmp_path, tables, line):
        (tmp_path / "odd.dat").write_text(ENTRY.replace("OC   Eukaryota.", line))
        found = read_swissprot_flat(tmp_path / "odd.dat")
        assert found.annotations.equals(tables.annotations)

    def test_an_entry_without_end_before_another_names_both_lines(self, tmp_path):
        """Regression: "Unknown keyword 'ID'"."""
        (tmp_path / "two.dat").write_text(ENTRY.replace("//\n", "") + ENTRY)
        with pytest.raises(ProteinTableError, match=r"line 21: another entry .* line 1 has no end"):
            read_swissprot_flat(tmp_path / "two.dat")

    def test_a_ligand_in_a_note_names_the_binding_site(self, tmp_path):
        (tmp_path / "2020.dat").write_text(ENTRY.replace('/ligand="ATP"', '/note="ATP"'))
        tables = read_swissprot_flat(tmp_path / "2020.dat")
        assert "Binding site: ATP" in set(tables.annotations["concept"])

    @pytest.mark.parametrize(
        ("gene_lines", "names"),
        [
            ("GN   Name=ABX {ECO:0000313|EMBL:1};", "ABX"),
            ("GN   ABX.", "ABX"),
            ("GN   (ABC1 OR ABC2) AND DEF.", "ABC1 DEF"),
            ("GN   ABC1 OR\nGN   ABC2 OR ABC3.", "ABC1"),
        ],
    )
    def test_gene_names_before_2004(self, tmp_path, gene_lines, names):
        text = ENTRY.replace("GN   Name=ONE; Synonyms=UNO;", gene_lines)
        (tmp_path / "old.dat").write_text(text)
        tables = read_swissprot_flat(tmp_path / "old.dat")
        assert tables.proteins["gene_names"].item() == names

    def test_a_sequence_shorter_than_its_id_line_says(self, tmp_path):
        """Regression: it was accepted, positions and all."""
        short = ENTRY.replace("QISFVKSHFS", "QISFVKSHF").replace("P00001;", "P00002;")
        (tmp_path / "two.dat").write_text(ENTRY + short)
        tables = read_swissprot_flat(tmp_path / "two.dat")
        assert tables.proteins["accession"].tolist() == ["P00001"]
        reject = tables.rejects.iloc[0]
        assert reject[["line", "accession", "value", "reason"]].tolist() == [
            22, "P00002", "20, found 19", "Length is not the sequence's",
        ]  # fmt: skip

    def test_nothing_left_names_the_commonest_reason(self, tmp_path):
        (tmp_path / "one.dat").write_text(ENTRY.replace("QISFVKSHFS", "QISFVKSHF"))
        with pytest.raises(ProteinTableError, match="left of 1: 1 were rejected for: Length is"):
            read_swissprot_flat(tmp_path / "one.dat")

    def test_another_format(self, tmp_path):
        (tmp_path / "one.dat").write_text(">p1\nMKTA\n//\n")
        with pytest.raises(ProteinTableError, match=r"line 1: .* stands where an entry"):
            read_swissprot_flat(tmp_path / "one.dat")


@pytest.mark.skipif(
    not FILES[0].exists(), reason="needs Debian's emboss-test (apt-get install emboss-test)"
)
class TestAgainstBiopython:
    """Every feature of the 125 entries, as Biopython's parser gives it."""

    @pytest.fixture(scope="class")
    def records(self):
        return [record for file in FILES for record in SwissProt.parse(file)]

    def test_flat_files(self, records):
        for file in FILES:
            tables = read_swissprot_flat(file)
            of_file = [r for r in records if r.accessions[0] in set(tables.proteins["accession"])]
            assert_same_features(tables, of_file)

    def test_tsv_cells(self, records, write_tsv):
        """The same entries in the syntax of a TSV export: our own grammar against Biopython's."""
        tables = read_uniprot_tsv(write_tsv(*map(to_tsv_row, records)))
        assert_same_features(tables, records)
        features = [f for record in records for f in record.features if f.type in TYPES]
        assert (len(records), len(features)) == (125, 1718)
        assert {f.type for f in features} == set(TYPES)


def assert_same_features(tables, records):
    """Entry by entry: the same features of each type at the same positions."""
    assert tables.rejects.empty
    pools = tables.annotations[
        tables.annotations["concept"].isin([kind.pool for kind in FEATURE_TYPES])
    ]
    found = pools.groupby(["accession", "category", "instance"]).agg(
        start=("start", "min"), end=("end", "max")
    )
    found = Counter(
        (accession, category, *span)
        for (accession, category, _), *span in found.itertuples(name=None)
    )
    expected = Counter(
        (
            record.accessions[0],
            TYPES[f.type].category,
            int(f.location.start) + 1,
            int(f.location.end),
        )
        for record in records
        for f in record.features
        if f.type in TYPES
    )
    assert found == expected


def to_tsv_row(record):
    cells = {}
    for feature in record.features:
        if kind := TYPES.get(feature.type):
            location = feature.location
            text = f"{kind.key} {int(location.start) + 1}..{int(location.end)}"
            if note := feature.qualifiers.get("description"):
                quoted = note.replace('"', '""')
                text += f'; /note="{quoted}"; /evidence="ECO:0000305"'
            cells.setdefault(kind.column, []).append(text)
    return {
        "Entry": record.accessions[0],
        "Length": str(record.sequence_length),
        "Sequence": record.sequence,
    } | {column: "; ".join(texts) for column, texts in cells.items()}
