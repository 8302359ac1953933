from .drawing.feature_map import MAP_MEASURES as MAP_MEASURES
from .drawing.feature_map import feature_map_svg as feature_map_svg
from .drawing.histogram import histogram_svg as histogram_svg
from .drawing.sequence_html import sequence_html as sequence_html
from .drawing.track import Lane as Lane
from .drawing.track import Track as Track
from .drawing.track import example_track as example_track
from .drawing.track import make_lanes as make_lanes
from .drawing.track_svg import colour_key_svg as colour_key_svg
from .drawing.track_svg import picture_svg as picture_svg
from .drawing.track_svg import protein_svg as protein_svg
from .drawing.track_svg import window_svg as window_svg
from .naming import annotated_concepts as annotated_concepts
from .naming import name_features as name_features
from .report.html_parts import STYLE as STYLE
from .report.html_parts import StaleExamplesError as StaleExamplesError
from .report.html_parts import corpus_note as corpus_note
from .report.html_parts import facts_html as facts_html
from .report.html_parts import pairs_html as pairs_html
from .report.html_parts import proteins_html as proteins_html
from .report.report import RunResults as RunResults
from .report.report import render_report as render_report
from .report.search_html import SEARCH_PLOTS as SEARCH_PLOTS
from .report.search_html import search_html as search_html
from .settings import ReportingSettings as ReportingSettings
from .survey import survey_features as survey_features
from .survey import trace_examples as trace_examples

__all__ = [
    "MAP_MEASURES",
    "SEARCH_PLOTS",
    "STYLE",
    "Lane",
    "ReportingSettings",
    "RunResults",
    "StaleExamplesError",
    "Track",
    "annotated_concepts",
    "colour_key_svg",
    "corpus_note",
    "example_track",
    "facts_html",
    "feature_map_svg",
    "histogram_svg",
    "make_lanes",
    "name_features",
    "pairs_html",
    "picture_svg",
    "protein_svg",
    "proteins_html",
    "render_report",
    "search_html",
    "sequence_html",
    "survey_features",
    "trace_examples",
    "window_svg",
]
