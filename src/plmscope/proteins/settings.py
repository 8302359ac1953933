"""What can be set about the making of the protein tables."""

from typing import Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from plmscope.parameters import Parameters


class IngestionSettings(Parameters):
    """Which proteins are read.

    Args:
        on_bad_feature: "stop" at a feature that breaks UniProtKB's syntax, or "reject" it.
        max_rejected_fraction: Fraction of a column's features that may be rejected for their
            syntax, in [0, 1]; above it, the column is written in another way, and the run stops.
        allow_nucleotides: Whether a file of sequences that look like nucleotides is taken as
            proteins.
        cluster_column: Column of the UniProtKB table that gives each protein's homology cluster;
            None: MMseqs2 makes the clusters.
        split_column: Column that gives each protein's split; None: whole clusters are drawn.
        min_length: Shortest protein, in residues.
        max_length: Longest protein, in residues; at most what the PLM takes.
        n_annotated: How many proteins of the UniProtKB table to draw; None: all.
        n_corpus: How many proteins of the FASTA corpus to draw; None: all.
        seed: Decides the draw.
    """

    on_bad_feature: Literal["stop", "reject"] = "stop"
    max_rejected_fraction: float = Field(default=0.1, ge=0, le=1)
    allow_nucleotides: bool = False
    cluster_column: str | None = None
    split_column: str | None = None
    min_length: PositiveInt = 1
    max_length: PositiveInt = 1022
    n_annotated: PositiveInt | None = None
    n_corpus: PositiveInt | None = None
    seed: NonNegativeInt = 0

    @model_validator(mode="after")
    def _lengths_in_order(self) -> Self:
        if self.min_length > self.max_length:
            raise ValueError(
                f"min_length ({self.min_length}) is larger than max_length ({self.max_length})"
            )
        return self


class HomologySettings(Parameters):
    """When two proteins belong together.

    Args:
        min_identity: Identity of the alignment from which on they do, in [0, 1].
        min_coverage: Fraction of both sequences that the alignment must cover, in [0, 1].
        threads: CPU threads for MMseqs2.
    """

    min_identity: float = Field(default=0.3, ge=0, le=1)
    min_coverage: float = Field(default=0.8, ge=0, le=1)
    threads: PositiveInt = 1


class SplitSettings(Parameters):
    """The fraction of the proteins that each split gets.

    Args:
        train: Fraction of train; 0 where a corpus is to be all of train.
        valid: Fraction of valid.
        test: Fraction of test.
        seed: Decides which clusters go where.
    """

    train: float = Field(default=0.6, ge=0, lt=1)
    valid: float = Field(default=0.2, gt=0, lt=1)
    test: float = Field(default=0.2, gt=0, lt=1)
    seed: NonNegativeInt = 0

    @model_validator(mode="after")
    def _fractions_add_up(self) -> Self:
        if abs(self.train + self.valid + self.test - 1) > 1e-9:
            raise ValueError(
                f"train + valid + test is {self.train + self.valid + self.test}, not 1"
            )
        return self


class ConceptSettings(Parameters):
    """What a concept needs in split valid to be analysed; test is not looked at.

    Args:
        min_instances: Instances.
        min_residues: Residues.
        min_proteins: Proteins.
    """

    min_instances: NonNegativeInt = 10
    min_residues: NonNegativeInt = 10
    min_proteins: NonNegativeInt = 5
