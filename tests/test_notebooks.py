"""Every notebook runs, and its two files hold the same cells."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import jupytext
import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
SOURCES = sorted(NOTEBOOKS.glob("[0-9]*.py"))
LARGEST_BYTES = 500_000


def refresher() -> ModuleType:
    """The script that makes the notebooks."""
    spec = importlib.util.spec_from_file_location("refresh_notebooks", NOTEBOOKS / "refresh.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cells(path: Path) -> list[tuple[str, str]]:
    return [(cell.cell_type, cell.source) for cell in jupytext.read(path).cells]


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a notebook reads of the repository, in a folder of its own; Jupyter writes beside it."""
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    for name in ("notebooks", "scenarios"):
        shutil.copytree(ROOT / name, tmp_path / "root" / name, ignore=ignored)
    return tmp_path / "root"


def test_there_is_a_notebook() -> None:
    assert SOURCES == refresher().sources(NOTEBOOKS) != []
    assert {path.stem for path in NOTEBOOKS.glob("*.ipynb")} == {path.stem for path in SOURCES}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_notebook_runs_and_writes_nothing(source: Path, elsewhere: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in elsewhere.rglob("*")}
    notebook = refresher().executed(elsewhere / "notebooks" / source.name, elsewhere)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not [out for cell in code for out in cell.outputs if out.output_type == "error"]
    assert not [out for cell in code for out in cell.outputs if out.get("name") == "stderr"]
    assert {path: path.stat().st_mtime_ns for path in elsewhere.rglob("*")} == before


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_text_and_notebook_hold_the_same_cells(source: Path) -> None:
    assert cells(source.with_suffix(".ipynb")) == cells(source)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_stored_notebook_was_run_and_is_small(source: Path) -> None:
    stored = source.with_suffix(".ipynb")
    code = [cell for cell in jupytext.read(stored).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    shown = [out.get("data", {}).keys() & {"image/png", "text/html"} for cell in code for out in cell.outputs]
    assert sum(map(bool, shown)) >= 1  # a picture or a table, besides what is printed
    assert stored.stat().st_size < LARGEST_BYTES
