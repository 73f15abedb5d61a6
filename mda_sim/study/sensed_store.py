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

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mda_sim.core.errors import DigestMismatch
from mda_sim.pipeline import build_world, sense
from mda_sim.study.folder import UNIT, RunFolder, read_json
from mda_sim.study.jobs import sensed_record, sensed_tables, stored_fleet, stored_log, write_tables
from mda_sim.study.presence import TURN, in_turn

if TYPE_CHECKING:
    from mda_sim.records import DetectionLog
    from mda_sim.scenario import Scenario
    from mda_sim.world.fleet import Fleet


@dataclass(frozen=True)
class SensedStore:
    """The folder of the entries."""

    path: Path
    owner: str = "alone"
    """Name under which the process that fills it is at work (``presence``)."""

    def place(self, key: str, seed: int) -> Path:
        """Folder of one entry."""
        return self.path / f"{key[:24]}-{seed}"

    def has(self, key: str, seed: int) -> bool:
        """Whether there is a whole entry of this very key and seed."""
        return self._entries(key).has(self.place(key, seed))

    def obtain(self, scenario: Scenario, key: str, seed: int) -> tuple[Fleet, DetectionLog]:
        """World and sensing of a scenario with that key: read back, or made and stored.

        DigestMismatch if an entry was changed after it was written.
        """
        found = self._read(scenario, key, seed)
        if found is not None:
            return found
        self.path.mkdir(parents=True, exist_ok=True)
        with in_turn(self.path, f".{self.place(key, seed).name}"):
            found = self._read(scenario, key, seed)
            return found if found is not None else self._make(scenario, key, seed)

    def drop(self, key: str, seed: int) -> None:
        """Remove one entry."""
        shutil.rmtree(self.place(key, seed), ignore_errors=True)
        (self.path / f"{TURN}.{self.place(key, seed).name}").unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove locks, and the store itself if it has no entries; for when no process needs it."""
        for left_over in self.path.glob(f"{TURN}.*"):
            left_over.unlink(missing_ok=True)
        if self.path.is_dir() and not any(self.path.iterdir()):
            self.path.rmdir()

    def bytes(self) -> int:
        """Size of all entries."""
        return sum(path.stat().st_size for path in self.path.glob("*/*"))

    def _entries(self, key: str) -> RunFolder:
        """The store as a folder whose units have this key."""
        return RunFolder(self.path, key, self.owner)

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
        with self._entries(key).filling(self.place(key, seed), sensed_record(seed, fleet, log)) as place:
            write_tables(sensed_tables(fleet, log), place)
        return fleet, log
