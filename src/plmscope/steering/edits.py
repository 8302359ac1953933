"""Features set to other values, and the activations that follow: the SAE's error is kept.

With `x_hat = decode(encode(x))`, an edit turns `x` into `x + decode(f') - x_hat`, so that all that
the SAE does not explain stays as it was (Simon & Zou 2025, steering; Marks et al. 2024).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from plmscope.parameters import Record
from plmscope.plms.base import Edit
from plmscope.saes import SAE, SparseFeatures, is_dead, is_scaled
from plmscope.steering.errors import SteeringError


class FeatureEdit(Record):
    """One feature set to other values at some residues."""

    feature: int
    """Its number."""

    how: Literal["clamp", "scale"]
    """"clamp" sets it to `amount`, "scale" multiplies it by `amount`."""

    amount: float
    """For "clamp" a fraction of the feature's maximum over train; for "scale" a factor."""

    positions: tuple[int, ...] | None = None
    """1-based residues. None: all."""


def clamp(feature: int, value: float, positions: Iterable[int] | None = None) -> FeatureEdit:
    """Set a feature to a value.

    Args:
        feature: Its number.
        value: A fraction of its maximum over train; more than 1 is more than was ever seen there.
        positions: 1-based residues. None: all.
    """
    return _edit(feature, "clamp", value, positions)


def scale(feature: int, factor: float, positions: Iterable[int] | None = None) -> FeatureEdit:
    """Multiply a feature; where it is 0 it stays 0.

    Args:
        feature: Its number.
        factor: What its values are multiplied by.
        positions: 1-based residues. None: all.
    """
    return _edit(feature, "scale", factor, positions)


def ablate(feature: int, positions: Iterable[int] | None = None) -> FeatureEdit:
    """Set a feature to 0.

    Args:
        feature: Its number.
        positions: 1-based residues. None: all.
    """
    return _edit(feature, "clamp", 0.0, positions)


def check_edits(edits: Sequence[FeatureEdit], sae: SAE, n_residues: int) -> None:
    """Refuse edits that cannot be made.

    Args:
        edits: The edits.
        sae: Scaled to the maxima of its features.
        n_residues: Of the sequence.

    Raises:
        SteeringError: A feature that there is not or that never fires, a residue outside the
            sequence, or an SAE without the maxima of its features.
    """
    if not is_scaled(sae):
        raise SteeringError(
            "The SAE has no maxima of its features, of which a clamp is a fraction. Import it,"
            " which measures them: kedro run --pipelines sae_import --params sae_source=<folder>"
        )
    for edit in edits:
        check_feature(edit.feature, sae)
        outside = [place for place in edit.positions or () if not 1 <= place <= n_residues]
        if outside:
            raise SteeringError(
                f"f/{edit.feature} is to be edited at residue {outside[0]}, but the sequence has"
                f" residues 1 to {n_residues}. Give positions inside it."
            )
        if edit.positions == ():
            raise SteeringError(
                f"f/{edit.feature} is to be edited at no residue. Give positions, or none for all."
            )


def check_feature(feature: int, sae: SAE) -> None:
    """Refuse a feature that there is not, or that never fired on train.

    Raises:
        SteeringError: Naming it.
    """
    if not 0 <= feature < sae.d_sae:
        raise SteeringError(
            f"There is no feature f/{feature}: this SAE has f/0 to f/{sae.d_sae - 1}."
        )
    if is_dead(sae)[feature]:
        raise SteeringError(
            f"f/{feature} never fired on train, so it has no maximum to be clamped to, and nothing"
            " to ablate. Choose a feature that fires; the feature table says which do."
        )


def as_plm_edit(edits: Sequence[FeatureEdit], sae: SAE, n_residues: int) -> Edit:
    """The edits as a function of a layer's activations, for `edited_lm_logits`.

    Args:
        edits: Made in their order.
        sae: The SAE.
        n_residues: Of the sequence; the rows given may be several copies of it, one after another.
    """
    return lambda x: x + steering_delta(x, edits, sae, n_residues)


@torch.no_grad()
def steering_delta(
    x: Float[Tensor, "n_rows d_model"], edits: Sequence[FeatureEdit], sae: SAE, n_residues: int
) -> Float[Tensor, "n_rows d_model"]:
    """What edits add to the activations: exactly 0 wherever nothing is edited.

    Args:
        x: Activations of one or several copies of a sequence.
        edits: Made in their order.
        sae: The SAE.
        n_residues: Of the sequence.
    """
    delta = torch.zeros_like(x)
    rows = _edited_rows(edits, n_residues)
    if not len(rows):
        return delta
    n_copies = len(x) // n_residues
    starts = torch.arange(n_copies)[:, None] * n_residues
    chosen = (starts + rows).flatten().to(x.device)
    position = rows.repeat(n_copies) + 1
    features = sae.encode_sparse(x.index_select(0, chosen))
    edited = features
    for edit in edits:
        edited = _apply(edit, edited, position)
    change = sae.decode_sparse(edited) - sae.decode_sparse(features)
    return delta.index_copy(0, chosen, change.to(delta))


def set_feature(
    features: SparseFeatures,
    feature: int,
    value: Float[Tensor, " n_rows"],
) -> SparseFeatures:
    """The same features with one of them set.

    Args:
        features: Of some residues.
        feature: Its number.
        value: Its new value at each residue.
    """
    others = torch.where(features.indices == feature, 0.0, features.values)
    own = features.indices.new_full((len(value), 1), feature)  # even where nothing is active
    return SparseFeatures(
        torch.cat([features.indices, own], dim=1),
        torch.cat([others, value[:, None].to(others)], dim=1),
    )


def value_of(features: SparseFeatures, feature: int) -> Float[Tensor, " n_rows"]:
    """The value of one feature at each residue."""
    return torch.where(features.indices == feature, features.values, 0.0).sum(dim=1)


def _apply(
    edit: FeatureEdit, features: SparseFeatures, position: Int[Tensor, " n_rows"]
) -> SparseFeatures:
    now = value_of(features, edit.feature)
    wanted = torch.full_like(now, edit.amount) if edit.how == "clamp" else now * edit.amount
    if edit.positions is not None:
        here = torch.isin(position, torch.tensor(edit.positions))
        wanted = torch.where(here.to(now.device), wanted, now)
    return set_feature(features, edit.feature, wanted)


def _edited_rows(edits: Sequence[FeatureEdit], n_residues: int) -> Int[Tensor, " n_edited"]:
    if any(edit.positions is None for edit in edits):
        return torch.arange(n_residues)
    places = sorted({place - 1 for edit in edits for place in edit.positions or ()})
    return torch.tensor(places, dtype=torch.int64)


def _edit(
    feature: int,
    how: Literal["clamp", "scale"],
    amount: float,
    positions: Iterable[int] | None,
) -> FeatureEdit:
    given = None if positions is None else tuple(positions)
    return FeatureEdit(feature=feature, how=how, amount=amount, positions=given)
