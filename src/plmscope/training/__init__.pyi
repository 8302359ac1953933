from .checkpoints import TrainingCheckpoints as TrainingCheckpoints
from .evaluation import SAEEvaluation as SAEEvaluation
from .evaluation import evaluate_sae as evaluate_sae
from .fidelity import Fidelity as Fidelity
from .fidelity import measure_fidelity as measure_fidelity
from .fit import TrainedSAE as TrainedSAE
from .fit import TrainingError as TrainingError
from .fit import train_sae as train_sae
from .fit import train_saes as train_saes
from .plots import plot_history as plot_history
from .run_settings import EvaluationSettings as EvaluationSettings
from .run_settings import SAESettings as SAESettings
from .run_settings import TrainingSettings as TrainingSettings
from .settings import StepSettings as StepSettings
from .trainer import Trainer as Trainer

__all__ = [
    "EvaluationSettings",
    "Fidelity",
    "SAEEvaluation",
    "SAESettings",
    "StepSettings",
    "TrainedSAE",
    "Trainer",
    "TrainingCheckpoints",
    "TrainingError",
    "TrainingSettings",
    "evaluate_sae",
    "measure_fidelity",
    "plot_history",
    "train_sae",
    "train_saes",
]
