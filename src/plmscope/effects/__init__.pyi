from .ablation import ablate_named as ablate_named
from .ablation import no_ablations as no_ablations
from .settings import EffectSettings as EffectSettings
from .summary import summarise_effects as summarise_effects
