"""The output folder of a run: what is in it, and how it is filled so that it is never half right.

Model: the work is divided into **units**: one `sensing` unit per seed, one `sharing` unit per seed and
configuration. A unit is written into a hidden folder beside its place and renamed there, so it is whole or
absent. Each unit, and the run as a whole, records the **key** of what it was made from; a unit with another
key, or whose files are not those that it lists, is made again. The key leaves out the number of seeds, so a
folder can be filled with more seeds, batch by batch; units beyond the seeds of the run are no part of it.
``manifest.json`` says last of all that the run is complete, and lists every file that belongs to it with its
size and SHA-256.

    scenario.yaml  manifest.json  scores.csv  summary.json  answer.md  report.html  tables/  maps/  charts/
    failures/                              units that could not be made (``failures``)
    seeds/<seed>/sensing/                  targets, legs, broadcasts, reports, contacts (.parquet), unit.json;
                                           products.parquet where the scenario asks for it
    seeds/<seed>/sharing/<configuration>/  parts, contact_parts, hops, outcomes, coverage, probe_gaps,
                                           exposure, backlog, queues (.parquet), scores.csv, unit.json;
                                           over_time.parquet where any configuration has events;
                                           counterfactuals.csv where its ladder is told

Several processes may fill one folder: a unit is the same whoever makes it, and the first that puts it in its
place is kept.

Assumptions and limits: renaming a folder is atomic, as local and shared file systems on Linux have it.
Where next: ``jobs`` fills units, ``run`` decides which are wanting.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast

from mda_sim.core.errors import RunError
from mda_sim.core.spec import content_sha256
from mda_sim.study.presence import is_sign_of_work, those_at_work

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
UNIT: Final = "unit.json"

#: What a run writes beside ``seeds/``; anything else in the folder is left alone.
GATHERED: Final = (
    "scenario.yaml",
    "scores.csv",
    "summary.json",
    "answer.md",
    "report.html",
    "tables",
    "maps",
    "charts",
)


State = Literal["whole", "absent", "outdated", "damaged"]
"""Of a unit: all there, not there, made from something else, or not what it was when it was written."""


@dataclass(frozen=True)
class RunFolder:
    """An output folder and the key of what its units must be made from."""

    path: Path
    key: str
    owner: str = "alone"
    """Name under which the process that fills it is at work (``presence``)."""

    def sensing(self, seed: int) -> Path:
        """Folder of the sensing unit of one seed."""
        return self.path / "seeds" / str(seed) / "sensing"

    def sharing(self, seed: int, configuration: str) -> Path:
        """Folder of the unit of one seed and configuration."""
        return self.path / "seeds" / str(seed) / "sharing" / configuration

    def found(self, seed: int) -> Path:
        """Folder of the figures that a study of value has found in one seed so far."""
        return self.path / "seeds" / str(seed) / "found"

    def has(self, unit: Path) -> bool:
        """Whether a unit is whole: made from the same, with every file that it lists, by their sizes."""
        return self._state(unit, _has_size) == "whole"

    def state(self, unit: Path) -> State:
        """What a unit is found to be when every byte of it is read."""
        return self._state(unit, _has_content)

    def _state(self, unit: Path, is_right: Callable[[Path, Mapping[str, Any]], bool]) -> State:
        record = read_json(unit / UNIT)
        if record is None:
            return "damaged" if unit.is_dir() else "absent"
        if record.get("key") != self.key:
            return "outdated"
        files = cast("Mapping[str, Mapping[str, Any]]", record.get("files", {}))
        return "whole" if all(is_right(unit / name, entry) for name, entry in files.items()) else "damaged"

    @contextmanager
    def filling(self, unit: Path, record: Mapping[str, Any]) -> Iterator[Path]:
        """A folder to write a unit's files into; leaving the block without an error puts it in its place.

        ``record`` goes into ``unit.json`` with the key and the list of files. Where another process has put
        the unit in its place meanwhile, that one is kept.
        """
        unit.parent.mkdir(parents=True, exist_ok=True)
        partial = unit.with_name(f".{unit.name}.{self.owner}.{secrets.token_hex(4)}.part")
        partial.mkdir()
        try:
            yield partial
            content = {
                "format": FORMAT,
                "key": self.key,
                **record,
                "files": listing(partial, partial.iterdir()),
            }
            write_json(partial / UNIT, content)
            self._put(partial, unit)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def _put(self, partial: Path, unit: Path) -> None:
        if self.state(unit) == "whole":
            return
        if unit.exists():  # made from something else, or damaged
            aside = partial.with_suffix(".old.part")
            unit.rename(aside)
            shutil.rmtree(aside, ignore_errors=True)
        try:
            partial.rename(unit)
        except OSError:
            if not self.has(unit):  # nobody else was faster
                raise

    def discard_damaged(self, unit: Path) -> None:
        """Remove a unit whose files are not what they were when they were written."""
        if self.state(unit) == "damaged":
            aside = unit.with_name(f".{unit.name}.{self.owner}.{secrets.token_hex(4)}.old.part")
            unit.rename(aside)
            shutil.rmtree(aside, ignore_errors=True)

    def remove_half_written(self) -> None:
        """Remove what this owner's processes have left half written; they must have ended."""
        for partial in self.path.glob(f"seeds/**/.*.{self.owner}.*.part"):
            shutil.rmtree(partial, ignore_errors=True)

    def manifest(self) -> Mapping[str, Any] | None:
        """What ``manifest.json`` holds, or None if there is none that can be read."""
        return read_json(self.path / MANIFEST)

    def is_complete(self, scenario_digest: str) -> bool:
        """Whether the folder holds this very run, whole: every listed file is there, with its bytes."""
        manifest = self.manifest()
        if manifest is None or manifest.get("key") != self.key or manifest.get("complete") is not True:
            return False
        if manifest.get("scenario_digest") != scenario_digest:
            return False
        files = cast("Mapping[str, Mapping[str, Any]]", manifest.get("files", {}))
        return bool(files) and all(_has_content(self.path / name, entry) for name, entry in files.items())

    def claim(self, seedless_digest: str, n_seeds: int) -> None:
        """Make the folder ready for a run of ``n_seeds`` seeds; RunError if it holds something else.

        A folder of the same scenario, with as many seeds or fewer or not finished, is kept and its whole
        units are used.
        """
        if self.path.exists() and not self.path.is_dir():
            raise RunError(f"{self.path} is a file; choose another folder with --out")
        manifest = self.manifest()
        if self.path.is_dir() and any(_says_something(path) for path in self.path.iterdir()):
            if manifest is None:
                raise RunError(f"{self.path} is not empty and holds no run; choose another folder with --out")
            if manifest.get("seedless_digest") != seedless_digest:
                raise RunError(
                    f"{self.path} holds a run of another scenario ('{manifest.get('scenario')}'); "
                    "choose another folder with --out, or remove it"
                )
            held = len(manifest.get("seeds", ()))
            if manifest.get("complete") is True and held > n_seeds:
                raise RunError(
                    f"{self.path} holds a finished run of this scenario with {held} seeds, more than "
                    f"{n_seeds}; choose another folder with --out, or remove it"
                )
        make_folder(self.path)


def make_folder(path: Path) -> None:
    """Make a folder with those above it; RunError if it cannot be made."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(
            f"cannot make the folder {path}: {error.strerror}; choose another with --out"
        ) from error


def _says_something(path: Path) -> bool:
    """Whether a file says what its folder holds: no sign of work, and not half written."""
    return not is_sign_of_work(path) and not (path.name.startswith(".") and path.suffix == ".part")


def remove_left_over(folder: Path) -> None:
    """Remove what processes left half written in a study's folder that are no longer at work there.

    To be called in turn (``presence.in_turn``): what is not a unit's is written in turn only.
    """
    present = those_at_work(folder)
    for left_over in folder.rglob(".*.part"):
        if any(f".{owner}." in left_over.name for owner in present):
            continue
        if left_over.is_dir():
            shutil.rmtree(left_over, ignore_errors=True)
        else:
            left_over.unlink(missing_ok=True)


def listing(root: Path, files: Iterable[Path]) -> dict[str, dict[str, Any]]:
    """Size and SHA-256 of files by their path below ``root``, in order of name."""
    return {
        path.relative_to(root).as_posix(): {"bytes": path.stat().st_size, "sha256": content_sha256(path)}
        for path in sorted(files)
    }


def write_json(path: Path, content: Mapping[str, Any], *, indent: int | None = 2) -> None:
    """Write JSON whole or not at all; NaN and infinity are refused with ValueError."""
    text = json.dumps(content, indent=indent, ensure_ascii=False, allow_nan=False) + "\n"
    write_text(path, text)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all, in UTF-8."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read_json(path: Path) -> Mapping[str, Any] | None:
    """The mapping in a JSON file, or None if there is no such file or it holds no mapping."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _has_size(path: Path, entry: Mapping[str, Any]) -> bool:
    return path.is_file() and path.stat().st_size == entry["bytes"]


def _has_content(path: Path, entry: Mapping[str, Any]) -> bool:
    return _has_size(path, entry) and content_sha256(path) == entry["sha256"]
