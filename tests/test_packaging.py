"""What is given away: the wheel and the source distribution, and the container's files against what the README says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from tests.documents import accepts

ROOT = Path(__file__).resolve().parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = ("index", "rag", "ui")


def tracked() -> set[str]:
    """The files of the three packages, as they should reach whoever installs them."""
    return {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution, both built from a copy, without a download."""
    import shutil

    source = tmp_path_factory.mktemp("source")
    for name in (*PACKAGES, "docs", "examples"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in", "constraints.txt"):
        shutil.copy(ROOT / name, source)
    build = "from setuptools.build_meta import *; build_wheel('dist'); build_sdist('dist')"
    done = subprocess.run([sys.executable, "-c", build], cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return source / "dist"


def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else(built: Path):
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        metadata = archive.read(next(name for name in archive.namelist() if name.endswith("METADATA"))).decode()
        points = archive.read(next(name for name in archive.namelist() if name.endswith("entry_points.txt"))).decode()
    assert names == tracked()
    assert {"rag/weights/ranker.safetensors", "ui/assets/chat.css"} | {f"{name}/py.typed" for name in PACKAGES} <= names
    assert "dateline = ui.cli:main" in points
    assert "License-Expression: Apache-2.0" in metadata
    for extra in ("langchain", "llamaindex"):
        assert f"Provides-Extra: {extra}" in metadata


def test_the_source_distribution_builds_the_same_and_has_the_docs_and_the_examples(built: Path):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {str(PurePosixPath(*PurePosixPath(member.name).parts[1:])) for member in archive if member.isfile()}
    assert tracked() <= names
    assert {"pyproject.toml", "constraints.txt", "docs/architecture.md", "examples/questions.jsonl", "LICENSE"} <= names


def test_every_requirement_is_pinned():
    project = PROJECT["project"]
    wanted = [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
    ]
    names = {re.split(r"[<>=!~;\[ ]", line)[0].lower().replace("_", "-") for line in wanted} - {"dateline"}
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    assert names <= {line.split("==")[0].lower().replace("_", "-") for line in pinned}


# The container: there is no docker where the tests run, so its files are read against the project and its docs.


def instructions(stage: int = -1) -> list[tuple[str, str]]:
    """The (keyword, rest) instructions of one stage of the Dockerfile."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
    stages: list[list[tuple[str, str]]] = []
    for keyword, rest in lines:
        if keyword == "FROM":
            stages.append([])
        if stages:
            stages[-1].append((keyword, rest))
    return stages[stage]


def told(keyword: str) -> str:
    """What the last such instruction of the last stage says."""
    return [rest for found, rest in instructions() if found == keyword][-1]


def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


def test_the_image_copies_what_is_there_and_runs_a_command_that_is_there():
    for stage in (0, -1):
        for keyword, rest in instructions(stage):
            if keyword == "COPY" and "--from" not in rest:
                for source in rest.split()[:-1]:
                    assert (ROOT / source).exists(), source
    assert told("ENTRYPOINT") == '["dateline"]'
    accepts(yaml.safe_load(told("CMD")))


def test_the_image_is_of_the_python_and_torch_that_the_project_is_tested_with():
    assert f"python:{PROJECT['project']['requires-python'].removeprefix('>=')}-slim" in told("FROM")
    (torch,) = re.findall(r"^torch==(.+)$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.M)
    runs = " ".join(rest for keyword, rest in instructions() if keyword == "RUN")
    assert f"torch=={torch}" in runs
    assert "whl/cpu" in told("ARG")
    assert "--constraint" in runs


def test_the_container_runs_as_nobody_special_and_keeps_the_archive_in_a_volume():
    user = told("USER")
    assert user not in {"root", "0"}
    assert f"useradd --system --uid 10001 --create-home {user}" in " ".join(
        rest for keyword, rest in instructions() if keyword == "RUN"
    )
    place = told("VOLUME").strip('[]"')
    assert f"DATELINE_ARCHIVE={place}" in told("ENV")
    file = compose()
    for name, service in file["services"].items():
        mounts = [mount.split(":")[:2] for mount in service["volumes"]]
        assert ["archive", place] in mounts, name
        assert service["read_only"], name
    assert "archive" in file["volumes"]


def test_the_health_check_asks_the_port_that_is_served_and_published():
    command = yaml.safe_load(told("CMD"))
    port = command[command.index("--port") + 1]
    assert told("EXPOSE") == port
    assert f"http://127.0.0.1:{port}/healthz" in told("HEALTHCHECK")
    assert compose()["services"]["chat"]["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_what_the_readme_says_of_the_container_is_so():
    services = compose()["services"]
    documents = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    lines = [line.strip() for path in documents for line in path.read_text(encoding="utf-8").splitlines()]
    said = [shlex.split(line, comments=True) for line in lines if line.startswith("docker compose ")]
    assert {"run", "up"} <= {part for words in said for part in words}
    for words in said:
        at = next(number for number, word in enumerate(words) if word in services)
        if "run" in words[:at]:
            accepts(words[at + 1 :])
    for service in services.values():
        if "command" in service:
            accepts(service["command"])
