"""What can be set about the making of the protein tables."""

from typing import Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, field_validator, model_validator

from plmscope.parameters import Parameters


class IngestionSettings(Parameters):
    """Which proteins are read."""

    on_bad_feature: Literal["stop", "reject"] = "stop"
    """"stop" at a feature that breaks UniProtKB's syntax, or "reject" it."""

    max_rejected_fraction: float = Field(default=0.1, ge=0, le=1)
    """Fraction of a column's features that may be rejected for their syntax, in [0, 1]; above it,
    the column is written in another way, and the run stops."""

    allow_nucleotides: bool = False
    """Whether a file of sequences that look like nucleotides is taken as proteins."""

    cluster_column: str | None = None
    """Column of the UniProtKB table that gives each protein's homology cluster; None: MMseqs2 makes
    the clusters."""

    split_column: str | None = None
    """Column that gives each protein's split; None: whole clusters are drawn."""

    min_length: PositiveInt = 1
    """Shortest protein, in residues."""

    max_length: PositiveInt = 1022
    """Longest protein, in residues; at most what the PLM takes."""

    long_sequences: Literal["reject", "windows"] = "reject"
    """"windows" lifts `max_length`. conf/base takes it from `embedding.long_sequences`, which says
    what the PLM is to do with them."""

    n_annotated: PositiveInt | None = None
    """How many proteins of the UniProtKB table to draw; None: all."""

    n_corpus: PositiveInt | None = None
    """How many proteins of the FASTA corpus to draw; None: all."""

    seed: NonNegativeInt = 0
    """Decides the draw."""

    exclude: tuple[str, ...] = ()
    """Accessions of proteins to leave out, as one that a PLM cannot embed; on the command line with
    blanks between them."""

    @field_validator("exclude", mode="before")
    @classmethod
    def _take_words_apart(cls, value: object) -> object:
        return value.split() if isinstance(value, str) else value

    @model_validator(mode="after")
    def _lengths_in_order(self) -> Self:
        if self.min_length > self.max_length:
            raise ValueError(
                f"min_length ({self.min_length}) is larger than max_length ({self.max_length})"
            )
        return self


class HomologySettings(Parameters):
    """When two proteins belong together."""

    min_identity: float = Field(default=0.3, ge=0, le=1)
    """Identity of the alignment from which on they do, in [0, 1]."""

    min_coverage: float = Field(default=0.8, ge=0, le=1)
    """Fraction of both sequences that the alignment must cover, in [0, 1]."""

    threads: PositiveInt = 1
    """CPU threads for MMseqs2."""


class SplitSettings(Parameters):
    """The fraction of the proteins that each split gets."""

    train: float = Field(default=0.6, ge=0, lt=1)
    """Fraction of train; 0 where a corpus is to be all of train."""

    valid: float = Field(default=0.2, gt=0, lt=1)
    """Fraction of valid."""

    test: float = Field(default=0.2, gt=0, lt=1)
    """Fraction of test."""

    seed: NonNegativeInt = 0
    """Decides which clusters go where."""

    @model_validator(mode="after")
    def _fractions_add_up(self) -> Self:
        if abs(self.train + self.valid + self.test - 1) > 1e-9:
            raise ValueError(
                f"train + valid + test is {self.train + self.valid + self.test}, not 1"
            )
        return self


class ConceptSettings(Parameters):
    """What a concept needs in split valid to be analysed; test is not looked at."""

    min_instances: NonNegativeInt = 10
    """Instances."""

    min_residues: NonNegativeInt = 10
    """Residues."""

    min_proteins: NonNegativeInt = 5
    """Proteins."""
