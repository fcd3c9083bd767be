"""What Dateline runs and loads: its own code unpickles, evaluates and shells out nothing, and its lock files hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_packaging import PACKAGES, PROJECT, ROOT

FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
LOCKS = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("requirements.lock", "requirements-torch.lock")}
ENTRY = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s\\;]+)((?:.*\\\n)*.*)$", re.M)
MODULES = frozenset(("pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "xml"))
CALLS = frozenset(("eval", "exec", "os.system", "os.popen", "yaml.load", "yaml.unsafe_load", "pandas.read_pickle"))
WANTED = {  # a call, and the keyword that it must have
    "torch.load": ("weights_only", True),
    "np.load": ("allow_pickle", False),
    "numpy.load": ("allow_pickle", False),
    "etree.XMLParser": ("resolve_entities", False),
    "etree.iterparse": ("resolve_entities", False),
}
FORBIDDEN = {"shell": True, "allow_pickle": True, "trust_remote_code": True, "weights_only": False}


def faults(source: str) -> Iterator[str]:
    """What a program does that Dateline does not do."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            if module and all(alias.name.endswith(("Exception", "Error")) for alias in node.names):
                continue  # what a library raises may be caught by its name
            for name in [module or "", *(alias.name for alias in node.names if module is None)]:
                if name.split(".")[0] in MODULES:
                    yield f"imports {name}"
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            said = {name: value.value for name, value in given.items() if isinstance(value, ast.Constant)}
            if called in CALLS:
                yield f"calls {called}"
            if called in WANTED and said.get(WANTED[called][0]) is not WANTED[called][1]:
                yield f"calls {called} without {WANTED[called][0]}={WANTED[called][1]}"
            for name, value in FORBIDDEN.items():
                if name in given and said.get(name) is not (not value):
                    yield f"calls {called} with {name} that is not plainly {not value}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_unpickles_evaluates_or_runs_what_it_is_given(path: Path) -> None:
    assert list(faults(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "program",
    [
        "import pickle", "from pickle import loads", "import xml.sax", "eval('1')", "exec(text)", "os.system(line)",
        "subprocess.run(line, shell=True)", "subprocess.run(line, shell=chosen)", "yaml.load(text)",
        "torch.load(path)", "torch.load(path, weights_only=False)", "np.load(path, allow_pickle=True)", "np.load(path)",
        "Model(name, trust_remote_code=True)", "etree.XMLParser(huge_tree=True)", "etree.iterparse(stream)",
    ],
)  # fmt: skip
def test_each_of_them_would_be_found(program: str) -> None:
    assert list(faults(program))


def test_the_weights_that_are_given_away_are_safetensors() -> None:
    weights = {path.suffix for path in (ROOT / "rag" / "weights").iterdir()}
    assert ".safetensors" in weights
    assert weights <= {".safetensors", ".json", ".md"}


def locked(name: str) -> dict[str, str]:
    """The versions in a lock file by the packages' names."""
    return {found[1].lower().replace("_", "-"): found[2] for found in ENTRY.finditer(LOCKS[name])}


def test_the_lock_pins_what_the_tests_ran_with_and_each_file_of_it_by_its_hash() -> None:
    pins = (line.split("==") for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").split())
    tested = {name.lower().replace("_", "-"): version for name, version in pins}
    versions = locked("requirements.lock")
    assert versions == {name: tested.get(name) for name in versions}
    assert locked("requirements-torch.lock")["torch"] == tested["torch"]
    wanted = {
        re.split(r"[<>=!~;\[ ]", line)[0].lower().replace("_", "-") for line in PROJECT["project"]["dependencies"]
    }
    assert wanted - set(versions) == {"torch"}
    for text in LOCKS.values():
        assert all(re.search(r"--hash=sha256:[0-9a-f]{64}\b", found[3]) for found in ENTRY.finditer(text))


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_names_no_place_to_fetch_from(name: str) -> None:
    assert not re.search(r"://|@ |--(?:index|extra-index|find|trusted)|file:", LOCKS[name])
