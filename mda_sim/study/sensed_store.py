"""World and sensing of many variants on disk, each made once and read by every process that needs it.

    sensed/<24 hex digits of the key>-<seed>/    targets, legs, broadcasts, reports, contacts (.parquet),
                                                 unit.json

Model: an entry is known by the key of all that world and sensing are made from (``variants``) and the seed.
Whoever wants one reads it; whoever finds none makes it, writes it into a private folder and renames that into
place, so an entry is whole or absent. While it is made its lock file is held, so others, in this call or
another, wait and then read; the system frees the lock of a process that dies. Where a system has no such
locks two may make the same, which is right if wasteful: the first to be in place stays, the other is
discarded. Each table and the log are read back with their digests compared.

Assumptions and limits: an entry takes what the detection log of its seed takes, megabytes to hundreds of
them; ``drop`` removes it. A process that reads one that is being dropped finds it gone and makes it anew in
memory. Where next: ``variant_jobs`` reads and drops.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mda_sim.core.errors import DigestMismatch
from mda_sim.core.table import write_parquet
from mda_sim.pipeline import build_world, sense
from mda_sim.study.folder import FORMAT, UNIT, listing, read_json, write_json
from mda_sim.study.jobs import stored_fleet, stored_log

if TYPE_CHECKING:
    from mda_sim.records import DetectionLog
    from mda_sim.scenario import Scenario
    from mda_sim.world.fleet import Fleet


LEFT_OVER_S: Final = 3600.0
"""Half-written files that nobody has touched for so long are nobody's. Writing takes seconds."""


@dataclass(frozen=True)
class SensedStore:
    """The folder of the entries."""

    path: Path

    def place(self, key: str, seed: int) -> Path:
        """Folder of one entry."""
        return self.path / f"{key[:24]}-{seed}"

    def has(self, key: str, seed: int) -> bool:
        """Whether there is a whole entry of this very key and seed."""
        place = self.place(key, seed)
        record = read_json(place / UNIT)
        if record is None or (record.get("key"), record.get("seed")) != (key, seed):
            return False
        return all(_has_size(place / name, entry["bytes"]) for name, entry in record["files"].items())

    def obtain(self, scenario: Scenario, key: str, seed: int) -> tuple[Fleet, DetectionLog]:
        """World and sensing of a scenario with that key: read back, or made and stored.

        DigestMismatch if an entry was changed after it was written.
        """
        found = self._read(scenario, key, seed)
        if found is not None:
            return found
        self.path.mkdir(parents=True, exist_ok=True)
        with _alone(self._lock(key, seed)):
            found = self._read(scenario, key, seed)
            return found if found is not None else self._make(scenario, key, seed)

    def drop(self, key: str, seed: int) -> None:
        """Remove one entry."""
        shutil.rmtree(self.place(key, seed), ignore_errors=True)
        self._lock(key, seed).unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove locks, and the store itself if it has no entries; for when no process needs it."""
        for left_over in self.path.glob(".*.lock"):
            left_over.unlink(missing_ok=True)
        if self.path.is_dir() and not any(self.path.iterdir()):
            self.path.rmdir()

    def bytes(self) -> int:
        """Size of all entries."""
        return sum(path.stat().st_size for path in self.path.glob("*/*"))

    def _lock(self, key: str, seed: int) -> Path:
        return self.path / f".{self.place(key, seed).name}.lock"

    def _read(self, scenario: Scenario, key: str, seed: int) -> tuple[Fleet, DetectionLog] | None:
        """What an entry holds; None if there is none, or it goes while it is read."""
        place = self.place(key, seed)
        if not self.has(key, seed):
            return None
        try:
            fleet, log = stored_fleet(place), stored_log(scenario, place)
        except (FileNotFoundError, KeyError):
            if self.has(key, seed):
                raise
            return None
        record = read_json(place / UNIT) or {}
        if log is not None and fleet.digest() != record.get("fleet_digest"):
            raise DigestMismatch(f"the world in {place} is not the one that was stored; remove the folder")
        return None if log is None else (fleet, log)

    def _make(self, scenario: Scenario, key: str, seed: int) -> tuple[Fleet, DetectionLog]:
        fleet = build_world(scenario, seed)
        log = sense(scenario, fleet, seed)
        place = self.place(key, seed)
        private = place.with_name(f".{place.name}.{os.getpid()}.part")
        shutil.rmtree(private, ignore_errors=True)
        private.mkdir()
        try:
            tables = {"targets": fleet.targets, "legs": fleet.legs, "broadcasts": fleet.broadcasts}
            tables |= {"reports": log.reports, "contacts": log.contacts}
            for name, table in tables.items():
                write_parquet(table, private / f"{name}.parquet")
            record = {
                "format": FORMAT,
                "key": key,
                "seed": seed,
                "digest": log.digest(),
                "fleet_digest": fleet.digest(),
                "n_vessels": fleet.n_vessels,
                "n_targets": fleet.n_targets,
                "files": listing(private, private.iterdir()),
            }
            write_json(private / UNIT, record)
            if place.exists() and not self.has(key, seed):
                shutil.rmtree(place, ignore_errors=True)
            try:
                private.rename(place)
            except OSError:
                if not self.has(key, seed):  # somebody else's is not in place either: the disk fails
                    raise
        finally:
            shutil.rmtree(private, ignore_errors=True)
        return fleet, log


def remove_left_overs(folder: Path) -> None:
    """Remove what interrupted processes left half written in a folder: not touched for an hour."""
    for left_over in folder.glob(".*.part"):
        try:
            is_old = time.time() - left_over.stat().st_mtime > LEFT_OVER_S
        except OSError:  # another process has just put it in its place
            continue
        if is_old and left_over.is_dir():
            shutil.rmtree(left_over, ignore_errors=True)
        elif is_old:
            left_over.unlink(missing_ok=True)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock file while others wait, where the system has such locks."""
    try:
        import fcntl
    except ImportError:  # Windows: two may do the same work, and one result is kept
        yield
        return
    with path.open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(stream, fcntl.LOCK_UN)


def _has_size(path: Path, n_bytes: int) -> bool:
    return path.is_file() and path.stat().st_size == n_bytes
