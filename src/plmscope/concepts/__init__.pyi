from .baselines import CompositionSource as CompositionSource
from .baselines import fit_baseline as fit_baseline
from .bootstrap import add_intervals as add_intervals
from .bootstrap import bootstrap_intervals as bootstrap_intervals
from .calibration import Calibration as Calibration
from .calibration import calibrate_intervals as calibrate_intervals
from .calibration import calibrate_p_values as calibrate_p_values
from .controls import Comparison as Comparison
from .controls import add_controls as add_controls
from .controls import label_held_out as label_held_out
from .controls import make_controls as make_controls
from .controls import score_control as score_control
from .controls import shuffle_sequences as shuffle_sequences
from .counting import count_overlaps as count_overlaps
from .counts import OverlapCounts as OverlapCounts
from .encoding import ActivationSource as ActivationSource
from .encoding import SparseEncoder as SparseEncoder
from .errors import ConceptTableError as ConceptTableError
from .errors import CountsMismatchError as CountsMismatchError
from .labels import ConceptLabels as ConceptLabels
from .labels import tell_concepts_apart as tell_concepts_apart
from .leakage import compare_without_leaks as compare_without_leaks
from .mean_f1 import mean_best_f1 as mean_best_f1
from .missing import recover_hidden as recover_hidden
from .missing import suggest_annotations as suggest_annotations
from .pair_counts import PairCounts as PairCounts
from .pair_counts import count_by_protein as count_by_protein
from .permutation import assess_significance as assess_significance
from .planting import PlantedProteins as PlantedProteins
from .planting import plant_motifs as plant_motifs
from .planting import report_planted as report_planted
from .plots import plot_categories as plot_categories
from .plots import plot_controls as plot_controls
from .plots import plot_precision_recall as plot_precision_recall
from .plots import plot_thresholds as plot_thresholds
from .ranking import rank_pairs as rank_pairs
from .report import best_first as best_first
from .report import best_pairs as best_pairs
from .report import best_to_show as best_to_show
from .report import count_found_by_bound as count_found_by_bound
from .report import pairs_that_passed as pairs_that_passed
from .report import report_concepts as report_concepts
from .report import summarise as summarise
from .scores import at_test_threshold as at_test_threshold
from .scores import score_pairs as score_pairs
from .settings import CalibrationSettings as CalibrationSettings
from .settings import ControlSettings as ControlSettings
from .settings import CountingSettings as CountingSettings
from .settings import PlantingSettings as PlantingSettings
from .settings import ScoringSettings as ScoringSettings
from .settings import SuggestionSettings as SuggestionSettings
from .settings import UncertaintySettings as UncertaintySettings
from .summary import ConceptSummary as ConceptSummary
from .summary import Headline as Headline
from .summary import summarise_concepts as summarise_concepts

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
