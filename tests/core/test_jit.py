"""Compiled kernels are never stale: an edit of any source that a kernel reaches is seen, and of no other."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import mda_sim

KERNELS = """
from mda_sim.core.jit import kernel
from mda_sim.core.helper import FACTOR, shift

@kernel
def scaled(x):
    return shift(x) * FACTOR
"""
FAR = "from mda_sim.core.far import FAR\n\nFACTOR = FAR"
HELPER = """
from mda_sim.core.jit import kernel

FACTOR = {factor}

@kernel
def shift(x):
    return x + {offset}
"""


def run_copy(folder: Path, *, disable_jit: bool = False) -> float:
    env = os.environ | {"PYTHONPATH": str(folder), "MDA_SIM_CACHE": str(folder / "cache")}
    env["NUMBA_DISABLE_JIT"] = "1" if disable_jit else "0"
    code = "from mda_sim.core.some_kernels import scaled; print(scaled(4.0))"
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=folder, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A package of its own with one module of kernels and one helper."""
    core = Path(mda_sim.__file__).parent / "core"
    shutil.copytree(core, tmp_path / "mda_sim" / "core", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "mda_sim" / "__init__.py").write_text("")
    (tmp_path / "mda_sim" / "core" / "some_kernels.py").write_text(KERNELS)
    (tmp_path / "mda_sim" / "core" / "helper.py").write_text(HELPER.format(factor=2.0, offset=1.0))
    return tmp_path


def folders(copy: Path) -> set[Path]:
    """The folders of compiled kernels that runs of a copy left."""
    return set((copy / "cache" / "jit").iterdir())


def test_editing_a_helper_in_another_file_changes_the_result(copy: Path) -> None:
    helper = copy / "mda_sim" / "core" / "helper.py"
    assert run_copy(copy) == 10.0
    helper.write_text(HELPER.format(factor=2.0, offset=11.0))
    assert run_copy(copy) == 30.0
    helper.write_text(HELPER.format(factor=3.0, offset=11.0))
    assert run_copy(copy) == 45.0
    assert run_copy(copy, disable_jit=True) == 45.0
    assert len(folders(copy)) == 6  # of two modules, three times


def test_editing_a_constant_two_imports_away_changes_the_result(copy: Path) -> None:
    core = copy / "mda_sim" / "core"
    (core / "helper.py").write_text(HELPER.replace("FACTOR = {factor}", FAR).format(offset=1.0))
    (core / "far.py").write_text("FAR = 2.0")
    assert run_copy(copy) == 10.0
    (core / "far.py").write_text("FAR = 3.0")
    assert run_copy(copy) == 15.0


def test_a_copy_elsewhere_compiles_nothing_again(
    copy: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    shutil.copytree(copy / "mda_sim", elsewhere / "mda_sim")
    run_copy(copy)
    compiled = sorted((copy / "cache").rglob("*.nb?"))
    shutil.copytree(copy / "cache", elsewhere / "cache")
    assert run_copy(elsewhere) == 10.0
    there = sorted((elsewhere / "cache").rglob("*.nb?"))
    assert (
        [path.relative_to(elsewhere) for path in there] == [path.relative_to(copy) for path in compiled] != []
    )


def test_editing_what_no_kernel_reaches_compiles_nothing_again(copy: Path) -> None:
    run_copy(copy)
    before = folders(copy)
    (copy / "mda_sim" / "core" / "elsewhere.py").write_text("ANYTHING = 1")
    helper = copy / "mda_sim" / "core" / "helper.py"
    told = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from mda_sim.core import elsewhere\n"
    run_copy(copy)
    assert folders(copy) == before
    helper.write_text(told + helper.read_text())  # an edit of the helper: new folders, once
    run_copy(copy)
    after = folders(copy)
    (copy / "mda_sim" / "core" / "elsewhere.py").write_text("ANYTHING = 2")
    run_copy(copy)
    assert folders(copy) == after > before
