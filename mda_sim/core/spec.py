"""The base of every spec: frozen, strict, no extra keys, every field with a docstring, a bound and a unit.

A spec holds the parameters of one model, lives beside that model, and serves YAML and notebooks alike.
Collections are mappings keyed by id and kept sorted by id, so the order of keys in a file changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Generic, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
)

K = TypeVar("K", bound=str)
T = TypeVar("T")


class Spec(BaseModel):
    """Base of all specs."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        validate_default=True,
    )


Confidence = Literal["high", "medium", "low", "assumption"]


class Sourced(Spec):
    """A spec whose numbers come from somewhere."""

    source: str = ""
    """Where the numbers come from: a citation, or the reasoning behind an assumption."""
    confidence: Confidence = "assumption"
    """How far the numbers can be trusted; 'assumption' means that no source was found."""


class FrozenMap(Mapping[K, T], Generic[K, T]):
    """An immutable mapping sorted by key."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[K, T] | None = None) -> None:
        self._items: dict[K, T] = dict(sorted((items or {}).items()))

    def __getitem__(self, key: K) -> T:
        return self._items[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(tuple(self._items.items()))

    def __repr__(self) -> str:
        return f"FrozenMap({self._items!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (FrozenMap, (self._items,))


def _as_dict(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


_MOMENT: Final = "a date and time with zone, such as 2026-03-02T00:00:00Z"
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_QUOTED_MAX: Final = 60


def _as_utc(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value)
    except ValueError as error:
        shown = value if len(value) <= _QUOTED_MAX else f"{value[: _QUOTED_MAX - 3]}..."
        why = "" if str(error).startswith(("Invalid isoformat", "Isoformat")) else f" ({error})"
        raise ValueError(f"expected {_MOMENT}, got {shown!r}{why}") from error


def _with_zone(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(
            f"a date and time needs a zone, such as 2026-03-02T00:00:00Z, got {value.isoformat()}"
        )
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise ValueError(f"expected a year from {_FIRST_YEAR} to {_LAST_YEAR}, got {value.year}")
    return value.astimezone(UTC)


ID_PATTERN: Final = r"^[a-z][a-z0-9_]{0,40}$"
NATION_PATTERN: Final = r"^[A-Z]{3}$"

Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
"""An id: a lower-case letter, then up to 40 lower-case letters, digits or underscores."""

NationId = Annotated[str, StringConstraints(pattern=NATION_PATTERN)]
"""A party: an ISO 3166 trigraph, or three letters X.. for providers and organisations."""

IdMap = Annotated[
    Mapping[Id, T],
    BeforeValidator(_as_dict),
    AfterValidator(FrozenMap),
    PlainSerializer(_as_dict, return_type=dict[str, Any]),
]
"""A collection keyed by id, immutable and sorted."""

NationMap = Annotated[
    Mapping[NationId, T],
    BeforeValidator(_as_dict),
    AfterValidator(FrozenMap),
    PlainSerializer(_as_dict, return_type=dict[str, Any]),
]
"""A collection keyed by party, immutable and sorted."""

Items = Annotated[tuple[T, ...], BeforeValidator(_as_tuple)]
"""An ordered list, immutable."""

UtcTime = Annotated[datetime, BeforeValidator(_as_utc), AfterValidator(_with_zone)]
"""A moment with a zone in the years 1900 to 2199, kept in UTC."""

LatDeg = Annotated[float, Field(ge=-90, le=90)]
LonDeg = Annotated[float, Field(ge=-180, le=180)]
Probability = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
