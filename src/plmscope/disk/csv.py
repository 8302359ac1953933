"""Tables as comma-separated text that a spreadsheet shows, and does not run."""

from __future__ import annotations

import pandas as pd

_FORMULA = r"^[=+\-@\t]"
"""What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection")."""


def as_csv(table: pd.DataFrame) -> str:
    """A table as comma-separated text.

    Texts that a spreadsheet would take for a formula, as the name of somebody's protein may be,
    begin with an apostrophe; numbers are as they are.

    Args:
        table: Its index is not kept.
    """
    texts = table.select_dtypes(["object", "string", "category"])
    harmless = {str(name): _harmless(texts[name]) for name in texts}
    return table.assign(**harmless).to_csv(index=False)


def _harmless(column: pd.Series) -> pd.Series:
    text = column.astype(object).replace("\r", " ", regex=True)  # which would end a line
    is_formula = text.str.match(_FORMULA).eq(True)  # None of what is no text
    return text.mask(is_formula, "'" + text[is_formula].astype(str))
