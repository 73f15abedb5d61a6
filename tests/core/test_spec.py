from __future__ import annotations

import pickle
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import Field, ValidationError

from mda_sim.core.errors import DigestMismatch
from mda_sim.core.spec import (
    BY_CONTENT,
    DataFile,
    FrozenMap,
    IdMap,
    Items,
    NationMap,
    Probability,
    Spec,
    UtcTime,
)


class Inner(Spec):
    share: Probability
    """A share."""


class Outer(Spec):
    parts: IdMap[Inner] = Field(default_factory=dict)
    """Parts by id."""
    flags: NationMap[Probability] = Field(default_factory=dict)
    """Shares by nation."""
    ages_s: Items[float] = ()
    """Ages."""
    start: UtcTime | None = None
    """A moment."""


def test_collections_are_sorted_and_immutable() -> None:
    outer = Outer.model_validate({"parts": {"b": {"share": 1}, "a": {"share": 0}}, "ages_s": [2.0, 1.0]})
    assert list(outer.parts) == ["a", "b"]
    assert outer.ages_s == (2.0, 1.0)
    with pytest.raises(TypeError):
        outer.parts["c"] = Inner(share=0.0)  # type: ignore[index]
    with pytest.raises(ValidationError):
        outer.ages_s = ()


def test_the_order_of_keys_changes_neither_equality_nor_dump() -> None:
    one = Outer.model_validate({"flags": {"PHL": 0.5, "JPN": 0.5}})
    other = Outer.model_validate({"flags": {"JPN": 0.5, "PHL": 0.5}})
    assert one == other
    assert one.model_dump_json() == other.model_dump_json()
    assert hash(one.flags) == hash(other.flags)
    assert pickle.loads(pickle.dumps(one)) == one


@pytest.mark.parametrize(
    "data",
    [
        {"parts": {"Bad": {"share": 0}}},
        {"parts": {"a" * 42: {"share": 0}}},
        {"parts": {"a\n": {"share": 0}}},
        {"flags": {"Phl": 0.5}},
        {"flags": {"PHLX": 0.5}},
        {"parts": {"a": {"share": 1.5}}},
        {"parts": {"a": {"share": True}}},
        {"parts": {"a": {"share": "1"}}},
        {"parts": {"a": {"share": float("nan")}}},
        {"parts": {"a": {"share": 0, "more": 1}}},
        {"start": "2026-03-02"},
        {"start": "2026-03-02T00:00:00"},
        {"start": "soon"},
        {"start": 5},
    ],
)
def test_what_does_not_fit_is_refused(data: object) -> None:
    with pytest.raises(ValidationError):
        Outer.model_validate(data)


def test_moments_are_kept_in_utc() -> None:
    outer = Outer.model_validate({"start": "2026-03-02T08:00:00+08:00"})
    assert outer.start == datetime(2026, 3, 2, tzinfo=UTC)
    assert outer.model_dump(mode="json")["start"] == "2026-03-02T00:00:00Z"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2026-02-30T00:00:00Z", r"got '2026-02-30T00:00:00Z' \(day is out of range for month\)"),
        ("soon", "expected a date and time with zone, such as 2026-03-02T00:00:00Z, got 'soon'"),
        ("x" * 500, r"got 'x{57}\.\.\.'"),
        ("2026-03-02", "needs a zone, such as 2026-03-02T00:00:00Z, got 2026-03-02T00:00:00"),
        ("0001-01-01T00:00:00+23:59", "expected a year from 1900 to 2199, got 1"),
        ("9999-12-31T23:59:59-23:59", "expected a year from 1900 to 2199, got 9999"),
    ],
)
def test_a_moment_that_is_refused_says_what_was_found(text: str, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Outer.model_validate({"start": text})


def test_a_frozen_map_equals_a_dict_of_the_same_items() -> None:
    assert FrozenMap({"b": 1, "a": 2}) == {"a": 2, "b": 1}
    assert repr(FrozenMap({"b": 1})) == "FrozenMap({'b': 1})"


class Holder(Spec):
    files: IdMap[DataFile]
    """Files by id."""


def test_a_file_is_its_content_wherever_it_lies(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).write_bytes(b"abc")
    one, other = (Holder(files={"a": DataFile.at(tmp_path / name)}) for name in ("one", "other"))
    assert one != other
    assert one.model_dump(mode="json", context=BY_CONTENT) == other.model_dump(
        mode="json", context=BY_CONTENT
    )
    # FIPS 180-2, appendix B.1: the SHA-256 of "abc"
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert one.model_dump(mode="json", context=BY_CONTENT) == {"files": {"a": {"sha256": known}}}
    assert Holder.model_validate(one.model_dump(mode="json")) == one


def test_a_file_that_was_changed_after_loading_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    file = DataFile.at(path)
    assert file.verified() == path.resolve()
    path.write_bytes(b"abd")
    with pytest.raises(DigestMismatch, match="changed"):
        file.verified()
    path.unlink()
    with pytest.raises(DigestMismatch, match="No such file"):
        file.verified()
