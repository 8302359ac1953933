"""Parts of HTML that the report and the dashboard share."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from plmscope.errors import PlmscopeError
from plmscope.features.drawing.sequence_html import aligned_html, sequence_html
from plmscope.features.drawing.track import Track, example_track
from plmscope.features.drawing.track_svg import WINDOW, protein_svg, window_svg
from plmscope.proteins.uniprot import is_accession

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
)
STYLE = Path(__file__).with_name("templates").joinpath("style.css").read_text()

_parts = TEMPLATES.get_template("parts.html").module


def page_templates(folder: Path) -> Environment:
    """The templates in a folder: all text is escaped, and no name may be missing."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class StaleExamplesError(PlmscopeError):
    """The example proteins and the proteins table are of different runs."""


def facts_html(facts: Mapping[str, str]) -> str:
    """A row of figures, each with its label."""
    return str(_parts.facts(facts))  # type: ignore[attr-defined]


def controls_html(controls: Sequence[Mapping[str, object]]) -> str:
    """A table of how many concepts the SAE and each control find.

    Args:
        controls: name, n_concepts, n_found, n_found_by_bound, mean_test_f1,
            mean_test_f1_per_residue, mean_valid_f1 of each.
    """
    return str(_parts.controls(controls))  # type: ignore[attr-defined]


def pairs_html(pairs: pd.DataFrame) -> str:
    """A table of one feature's scored pairs: precision, recall and F1 on valid and on test.

    Args:
        pairs: Rows of `feature_pairs`. The recall shown is the one that F1 uses; F1 by residue
            stands beside it, and the interval and the q-value of the pair where they are known.
    """
    rows = pairs.to_dict("records")
    return str(_parts.pairs(rows, of_concepts=False))  # type: ignore[attr-defined]


def proteins_html(
    examples: pd.DataFrame,
    proteins: pd.DataFrame,
    annotations: pd.DataFrame,
    concepts: Sequence[str],
    with_sequence: bool = True,
) -> str:
    """Example proteins of one feature, drawn with its activation and the annotated concepts.

    Args:
        examples: Rows of `feature_examples` of one feature, in the order to show.
        proteins: The proteins, indexed by accession.
        annotations: Their annotations.
        concepts: Concepts to draw under each protein, except those of the corpus.
        with_sequence: Whether the whole sequence can be unfolded.

    Raises:
        StaleExamplesError: The proteins were ingested anew and some examples are gone.
    """
    _refuse_stale(examples, proteins)
    shown = proteins.loc[examples["accession"].unique()].to_dict("index")
    cards = []
    for example in examples.to_dict("records"):
        accession = example["accession"]
        protein = shown[accession]
        track = example_track(example, protein, annotations, concepts)
        cards.append(
            protein
            | {
                "accession": accession,
                "is_in_uniprot": is_accession(accession),
                "peak": example["peak"],
                "peak_position": example["peak_position"],
                "drawings": _drawings(track),
                "whole_sequence": sequence_html(track) if with_sequence else "",
            }
        )
    return str(_parts.proteins(cards))  # type: ignore[attr-defined]


def aligned_proteins_html(
    examples: pd.DataFrame,
    proteins: pd.DataFrame,
    annotations: pd.DataFrame,
    concepts: Sequence[str],
) -> str:
    """The same proteins, a line each, aligned at the peak; the first concept underlined.

    Args:
        examples: As of `proteins_html`.
        proteins: As of `proteins_html`.
        annotations: As of `proteins_html`.
        concepts: As of `proteins_html`.

    Raises:
        StaleExamplesError: As of `proteins_html`.
    """
    _refuse_stale(examples, proteins)
    tracks = {
        f"{example['accession']} {example['peak_position']}": example_track(
            example, proteins.loc[example["accession"]].to_dict(), annotations, concepts
        )
        for example in examples.to_dict("records")
    }
    return aligned_html(tracks)


def _refuse_stale(examples: pd.DataFrame, proteins: pd.DataFrame) -> None:
    accessions = pd.Index(examples["accession"])
    missing = sorted(set(accessions[proteins.index.get_indexer(accessions) < 0]))
    if missing:
        raise StaleExamplesError(
            f"{len(missing)} example proteins, such as {missing[0]}, are not among the proteins:"
            " those were ingested anew after the examples were chosen. Run: kedro run"
        )


def corpus_note(examples: pd.DataFrame) -> str:
    """What the top proteins of a feature leave out for being from the corpus; "" where nothing.

    Args:
        examples: The feature's rows of `feature_examples`, all kinds.
    """
    tops = examples[examples["kind"].isin(["top", "corpus"])]
    n_top = int((tops["kind"] == "top").sum())
    if n_top == len(tops):
        return ""
    left_out = tops.nlargest(n_top, "peak")
    left_out = left_out[left_out["kind"] == "corpus"]
    if left_out.empty:
        return ""
    highest = left_out.iloc[0]
    return (
        f"Left out: {len(left_out)} of the {n_top} proteins with the highest peaks, which are"
        " from the FASTA corpus and have no annotations. The highest peak,"
        f" {highest['peak']:.2f}, is in {highest['accession']}."
    )


def _drawings(track: Track) -> list[str]:
    """The protein and the window around its peak; one drawing where the window holds it all."""
    if len(track.sequence) <= WINDOW:
        return [window_svg(track)]
    return [protein_svg(track), window_svg(track)]
