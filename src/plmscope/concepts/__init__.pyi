from .controls.baselines import CompositionSource as CompositionSource
from .controls.baselines import fit_baseline as fit_baseline
from .controls.controls import Comparison as Comparison
from .controls.controls import add_controls as add_controls
from .controls.controls import label_held_out as label_held_out
from .controls.controls import make_controls as make_controls
from .controls.controls import score_control as score_control
from .controls.controls import shuffle_sequences as shuffle_sequences
from .controls.planting import PlantedProteins as PlantedProteins
from .controls.planting import plant_motifs as plant_motifs
from .controls.planting import report_planted as report_planted
from .counting.by_protein import PairCounts as PairCounts
from .counting.by_protein import count_by_protein as count_by_protein
from .counting.counts import OverlapCounts as OverlapCounts
from .counting.encoding import ActivationSource as ActivationSource
from .counting.encoding import SparseEncoder as SparseEncoder
from .counting.overlaps import count_overlaps as count_overlaps
from .errors import ConceptTableError as ConceptTableError
from .errors import CountsMismatchError as CountsMismatchError
from .labels import ConceptLabels as ConceptLabels
from .labels import tell_concepts_apart as tell_concepts_apart
from .plots import plot_categories as plot_categories
from .plots import plot_controls as plot_controls
from .plots import plot_precision_recall as plot_precision_recall
from .plots import plot_thresholds as plot_thresholds
from .scoring.headline import best_first as best_first
from .scoring.headline import best_pairs as best_pairs
from .scoring.headline import best_to_show as best_to_show
from .scoring.headline import count_found_by_bound as count_found_by_bound
from .scoring.headline import pairs_that_passed as pairs_that_passed
from .scoring.headline import report_concepts as report_concepts
from .scoring.headline import summarise as summarise
from .scoring.leakage import compare_without_leaks as compare_without_leaks
from .scoring.mean_f1 import mean_best_f1 as mean_best_f1
from .scoring.ranking import rank_pairs as rank_pairs
from .scoring.scores import at_test_threshold as at_test_threshold
from .scoring.scores import score_pairs as score_pairs
from .scoring.summary import ConceptSummary as ConceptSummary
from .scoring.summary import Headline as Headline
from .scoring.summary import summarise_concepts as summarise_concepts
from .settings import CalibrationSettings as CalibrationSettings
from .settings import ControlSettings as ControlSettings
from .settings import CountingSettings as CountingSettings
from .settings import PlantingSettings as PlantingSettings
from .settings import ScoringSettings as ScoringSettings
from .settings import SuggestionSettings as SuggestionSettings
from .settings import UncertaintySettings as UncertaintySettings
from .suggestions.missing import recover_hidden as recover_hidden
from .suggestions.missing import suggest_annotations as suggest_annotations
from .uncertainty.bootstrap import add_intervals as add_intervals
from .uncertainty.bootstrap import bootstrap_intervals as bootstrap_intervals
from .uncertainty.calibration import Calibration as Calibration
from .uncertainty.calibration import calibrate_intervals as calibrate_intervals
from .uncertainty.calibration import calibrate_p_values as calibrate_p_values
from .uncertainty.permutation import assess_significance as assess_significance

__all__ = [
    "ActivationSource",
    "Calibration",
    "CalibrationSettings",
    "Comparison",
    "CompositionSource",
    "ConceptLabels",
    "ConceptSummary",
    "ConceptTableError",
    "ControlSettings",
    "CountingSettings",
    "CountsMismatchError",
    "Headline",
    "OverlapCounts",
    "PairCounts",
    "PlantedProteins",
    "PlantingSettings",
    "ScoringSettings",
    "SparseEncoder",
    "SuggestionSettings",
    "UncertaintySettings",
    "add_controls",
    "add_intervals",
    "assess_significance",
    "at_test_threshold",
    "best_first",
    "best_pairs",
    "best_to_show",
    "bootstrap_intervals",
    "calibrate_intervals",
    "calibrate_p_values",
    "compare_without_leaks",
    "count_by_protein",
    "count_found_by_bound",
    "count_overlaps",
    "fit_baseline",
    "label_held_out",
    "make_controls",
    "mean_best_f1",
    "pairs_that_passed",
    "plant_motifs",
    "plot_categories",
    "plot_controls",
    "plot_precision_recall",
    "plot_thresholds",
    "rank_pairs",
    "recover_hidden",
    "report_concepts",
    "report_planted",
    "score_control",
    "score_pairs",
    "shuffle_sequences",
    "suggest_annotations",
    "summarise",
    "summarise_concepts",
    "tell_concepts_apart",
]
