"""Many sequences against the features that they have more often than other proteins, as SVG."""

from __future__ import annotations

from html import escape

import pandas as pd

from plmscope.features.drawing.colours import ACTIVATION_COLOURS, level_of
from plmscope.features.drawing.svg import RULE, svg, svg_text

N_FEATURES, N_SEQUENCES = 40, 60
_CELL, _ROW = 19, 16
_GUTTER, _TOP = 150, 64


def heat_map_svg(peaks: pd.DataFrame, shares: pd.DataFrame, proteins: list[str]) -> str:
    """The peaks of the most enriched features, a row a sequence.

    Args:
        peaks: protein, feature, peak where a feature is on.
        shares: `feature_shares`, most significant first; the first `N_FEATURES` are drawn.
        proteins: The sequences; the first `N_SEQUENCES` are drawn.
    """
    features, shown = shares["feature"].head(N_FEATURES).tolist(), proteins[:N_SEQUENCES]
    names = shares.set_index("feature")["name"]
    column = {feature: i for i, feature in enumerate(features)}
    row = {protein: i for i, protein in enumerate(shown)}
    width, height = _GUTTER + len(features) * _CELL + 8, _TOP + len(shown) * _ROW + 8
    body = [
        f"<rect x='{_GUTTER}' y='{_TOP}' width='{len(features) * _CELL}'"
        f" height='{len(shown) * _ROW}' fill='none' stroke='{RULE}'/>"
    ]
    for protein, i in row.items():
        short = protein if len(protein) <= 22 else protein[:21] + "…"
        body.append(
            f"<g><title>{escape(protein)}</title>"
            f"{svg_text(_GUTTER - 6, _TOP + i * _ROW + 12, short, 'end')}</g>"
        )
    for feature, i in column.items():
        x = _GUTTER + i * _CELL + 13
        title = f"f/{feature} {names[feature]}".strip()
        body.append(
            f"<g transform='rotate(-60 {x} {_TOP - 6})'><title>{escape(title)}</title>"
            f"{svg_text(x, _TOP - 6, f'f/{feature}', 'start')}</g>"
        )
    here = peaks[peaks["feature"].isin(column) & peaks["protein"].isin(row)]
    for cell in here.to_dict("records"):
        title = f"{cell['protein']}, f/{cell['feature']}: {cell['peak']:.2f}"
        body.append(
            f"<rect x='{_GUTTER + column[cell['feature']] * _CELL + 1}'"
            f" y='{_TOP + row[cell['protein']] * _ROW + 1}' width='{_CELL - 2}'"
            f" height='{_ROW - 2}' fill='{ACTIVATION_COLOURS[level_of(cell['peak'])]}'>"
            f"<title>{escape(title)}</title></rect>"
        )
    return svg(body, width, height, "Peaks of features, a row a sequence")
