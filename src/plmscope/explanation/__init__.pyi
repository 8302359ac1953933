from .errors import QueryError as QueryError
from .explaining import explain as explain
from .explaining import refuse_other_plm as refuse_other_plm
from .explanation import Explanation as Explanation
from .explanation import refuse_output as refuse_output
from .queries.reading import Query as Query
from .queries.reading import read_one_protein as read_one_protein
from .settings import ExplainSettings as ExplainSettings
