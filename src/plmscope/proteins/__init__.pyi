from .concepts import tabulate_concepts as tabulate_concepts
from .errors import HomologyError as HomologyError
from .errors import ProteinTableError as ProteinTableError
from .hashes import hash_of_accessions as hash_of_accessions
from .hashes import hash_of_proteins as hash_of_proteins
from .homology.clusters import cluster_proteins as cluster_proteins
from .homology.leakage import audit_leakage as audit_leakage
from .homology.leakage import reject_homologues as reject_homologues
from .reading.fasta import read_fasta as read_fasta
from .reading.nucleotides import check_nucleotides as check_nucleotides
from .reading.nucleotides import look_like_nucleotides as look_like_nucleotides
from .reading.swissprot_flat import SwissprotEntries as SwissprotEntries
from .reading.swissprot_flat import empty_swissprot_entries as empty_swissprot_entries
from .reading.swissprot_flat import place_swissprot_entries as place_swissprot_entries
from .reading.swissprot_flat import read_swissprot_entries as read_swissprot_entries
from .reading.swissprot_flat import read_swissprot_flat as read_swissprot_flat
from .reading.uniprot_tsv import UniprotCells as UniprotCells
from .reading.uniprot_tsv import empty_uniprot_cells as empty_uniprot_cells
from .reading.uniprot_tsv import parse_uniprot_cells as parse_uniprot_cells
from .reading.uniprot_tsv import read_uniprot_cells as read_uniprot_cells
from .reading.uniprot_tsv import read_uniprot_tsv as read_uniprot_tsv
from .selection import select_proteins as select_proteins
from .settings import ConceptSettings as ConceptSettings
from .settings import HomologySettings as HomologySettings
from .settings import IngestionSettings as IngestionSettings
from .settings import SplitSettings as SplitSettings
from .splits import split_proteins as split_proteins
from .summary import summarise_ingestion as summarise_ingestion
from .tables import PROTEIN_COLUMNS as PROTEIN_COLUMNS
from .tables import ProteinTables as ProteinTables
from .tables import UniprotTables as UniprotTables
from .tables import concern_features as concern_features
from .tables import empty_protein_tables as empty_protein_tables
from .tables import refuse_if_all_rejected as refuse_if_all_rejected

__all__ = [
    "PROTEIN_COLUMNS",
    "ConceptSettings",
    "HomologyError",
    "HomologySettings",
    "IngestionSettings",
    "ProteinTableError",
    "ProteinTables",
    "SplitSettings",
    "SwissprotEntries",
    "UniprotCells",
    "UniprotTables",
    "audit_leakage",
    "check_nucleotides",
    "cluster_proteins",
    "concern_features",
    "empty_protein_tables",
    "empty_swissprot_entries",
    "empty_uniprot_cells",
    "hash_of_accessions",
    "hash_of_proteins",
    "look_like_nucleotides",
    "parse_uniprot_cells",
    "place_swissprot_entries",
    "read_fasta",
    "read_swissprot_entries",
    "read_swissprot_flat",
    "read_uniprot_cells",
    "read_uniprot_tsv",
    "refuse_if_all_rejected",
    "reject_homologues",
    "select_proteins",
    "split_proteins",
    "summarise_ingestion",
    "tabulate_concepts",
]
