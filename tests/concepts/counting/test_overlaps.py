import dataclasses
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from pydantic import ValidationError

from plmscope.concepts.counting.counts import OverlapCounts
from plmscope.concepts.counting.encoding import bucket_features
from plmscope.concepts.counting.labelled_features import LabelledFeatures
from plmscope.concepts.counting.overlaps import count_overlaps
from plmscope.concepts.errors import CountsMismatchError
from plmscope.concepts.labels import ConceptLabels
from plmscope.concepts.scoring.scores import score_pairs
from plmscope.concepts.settings import CountingSettings

THRESHOLDS = (0.0, 0.15, 0.5, 0.6, 0.8)
COUNTING = CountingSettings(thresholds=THRESHOLDS)


def slow_counts(values, annotations, thresholds):
    """The definition, spelt out: sets of residues, one cell at a time.

    Returns:
        tp, n_active, n_active_annotated, instances_hit by (concept, feature, threshold).
    """
    cells = {}
    for (concept, level), rows in annotations.groupby(["concept", "level"]):
        instances: dict[int, set] = {}
        for row in rows.itertuples():
            residues = {(row.accession, position) for position in range(row.start, row.end + 1)}
            instances.setdefault(row.instance, set()).update(residues)
        positive = set().union(*instances.values())
        carriers = {accession for accession, _ in positive}
        n_features = next(iter(values.values())).shape[1]
        for feature in range(n_features):
            for number, threshold in enumerate(thresholds):
                on = {
                    (accession, position + 1)
                    for accession, array in values.items()
                    for position, value in enumerate(array[:, feature])
                    if value > np.float32(threshold)
                }
                hit = sum(bool(residues & on) for residues in instances.values())
                cells[concept, feature, number] = (
                    len(on & positive),
                    len(on),
                    sum(accession in carriers for accession, _ in on),
                    hit if level == "span" else len(on & positive),
                )
    return cells


@st.composite
def worlds(draw):
    """Feature values and annotations of a few short proteins."""
    lengths = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))
    value = st.sampled_from([0.0, 0.1, 0.15, 0.5, 0.55, 0.7, 0.8, 0.81, 1.2])
    n_features = draw(st.integers(1, 3))
    values = {
        f"P{number}": np.array(
            draw(
                st.lists(
                    st.lists(value, min_size=n_features, max_size=n_features),
                    min_size=length,
                    max_size=length,
                )
            ),
            dtype=np.float32,
        )
        for number, length in enumerate(lengths)
    }
    rows = []
    for instance in range(draw(st.integers(0, 6))):
        protein = draw(st.integers(0, len(lengths) - 1))
        concept = draw(st.sampled_from(["Helix", "Repeat", "Active site", "Disulfide bond"]))
        level = "residue" if concept == "Active site" else "span"
        for _ in range(2 if concept == "Disulfide bond" else 1):
            start = draw(st.integers(1, lengths[protein]))
            end = draw(st.integers(start, lengths[protein]))
            rows.append((f"P{protein}", concept, level, start, end, instance))
    return values, rows


def cells_of(counts: OverlapCounts):
    """The counts of the annotated concepts, in the form of `slow_counts`."""
    annotated = counts.concepts[counts.concepts["category"] != "Amino acid"]
    names = annotated["concept"].tolist()
    return {
        (names[c], f, t): (
            counts.tp[c, f, t],
            counts.n_active[f, t],
            counts.n_active_annotated[c, f, t],
            counts.instances_hit[c, f, t],
        )
        for c in range(len(names))
        for f in range(counts.n_features)
        for t in range(len(counts.thresholds))
    }


@pytest.fixture(scope="session")
def build(tables, given_features):
    """A function that makes store, encoder and labels of made-up annotations and features."""
    proteins, annotations, concepts = tables

    def run(values, rows):
        table = annotations(rows)
        sequences = {name: "X" * len(array) for name, array in values.items()}
        labels = ConceptLabels.of_split(proteins(sequences), table, concepts(table), "valid")
        return *given_features(values), labels

    return run


class TestEqualsTheSlowReference:
    @settings(max_examples=150)
    @drawn(
        world=worlds(),
        max_residues=st.sampled_from([1, 100]),
        values_at_once=st.sampled_from([1, 10, 1000]),
        proteins_at_once=st.sampled_from([1, 2, 100]),
    )
    def test_cell_by_cell(
        self, build, tables, world, max_residues, values_at_once, proteins_at_once
    ):
        values, rows = world
        with (
            patch("plmscope.concepts.counting.encoding.VALUES_AT_ONCE", values_at_once),
            patch("plmscope.concepts.counting.overlaps.PROTEINS_AT_ONCE", proteins_at_once),
        ):
            counts = count_overlaps(
                LabelledFeatures(*build(values, rows)),
                CountingSettings(thresholds=THRESHOLDS, max_residues=max_residues),
            )
        assert cells_of(counts) == slow_counts(values, tables[1](rows), THRESHOLDS)

    @settings(max_examples=30)
    @drawn(world=worlds())
    def test_shards_add_up(self, build, world):
        store, encoder, labels = build(*world)
        whole = count_overlaps(LabelledFeatures(store, encoder, labels), COUNTING)
        shards = [
            count_overlaps(LabelledFeatures(store.select([name]), encoder, labels), COUNTING)
            for name in store.accessions
        ]
        total = sum(shards[1:], start=shards[0])
        assert cells_of(total) == cells_of(whole)
        assert total.concepts.equals(whole.concepts)
        assert total.n_residues == whole.n_residues

    @settings(max_examples=30)
    @drawn(world=worlds())
    def test_annotated_instances(self, build, tables, world):
        values, rows = world
        counts = count_overlaps(
            LabelledFeatures(*build(values, rows)),
            CountingSettings(thresholds=THRESHOLDS, max_residues=1),
        )
        expected = tables[1](rows).groupby("concept")["instance"].nunique()
        counted = counts.concepts.set_index("concept")["n_annotated"]
        assert counted.reindex(expected.index).tolist() == expected.tolist()
        assert counted.drop(expected.index).eq(0).all()


class TestFalsePositives:
    def test_are_counted_in_proteins_without_the_concept(self, build):
        """Regression: with false positives counted only in proteins that carry the concept, a
        feature that fires everywhere got precision 0.50 where the truth is 0.05
        (docs/faults.md, fault 15)."""
        values = {f"P{number}": np.ones((100, 1)) for number in range(10)}
        counts = count_overlaps(
            LabelledFeatures(*build(values, [("P3", "Domain: SH3", "span", 1, 50, 0)])),
            CountingSettings(thresholds=(0.0,)),
        )
        pair = score_pairs(counts, counts).query("concept == 'Domain: SH3'").iloc[0]
        assert pair["test_precision"] == pytest.approx(0.05)
        assert (pair["test_fp"], pair["test_fp_annotated"]) == (950, 50)


class TestDevice:
    def test_is_no_setting(self):
        """Regression: three places said where the SAE runs, and could disagree."""
        with pytest.raises(ValidationError, match="device"):
            CountingSettings(device="cuda")


class TestThresholds:
    def test_are_strict_in_the_precision_of_the_values(self):
        values = np.array([[0.15, 0.5, 0.8, 0.81]], dtype=np.float32)
        features = bucket_features(np.arange(4)[None], values, 4, THRESHOLDS)
        assert features.matrix.indices.tolist() == [0, 6, 13, 19]

    @pytest.mark.parametrize("thresholds", [(0.5, 0.15), (0.5, 0.5), (-0.1, 0.5), ()])
    def test_that_do_not_rise_are_refused(self, thresholds):
        with pytest.raises(ValidationError, match=r"must rise|at least 1"):
            CountingSettings(thresholds=thresholds)

    @pytest.mark.parametrize("highest", [1.0, 1.5, float("inf"), float("nan")])
    def test_that_no_feature_can_pass_are_refused(self, highest):
        with pytest.raises(ValidationError, match=r"below 1|finite number"):
            CountingSettings(thresholds=(0.0, highest))

    def test_padding_is_no_feature(self):
        features = bucket_features(np.array([[3, 0, 0]]), np.array([[0.2, 0.0, 0.0]]), 4, (0.0,))
        assert features.matrix.indices.tolist() == [3]


class TestOverlappingInstances:
    def test_a_perfect_feature_hits_all_of_them(self, build):
        """Regression: overlapping instances overwrote each other, so that a perfect feature could
        not reach recall 1 (docs/faults.md, fault 14)."""
        rows = [("P", "Repeat", "span", 1, 4, 0), ("P", "Repeat", "span", 1, 4, 1)]
        counts = count_overlaps(
            LabelledFeatures(*build({"P": np.ones((4, 1))}, rows)),
            CountingSettings(thresholds=(0.0,)),
        )
        assert counts.instances_hit[0, 0, 0] == counts.concepts["n_instances"].iloc[0] == 2


class TestAddition:
    def test_of_other_thresholds_is_refused(self, build):
        world = build({"P": np.ones((4, 1))}, [("P", "Helix", "span", 1, 4, 0)])
        with pytest.raises(CountsMismatchError, match="thresholds"):
            count_overlaps(
                LabelledFeatures(*world), CountingSettings(thresholds=(0.0,))
            ) + count_overlaps(LabelledFeatures(*world), CountingSettings(thresholds=(0.5,)))

    def test_keeps_what_the_left_operand_was_made_from(self, build):
        world = build({"P": np.ones((4, 1))}, [("P", "Helix", "span", 1, 4, 0)])
        left, right = (
            dataclasses.replace(
                count_overlaps(LabelledFeatures(*world), CountingSettings(thresholds=(0.0,))),
                made_from={"store": name},
            )
            for name in ("left", "right")
        )
        assert (left + right).made_from == {"store": "left"}
        assert (
            count_overlaps(LabelledFeatures(*world), CountingSettings(thresholds=(0.0,))).made_from
            == {}
        )
