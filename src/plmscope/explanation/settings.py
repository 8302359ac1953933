"""What can be set about explaining."""

from pydantic import PositiveInt

from plmscope.executors.settings import ExecutorSettings
from plmscope.parameters import Parameters
from plmscope.plms.windows import LongSequences


class ExplainSettings(Parameters):
    """The `explain` parameters."""

    long_sequences: LongSequences = "reject"
    """What is done with sequences that are longer than the PLM takes: "reject" puts them among the
    rejects, "windows" embeds them in overlapping windows."""

    downloads: bool = False
    """Whether an accession that the atlas does not have is asked for at UniProt."""

    max_tokens: PositiveInt = 2048
    """Most tokens in one forward pass of the PLM, padding included."""

    executor: ExecutorSettings = ExecutorSettings()
    """Where parts of the sequences are embedded and looked at."""

    @property
    def max_residues(self) -> int:
        """Residues encoded at once."""
        return 8192
