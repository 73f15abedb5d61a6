"""What tests of runs have in common."""

from __future__ import annotations

import shutil
from pathlib import Path

from mda_sim.study.run import Study


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a run that must not depend on how it was made."""
    varying = {"manifest.json", "unit.json", ".turn"}
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in varying
    }


def copy_of(study: Study, place: Path) -> Path:
    """The folder of a run to work on."""
    return Path(shutil.copytree(study.folder, place / "copy"))
