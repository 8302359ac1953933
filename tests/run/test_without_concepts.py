"""A corpus alone, a table without annotations: an SAE and a report without concepts."""

import json

import pandas as pd
import pytest

from plmscope.concepts import ConceptTableError
from plmscope.dashboard import build_app

WITHOUT_SEARCH = {"search": {"n_trials": 0}}
NO_ANNOTATIONS = "no annotations: no concept was scored"


@pytest.fixture
def table(project, tmp_path):
    """The tiny table, in which the features are changed."""
    cells = pd.read_csv(
        project / "tests/data/human_swissprot_tiny.tsv", sep="\t", dtype=str, keep_default_na=False
    )
    kept = ["Entry", "Entry Name", "Protein names", "Gene Names", "Organism", "Length", "Sequence"]
    features = [name for name in cells if name not in kept]

    def table(change):
        path = tmp_path / "table.tsv"
        change(cells, features).to_csv(path, sep="\t", index=False)
        return {"uniprot_table": str(path)}

    return table


@pytest.fixture
def given(request, table, tmp_path):
    """Parameters of a run in which no concept is scored."""
    if request.param == "a table without feature columns":
        return table(lambda cells, features: cells.drop(columns=features))
    if request.param == "a table with empty feature columns":
        return table(lambda cells, features: cells.assign(**dict.fromkeys(features, "")))
    if request.param == "no concept is kept":
        return {"concept_choice": {"min_instances": 1000}}
    proteins = table(lambda cells, features: cells.drop(columns=features))["uniprot_table"]
    rows = pd.read_csv(proteins, sep="\t")[["Entry", "Sequence"]].itertuples(index=False)
    path = tmp_path / "corpus.fasta"
    path.write_text("".join(f">{name}\n{sequence}\n" for name, sequence in rows))
    return {"uniprot_table": None, "corpus_fasta": str(path)}


class TestMainJob:
    @pytest.mark.parametrize(
        ("given", "why"),
        [
            ("a table without feature columns", NO_ANNOTATIONS),
            ("a table with empty feature columns", NO_ANNOTATIONS),
            ("a corpus alone", NO_ANNOTATIONS),
            ("no concept is kept", "none of 27 concepts is kept: no concept was scored"),
        ],
        indirect=["given"],
    )
    def test_ends_with_a_report_and_a_summary_that_say_why(
        self, kedro_run, given, why, tmp_path, capsys
    ):
        """Regression: KeyError: 'raw_neurons', after everything was computed."""
        root = tmp_path / "data"
        kedro_run(root, **WITHOUT_SEARCH, **given)
        printed = capsys.readouterr().out
        assert why in printed
        assert "best on valid" not in printed
        report = max(root.rglob("*/report.html/*/report.html"))  # the newest version
        page = report.read_text()
        assert f'<p class="note">{why[0].upper()}{why[1:]}.</p>' in page
        assert "Against controls" not in page
        assert page.count("<article") > 3
        assert ("from the FASTA corpus: without annotations" in page) == ("corpus_fasta" in given)
        summary = max(root.rglob("concept_summary.json"))  # the newest version
        assert json.loads(summary.read_text())["sae"]["n_concepts"] == 0
        assert "Nothing to show yet" not in str(build_app(root).children[-1])

    @pytest.mark.parametrize("given", ["a corpus alone"], indirect=True)
    def test_explains_without_calls(self, kedro_run, given, tmp_path):
        root, query = tmp_path / "data", tmp_path / "my.fasta"
        query.write_text(f">a\n{'MKTAYIAKQRQISFVKSHF'}\n>b\n{'QLEERLGLIEVQAPILSRV'}\n")
        kedro_run(root, **WITHOUT_SEARCH, **given)
        kedro_run(root, ["explain"], query=str(query))
        folder = max(root.rglob("explanation.html")).parent  # the newest version
        tables = {path.stem: pd.read_parquet(path) for path in folder.glob("*.parquet")}
        assert tables["calls"].empty
        assert tables["concept_shares"].empty
        assert set(tables["features"]["protein"]) == {"a", "b"}
        assert "No concept is called" in (folder / "explanation.html").read_text()

    @pytest.mark.parametrize("given", ["a table without feature columns"], indirect=True)
    def test_goes_on_to_the_controls_but_has_nothing_to_check(self, kedro_run, given, tmp_path):
        root = tmp_path / "data"
        kedro_run(root, **WITHOUT_SEARCH, **given)
        kedro_run(root, ["controls"], **given)
        headlines = max(root.rglob("full_control_headlines.json"))  # the newest version
        assert json.loads(headlines.read_text())["random_plm"]["n_concepts"] == 0
        with pytest.raises(ConceptTableError, match="there is nothing to check"):
            kedro_run(root, ["statistics_check"], **given)
        kedro_run(root, ["concept_analysis"], scoring={"protocol": "interplm"}, **given)
