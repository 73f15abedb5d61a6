"""The folder of a look: claimed before it is written, listed in its record when it is whole.

Model: a look is known by some entries of its record (the scenario's digest, the seed or what was looked at).
A folder is written over only by the same look. While units of a sweep or a sensitivity analysis are being
made, its record names them all, so that ``status`` can tell how many are wanting.

Where next: ``show``, ``show_sensors``, ``sweep`` and ``sensitivity`` write through it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from mda_sim.core.errors import RunError
from mda_sim.study.folder import FORMAT, listing, make_folder, read_json, write_json
from mda_sim.study.identity import versions

RECORD: Final = "show.json"
"""What says that a folder holds a look."""
FOLDERS: Final = ("maps", "charts", "tables")
"""Folders that a look may have."""


def claim(folder: Path, known_by: Mapping[str, Any], what: str, record_name: str = RECORD) -> None:
    """Make sure that a folder may be written to: it is absent, empty, or holds the look with those entries.

    RunError otherwise; ``what`` says of what it is a look, such as 'the world'; ``record_name``: the file
    that holds the entries.
    """
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{folder} is a file; choose another folder with --out")
    if not folder.exists() or not any(folder.iterdir()):
        return
    record = read_json(folder / record_name)
    if record is None:
        raise RunError(f"{folder} is not empty and holds no look at {what}; choose another folder with --out")
    if any(record.get(key) != value for key, value in known_by.items()):
        raise RunError(
            f"{folder} holds a look at something else or at another scenario or seed "
            f"('{record.get('scenario')}'); choose another folder with --out, or remove it"
        )


def begin(folder: Path, known_by: Mapping[str, Any], record_name: str, units: Iterable[Path]) -> None:
    """Make the folder of a claimed look that is made of ``units``, and say whose it is and what it wants.

    RunError if it cannot be made.
    """
    make_folder(folder / "units")
    wanted = sorted({unit.stem for unit in units})
    write_json(folder / record_name, {"format": FORMAT, **known_by, "wanted": wanted, "complete": False})


def clear(folder: Path) -> None:
    """Make the folders of a look, empty."""
    for name in FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(parents=True)


def finish(folder: Path, head: Mapping[str, Any], overrides: Sequence[str], more: Mapping[str, Any]) -> None:
    """Write the record of a look: what it is known by, every file with its SHA-256, and ``more``."""
    files = [path for name in FOLDERS for path in (folder / name).iterdir()]
    for name in FOLDERS:
        if not any((folder / name).iterdir()):
            (folder / name).rmdir()
    record = {
        "format": FORMAT,
        **head,
        "overrides": list(overrides),
        "versions": versions(),
        **more,
        "files": listing(folder, files),
        "complete": True,
    }
    write_json(folder / RECORD, record)
