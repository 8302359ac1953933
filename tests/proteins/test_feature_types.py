import pandas as pd

from plmscope.proteins.feature_types import FEATURE_TYPES, is_pooled, sibling_group


class TestFeatureTypes:
    def test_names_are_unique(self):
        for field in ("column", "key", "pool"):
            names = [getattr(kind, field) for kind in FEATURE_TYPES]
            assert len(set(names)) == len(names)

    def test_the_docs_give_each_with_its_level(self, project):
        page = (project / "docs/annotations.md").read_text()
        for kind in FEATURE_TYPES:
            assert f"| {kind.column} | `{kind.key}` | {kind.level} |" in page


class TestIsPooled:
    def test_tells_pools_from_concepts_of_their_own(self):
        names = pd.Series(["Domain: any", "Domain: SH3", "Helix", "Domain: any kind"])
        assert is_pooled(names).tolist() == [True, False, False, False]

    def test_every_pool_of_a_type_with_sub_concepts_is_one(self):
        for kind in FEATURE_TYPES:
            assert is_pooled(pd.Series([kind.pool])).all() == (kind.qualifier is not None)


class TestSiblings:
    def test_are_categories_that_there_are(self):
        known = pd.Series([kind.category for kind in FEATURE_TYPES])
        changed = known[sibling_group(known) != known]
        assert set(changed) == {
            "Transit peptide", "Transmembrane", "Intramembrane", "Repeat", "Zinc finger",
            "DNA binding",
        }  # fmt: skip

    def test_leave_others_as_they_are(self):
        names = pd.Series(["DNA binding", "Domain", "Helix", "Signal peptide", "Transmembrane"])
        assert sibling_group(names).tolist() == [
            "Domain", "Domain", "Helix", "Signal peptide", "Signal peptide",
        ]  # fmt: skip
