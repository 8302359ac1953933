import pytest
from hypothesis import given
from hypothesis import strategies as st

from plmscope.proteins.feature_types import FEATURE_TYPES
from plmscope.proteins.reading.feature_cells import (
    BadPosition,
    CellFeature,
    MalformedText,
    Position,
    concept_name,
    parse_position,
    split_cell,
)

TYPES = {kind.column: kind for kind in FEATURE_TYPES}


class TestSplitCell:
    @pytest.mark.parametrize(
        ("column", "cell", "features"),
        [
            ("Helix", "", []),
            ("Helix", 'HELIX 5..9; /evidence="ECO:1|PDB:1ABC"', [("5..9", "")]),
            (
                "Binding site",
                'BINDING 68; /ligand="Ca(2+)"; /ligand_id="ChEBI:CHEBI:29108"; BINDING 70..71; '
                '/ligand="ATP"; /ligand_note="shared; with X"',
                [("68", "Ca(2+)"), ("70..71", "ATP")],
            ),
            ("Modified residue", 'MOD_RES 9; /note="Phosphoserine; by PKA"',
             [("9", "Phosphoserine")]),
            ("Signal peptide", "SIGNAL 1..16", [("1..16", "")]),
            ("Domain [FT]", 'DOMAIN 2..9; /note="SH3 1"; DOMAIN 12..19; /note="SH3 2"',
             [("2..9", "SH3"), ("12..19", "SH3")]),
            ("Repeat", 'REPEAT 1..5; /note="1"; REPEAT 6..9; /note="WD 2"',
             [("1..5", ""), ("6..9", "WD")]),
            ("Motif", 'MOTIF 1..5; /note="a ""quoted"" name"', [("1..5", 'a "quoted" name')]),
            ("Site", 'SITE 4..5; /note="Cleavage; SITE 9; by itself"', [("4..5", "Cleavage")]),
        ],
    )  # fmt: skip
    def test_takes_every_feature(self, column, cell, features):
        assert list(split_cell(cell, TYPES[column])) == [CellFeature(*f) for f in features]

    def test_reads_ligands_and_features_without_a_note(self):
        """Regression: only /note was read, so these labels stayed empty (fault 3)."""
        assert list(split_cell('BINDING 3; /ligand="heme"', TYPES["Binding site"])) == [
            ("3", "heme")
        ]
        assert list(split_cell('ACT_SITE 3; /evidence="ECO:1"', TYPES["Active site"])) == [
            ("3", "")
        ]

    @pytest.mark.parametrize(
        ("cell", "text"),
        [
            ('HELIX 3..5; STRAND 7..9; HELIX 11..12', "STRAND 7..9"),
            ('HELIX 3..5; /note="never closed; HELIX 11..12', None),
            ("HELIX 3..5; HELIX; HELIX 11..12", "HELIX"),
        ],
    )  # fmt: skip
    def test_goes_on_after_malformed_text(self, cell, text):
        parts = list(split_cell(cell, TYPES["Helix"]))
        assert parts[-1] == CellFeature("11..12", "")
        malformed = [part.text for part in parts if isinstance(part, MalformedText)]
        assert len(malformed) == 1
        assert text is None or malformed == [text]

    @given(st.text(alphabet='HELIX 12.;/note="x', max_size=40))
    def test_always_ends(self, cell):
        list(split_cell(cell, TYPES["Helix"]))


class TestConceptName:
    def test_ligands_keep_their_numbers_and_semicolons(self):
        assert concept_name("a 1,2-diacyl-sn-glycerol 3", "ligand", TYPES["Binding site"]) == (
            "a 1,2-diacyl-sn-glycerol 3"
        )

    def test_a_kind_is_no_repeat_number(self):
        assert concept_name("TSP type-1 3", "note", TYPES["Domain [FT]"]) == "TSP type-1"


class TestPosition:
    @pytest.mark.parametrize(
        ("text", "position"),
        [("12", (12, 12)), ("12..34", (12, 34)), ("<1..>90", (1, 90)), (">90", (90, 90))],
    )
    def test_fuzzy_ends_are_taken_at_their_bound(self, text, position):
        assert parse_position(text) == Position(*position)

    @pytest.mark.parametrize("text", ["?", "?12", "?..20", "12..?", "?12..20"])
    def test_unknown_is_not_malformed(self, text):
        assert parse_position(text) == BadPosition("unknown position", malformed=False)

    def test_isoform(self):
        assert parse_position("P12345-2:10..20") == BadPosition(
            "on another isoform", malformed=False
        )

    @pytest.mark.parametrize("text", ["12x", "", "a..b", "1..2..3", "-3", "9..3"])
    def test_malformed(self, text):
        assert parse_position(text).malformed
