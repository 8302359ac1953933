from .errors import SearchError as SearchError
from .errors import TrainingError as TrainingError
from .evaluation.evaluation import SAEEvaluation as SAEEvaluation
from .evaluation.evaluation import evaluate_sae as evaluate_sae
from .evaluation.fidelity import Fidelity as Fidelity
from .evaluation.fidelity import measure_fidelity as measure_fidelity
from .run.checkpoints import TrainingCheckpoints as TrainingCheckpoints
from .run.fit import TrainedSAE as TrainedSAE
from .run.plots import plot_history as plot_history
from .run.train import train_sae as train_sae
from .run.train import train_saes as train_saes
from .run_settings import EvaluationSettings as EvaluationSettings
from .run_settings import RunSettings as RunSettings
from .run_settings import SAESettings as SAESettings
from .run_settings import TrainingSettings as TrainingSettings
from .search.check import check_search as check_search
from .search.choice import ChosenRun as ChosenRun
from .search.choice import choose_run as choose_run
from .search.plots import SearchPlots as SearchPlots
from .search.plots import plot_search as plot_search
from .search.search import search_settings as search_settings
from .search.settings import SearchSettings as SearchSettings
from .search.trials import select_front as select_front
from .search.trials import tabulate_trials as tabulate_trials
from .settings import StepSettings as StepSettings
from .step.trainer import Trainer as Trainer

__all__ = [
    "ChosenRun",
    "EvaluationSettings",
    "Fidelity",
    "RunSettings",
    "SAEEvaluation",
    "SAESettings",
    "SearchError",
    "SearchPlots",
    "SearchSettings",
    "StepSettings",
    "TrainedSAE",
    "Trainer",
    "TrainingCheckpoints",
    "TrainingError",
    "TrainingSettings",
    "check_search",
    "choose_run",
    "evaluate_sae",
    "measure_fidelity",
    "plot_history",
    "plot_search",
    "search_settings",
    "select_front",
    "tabulate_trials",
    "train_sae",
    "train_saes",
]
