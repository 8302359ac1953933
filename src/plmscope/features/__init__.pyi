from .charts import activation_histogram as activation_histogram
from .charts import feature_map as feature_map
from .naming import name_features as name_features
from .parts import STYLE as STYLE
from .parts import facts_html as facts_html
from .parts import pairs_html as pairs_html
from .parts import proteins_html as proteins_html
from .report import RunResults as RunResults
from .report import render_report as render_report
from .settings import ReportingSettings as ReportingSettings
from .survey import survey_features as survey_features
from .survey import trace_examples as trace_examples
from .track import Lane as Lane
from .track import Track as Track
from .track import colour_key_svg as colour_key_svg
from .track import make_lanes as make_lanes
from .track import protein_svg as protein_svg
from .track import sequence_html as sequence_html
from .track import window_svg as window_svg

__all__ = [
    "STYLE",
    "Lane",
    "ReportingSettings",
    "RunResults",
    "Track",
    "activation_histogram",
    "colour_key_svg",
    "facts_html",
    "feature_map",
    "make_lanes",
    "name_features",
    "pairs_html",
    "protein_svg",
    "proteins_html",
    "render_report",
    "sequence_html",
    "survey_features",
    "trace_examples",
    "window_svg",
]
