from .atlas.feature_table import load_feature_table as load_feature_table
from .atlas.files import load_atlas as load_atlas
from .atlas.files import save_atlas as save_atlas
from .atlas.hub import push_atlas as push_atlas
from .explanation.explaining import explain as explain
from .explanation.explanation import Explanation as Explanation
from .explanation.settings import ExplainSettings as ExplainSettings
from .steering.steer import Steered as Steered
from .steering.steer import steer as steer

__version__: str
