"""The proteins that show what a feature responds to."""

from collections.abc import Collection, Iterable
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plmscope.executors import TaskResult
from plmscope.features.hits import BlockHits, ProteinPeaks, find_hits
from plmscope.features.ranks import rank_within
from plmscope.features.settings import ReportingSettings
from plmscope.saes.encode import EncodedBlock
from plmscope.saes.passes import BlockCounter

_PRUNE_AT = 1_000_000
_TOP, _CORPUS = 0, 1
_N_KINDS_OF_TOP = 2
_CANDIDATE = np.dtype(
    [
        ("feature", np.int64),
        ("kind", np.int64),
        ("protein", np.int64),
        ("peak", np.float32),
        ("merit", np.float32),
        ("group", np.int64),
    ]
)


class ExampleChooser(TaskResult):
    """Keeps, while blocks stream past, the best few proteins of each feature.

    Every feature has one group of top proteins, ordered by peak, and one group per activation
    range, ordered by a random number of each protein, so that a range's examples are a fair draw
    and not the first of the store. All groups are pruned together: memory stays bounded by the
    examples wanted plus `_PRUNE_AT` candidates.

    Annotated proteins come first, whatever the peaks of corpus proteins, which have nothing to
    compare a feature with: a corpus protein is in a group only where there are too few annotated
    ones. The corpus proteins with the highest peaks have a group of their own.

    Args:
        d_sae: Features of the SAE.
        n_proteins: All proteins of the pass.
        settings: Sizes of the groups, edges of the ranges, seed of the draw.
        corpus: The proteins without annotations.
        first_protein: The number, among all, of the first protein that will be seen.
    """

    GIVEN: ClassVar = ("_corpus", "_draw")

    def __init__(
        self,
        d_sae: int,
        n_proteins: int,
        settings: ReportingSettings,
        corpus: Collection[str] = frozenset(),
        first_protein: int = 0,
    ) -> None:
        self._corpus = corpus
        self._n_top = settings.n_top
        self._edges = np.asarray(settings.range_edges)
        n_ranges = len(self._edges) - 1
        self._n_kinds = _N_KINDS_OF_TOP + n_ranges
        self._size_of_kind = np.repeat(
            [settings.n_top, settings.n_per_range], [_N_KINDS_OF_TOP, n_ranges]
        )
        draws = np.random.default_rng(settings.seed).random(n_proteins, dtype=np.float32)
        self._draw = draws[first_protein:]
        self._lowest_kept = np.full(d_sae * self._n_kinds, -np.inf, dtype=np.float32)
        self._accessions: list[str] = []
        self._candidates = [np.empty(0, dtype=_CANDIDATE)]
        self._n_candidates = 0

    def add(self, accessions: list[str], peaks: ProteinPeaks) -> None:
        """Offer the proteins of one block."""
        is_corpus = np.array([name in self._corpus for name in accessions], dtype=bool)
        is_corpus = is_corpus[peaks.protein.numpy()]
        protein = peaks.protein.numpy() + len(self._accessions)
        self._accessions += accessions
        feature, peak = peaks.feature.numpy(), peaks.peak.numpy()
        edges = self._edges.astype(np.float32)
        kind = _N_KINDS_OF_TOP + np.digitize(peak, edges[1:-1], right=True)
        in_a_range = peak > edges[0]
        merit = self._draw[protein] - is_corpus  # a draw is below 1: annotated proteins go before
        self._offer(feature, np.where(is_corpus, _CORPUS, _TOP), protein, peak, peak)
        self._offer(*(part[in_a_range] for part in (feature, kind, protein, peak, merit)))
        if self._n_candidates > _PRUNE_AT:
            self._prune()

    def merge(self, later: "ExampleChooser") -> None:
        """Take over the candidates among the proteins that follow."""
        candidates = later._prune()
        candidates["protein"] += len(self._accessions)
        self._accessions += later._accessions
        self._candidates.append(candidates)
        self._n_candidates += len(candidates)
        if self._n_candidates > _PRUNE_AT:
            self._prune()

    def to_frame(self) -> pd.DataFrame:
        """The chosen proteins.

        Returns:
            Columns `feature`, `kind` ("top"; "corpus": the corpus proteins with the highest peaks
            that "top" has no room for; "range"), `range_low`, `range_high` (the range of peaks, low
            end excluded), `rank` (in its group annotated proteins come first, then the highest
            peak), `accession`, `peak`; ordered by feature, kind, range and rank.
        """
        chosen = self._prune()
        kind = np.where(self._fills_top(chosen), _TOP, chosen["kind"])
        number = np.maximum(kind - _N_KINDS_OF_TOP, 0)  # of the range
        is_range = kind >= _N_KINDS_OF_TOP
        accessions = np.array(self._accessions, dtype=object)[chosen["protein"]]
        frame = pd.DataFrame(
            {
                "feature": chosen["feature"],
                "kind": np.array(["top", "corpus", "range"])[np.minimum(kind, _N_KINDS_OF_TOP)],
                "range_low": np.where(is_range, self._edges[number], self._edges[0]),
                "range_high": np.where(is_range, self._edges[number + 1], self._edges[-1]),
                "accession": accessions,
                "peak": chosen["peak"],
                "is_corpus": [name in self._corpus for name in accessions],
            }
        )
        groups = ["feature", "kind", "range_low"]
        frame = frame.sort_values(
            [*groups, "is_corpus", "peak", "accession"],
            ascending=[True, False, False, True, False, True],
        )
        frame.insert(4, "rank", frame.groupby(groups).cumcount() + 1)
        return frame.drop(columns="is_corpus").reset_index(drop=True)

    def _fills_top(self, chosen: NDArray[np.void]) -> NDArray[np.bool_]:
        """The corpus proteins of features that are active in too few annotated proteins."""
        is_top, is_corpus = (chosen["kind"] == kind for kind in (_TOP, _CORPUS))
        n_features = len(self._lowest_kept) // self._n_kinds
        n_lacking = self._n_top - np.bincount(chosen["feature"][is_top], minlength=n_features)
        rank = rank_within(chosen["group"])
        return is_corpus & (rank < n_lacking[chosen["feature"]])

    def _offer(
        self,
        feature: NDArray[np.int64],
        kind: NDArray[np.int64],
        protein: NDArray[np.int64],
        peak: NDArray[np.float32],
        merit: NDArray[np.float32],
    ) -> None:
        group = feature * self._n_kinds + kind
        promising = merit > self._lowest_kept[group]
        candidates = np.empty(int(promising.sum()), dtype=_CANDIDATE)
        columns: tuple[NDArray[Any], ...] = (feature, kind, protein, peak, merit, group)
        for name, column in zip(_CANDIDATE.names or (), columns, strict=True):
            candidates[name] = column[promising]
        self._candidates.append(candidates)
        self._n_candidates += len(candidates)

    def _prune(self) -> NDArray[np.void]:
        """Keep the best of each group, and note the merit that a full group asks for."""
        candidates = np.concatenate(self._candidates)
        order = np.lexsort((candidates["protein"], -candidates["merit"], candidates["group"]))
        candidates = candidates[order]
        rank = rank_within(candidates["group"])
        size = self._size_of_kind[candidates["kind"]]
        last = candidates[rank == size - 1]
        self._lowest_kept[last["group"]] = last["merit"]
        kept = candidates[rank < size]
        self._candidates, self._n_candidates = [kept], 0
        return kept


class ExampleTracer(BlockCounter):
    """Collects the activations of chosen features along chosen proteins.

    Args:
        chosen: What `ExampleChooser.to_frame` returned.
        d_sae: Features of the SAE.
    """

    GIVEN: ClassVar = ("_chosen", "_features_of")

    def __init__(self, chosen: pd.DataFrame, d_sae: int) -> None:
        self._chosen = chosen
        self._d_sae = d_sae
        self._features_of = {
            str(accession): np.unique(group.to_numpy())
            for accession, group in chosen.groupby("accession")["feature"]
        }
        self._profiles: dict[tuple[int, str], tuple[NDArray[np.int32], NDArray[np.float32]]] = {}

    def count(self, blocks: Iterable[EncodedBlock]) -> None:
        """Take from some blocks what was chosen."""
        for block in blocks:
            self._add(block.accessions, find_hits(block))

    def merge(self, later: "ExampleTracer") -> None:
        """Take over what was found in other proteins."""
        self._profiles |= later._profiles

    def _add(self, accessions: list[str], hits: BlockHits) -> None:
        wanted = np.concatenate(
            [
                number * self._d_sae + self._features_of[accession]
                for number, accession in enumerate(accessions)
            ]
        )
        cell = hits.protein.numpy() * self._d_sae + hits.feature.numpy()
        chosen = np.isin(cell, wanted)
        order = np.argsort(cell[chosen], kind="stable")  # residues stay in order
        cells, starts = np.unique(cell[chosen][order], return_index=True)
        positions = hits.position.numpy()[chosen][order].astype(np.int32)
        values = hits.value.numpy()[chosen][order]
        for each, *profile in zip(
            cells.tolist(),
            np.split(positions, starts[1:]),
            np.split(values, starts[1:]),
            strict=False,  # without any cell, split still gives one empty part
        ):
            number, feature = divmod(each, self._d_sae)
            self._profiles[feature, accessions[number]] = (profile[0], profile[1])

    def to_frame(self) -> pd.DataFrame:
        """The chosen proteins with the feature's activation along them.

        Returns:
            The chosen table plus `peak_position` (1-based), `positions` (1-based) and `values`:
            every residue where the feature is active.
        """
        keys = zip(self._chosen["feature"], self._chosen["accession"], strict=True)
        profiles = [self._profiles[key] for key in keys]
        frame = self._chosen.copy()
        frame["peak_position"] = [int(positions[values.argmax()]) for positions, values in profiles]
        frame["positions"], frame["values"] = zip(*profiles, strict=True) if profiles else ([], [])
        return frame
