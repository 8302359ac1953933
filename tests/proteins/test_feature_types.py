from plmscope.proteins.feature_types import FEATURE_TYPES


class TestFeatureTypes:
    def test_names_are_unique(self):
        for field in ("column", "key", "pool"):
            names = [getattr(kind, field) for kind in FEATURE_TYPES]
            assert len(set(names)) == len(names)

    def test_the_docs_give_each_with_its_level(self, project):
        page = (project / "docs/annotations.md").read_text()
        for kind in FEATURE_TYPES:
            assert f"| {kind.column} | `{kind.key}` | {kind.level} |" in page
