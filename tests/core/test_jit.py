"""Compiled kernels are never stale: an edit of any source of the package is seen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import mda_sim

KERNELS = """
from mda_sim.core.jit import kernel
from mda_sim.core.helper import FACTOR, shift

@kernel
def scaled(x):
    return shift(x) * FACTOR
"""
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


def test_editing_a_helper_in_another_file_changes_the_result(tmp_path: Path) -> None:
    core = Path(mda_sim.__file__).parent / "core"
    shutil.copytree(core, tmp_path / "mda_sim" / "core", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "mda_sim" / "__init__.py").write_text("")
    helper = tmp_path / "mda_sim" / "core" / "helper.py"
    (tmp_path / "mda_sim" / "core" / "some_kernels.py").write_text(KERNELS)

    helper.write_text(HELPER.format(factor=2.0, offset=1.0))
    assert run_copy(tmp_path) == 10.0
    helper.write_text(HELPER.format(factor=2.0, offset=11.0))
    assert run_copy(tmp_path) == 30.0
    helper.write_text(HELPER.format(factor=3.0, offset=11.0))
    assert run_copy(tmp_path) == 45.0
    assert run_copy(tmp_path, disable_jit=True) == 45.0
    assert len(list((tmp_path / "cache" / "jit").iterdir())) == 3
