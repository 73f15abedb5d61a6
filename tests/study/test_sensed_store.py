"""The store of sensing: made once, whole or absent, the same when read back."""

from __future__ import annotations

from pathlib import Path
from threading import Thread
from typing import Any

import pytest

import mda_sim.study.sensed_store as stores
from mda_sim.core.errors import DigestMismatch
from mda_sim.scenario import Scenario, load_scenario
from mda_sim.study.folder import remove_left_over
from mda_sim.study.presence import at_work
from mda_sim.study.sensed_store import SensedStore

TINY = Path(__file__).parent / "tiny.yaml"
KEY = "ab" * 32


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario(TINY)


def test_what_is_read_back_is_what_was_made(scenario: Scenario, tmp_path: Path, monkeypatch: Any) -> None:
    store = SensedStore(tmp_path / "sensed")
    fleet, log = store.obtain(scenario, KEY, 1)
    assert store.has(KEY, 1)
    assert not store.has(KEY, 2)
    assert not store.has("cd" * 32, 1)
    monkeypatch.setattr(stores, "sense", None)
    again, read = store.obtain(scenario, KEY, 1)
    assert (again.digest(), read.digest()) == (fleet.digest(), log.digest())
    assert store.bytes() > 1000


def test_two_at_once_make_it_once(scenario: Scenario, tmp_path: Path, monkeypatch: Any) -> None:
    calls = []
    sense = stores.sense

    def counted(*arguments: Any) -> Any:
        calls.append(1)
        return sense(*arguments)

    monkeypatch.setattr(stores, "sense", counted)
    store = SensedStore(tmp_path / "sensed")
    digests: list[str] = []
    threads = [
        Thread(target=lambda: digests.append(store.obtain(scenario, KEY, 1)[1].digest())) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert len(set(digests)) == 1 < len(digests)


def test_without_locks_the_loser_discards_its_own(
    scenario: Scenario, tmp_path: Path, monkeypatch: Any
) -> None:
    """Somebody else puts the same in place while this one is made."""
    store, other = SensedStore(tmp_path / "sensed"), SensedStore(tmp_path / "sensed")
    sense = stores.sense

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.setattr(stores, "sense", sense)
        other._make(scenario, KEY, 1)
        return sense(*arguments)

    monkeypatch.setattr(stores, "sense", overtaken)
    store.path.mkdir()
    store._make(scenario, KEY, 1)
    assert store.has(KEY, 1)
    assert [path.name for path in store.path.iterdir()] == [store.place(KEY, 1).name]


def test_half_an_entry_is_none_and_a_changed_one_is_refused(scenario: Scenario, tmp_path: Path) -> None:
    store = SensedStore(tmp_path / "sensed")
    store.obtain(scenario, KEY, 1)
    contacts = store.place(KEY, 1) / "contacts.parquet"
    whole = contacts.read_bytes()
    contacts.write_bytes(whole[:-1])
    assert not store.has(KEY, 1)
    store.obtain(scenario, KEY, 1)
    assert contacts.read_bytes() == whole
    middle = len(whole) // 2
    contacts.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    with pytest.raises((DigestMismatch, OSError)):
        store.obtain(scenario, KEY, 1)


def test_dropping_and_tidying_leave_nothing(scenario: Scenario, tmp_path: Path) -> None:
    store = SensedStore(tmp_path / "sensed")
    store.obtain(scenario, KEY, 1)
    with at_work(tmp_path) as name:
        mine = store.path / f".entry.{name}.12.part"
        gone = store.path / ".entry.elsewhere-1-ab.34.part"
        for partial in (mine, gone):
            partial.mkdir()
        remove_left_over(tmp_path)
        assert mine.exists()
        assert not gone.exists()
    remove_left_over(tmp_path)
    assert not mine.exists()
    store.drop(KEY, 1)
    store.tidy()
    assert not store.path.exists()
