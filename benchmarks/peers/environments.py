"""An environment for each peer: its own packages, and all others seen from the one that runs the benchmark."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(".peers")
REQUIREMENTS = Path(__file__).parent / "requirements"


def interpreter(name: str) -> Path:
    """The Python of a peer's environment, made where it is missing or its requirements have changed.

    Torch is kept at the version that runs here, so that pip brings no other. torchvision goes again: the build that
    haiku.rag's docling brings is for another torch, and cannot be imported beside one for processors. Raises
    subprocess.CalledProcessError with what pip said.
    """
    if not name:
        return Path(sys.executable)
    folder = FOLDER / name
    python = folder / "bin" / "python"
    wanted = (REQUIREMENTS / f"{name}.txt").read_text(encoding="utf-8")
    installed = folder / "installed.txt"
    if not installed.exists() or installed.read_text(encoding="utf-8") != wanted:
        venv.create(folder, with_pip=True, clear=True)
        _see_ours(python)
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as kept:
            kept.write(f"torch=={version('torch').partition('+')[0]}\n")
            kept.flush()
            _pip(python, "install", "--requirement", str(REQUIREMENTS / f"{name}.txt"), "--constraint", kept.name)
        _pip(python, "uninstall", "--yes", "torchvision")
        installed.write_text(wanted, encoding="utf-8")
    return python.absolute()


def _see_ours(python: Path) -> None:
    packages = next((python.parent.parent / "lib").glob("python*/site-packages"))
    ours = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "ours.pth").write_text("\n".join(ours) + "\n", encoding="utf-8")


def _pip(python: Path, *arguments: str) -> None:
    command = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True, capture_output=True, text=True)
