from .probing import probe_activations as probe_activations
from .probing import probe_features as probe_features
from .report import VERDICTS as VERDICTS
from .report import report_probes as report_probes
from .report import summarise_probes as summarise_probes
from .settings import ProbeSettings as ProbeSettings
