"""The base of every spec: frozen, strict, no extra keys, every field with a docstring, a bound and a unit.

A spec holds the parameters of one model, lives beside that model, and serves YAML and notebooks alike.
Collections are mappings keyed by id and kept sorted by id, so the order of keys in a file changes nothing.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Final, Generic, Literal, Self, TypeVar, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
)

from mda_sim.core.errors import DigestMismatch

K = TypeVar("K", bound=str)
T = TypeVar("T")


class Spec(BaseModel):
    """Base of all specs."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        allow_inf_nan=False,
        validate_default=True,
    )

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The schema of a spec, in which every field is described by its docstring."""
        made = handler(core_schema)
        told = field_docs(cls)
        for name, schema in handler.resolve_ref_schema(made).get("properties", {}).items():
            if name in told:
                schema["description"] = told[name]
        return made


def field_docs(spec: type[Spec]) -> dict[str, str]:
    """What the docstrings of the fields of a spec say, by field.

    Sources are read here, when somebody asks: to read them whenever the classes are made, as pydantic's own
    setting does, takes a quarter of the time that they take. OSError where a class has no source file.
    """
    told: dict[str, str] = {}
    for kind in reversed(spec.__mro__):
        if not issubclass(kind, Spec) or kind is Spec:
            continue
        (body,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
        for statement, after in pairwise(cast("ast.ClassDef", body).body):
            if (
                isinstance(statement, ast.AnnAssign)
                and isinstance(statement.target, ast.Name)
                and isinstance(after, ast.Expr)
                and isinstance(after.value, ast.Constant)
                and isinstance(after.value.value, str)
            ):
                told[statement.target.id] = inspect.cleandoc(after.value.value)
    return told


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


def _plain(value: Any) -> Any:
    """A mapping as a dict, and mappings in it too: what the serializer of ``Any`` understands."""
    return {key: _plain(entry) for key, entry in value.items()} if isinstance(value, Mapping) else value


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
SHA256_PATTERN: Final = r"^[0-9a-f]{64}$"

Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
"""An id: a lower-case letter, then up to 40 lower-case letters, digits or underscores."""

NationId = Annotated[str, StringConstraints(pattern=NATION_PATTERN)]
"""A party: an ISO 3166 trigraph, or three letters X.. for providers and organisations."""

IdMap = Annotated[
    Mapping[Id, T],
    BeforeValidator(_as_dict),
    AfterValidator(FrozenMap),
    PlainSerializer(_plain, return_type=dict[str, Any]),
]
"""A collection keyed by id, immutable and sorted."""

NationMap = Annotated[
    Mapping[NationId, T],
    BeforeValidator(_as_dict),
    AfterValidator(FrozenMap),
    PlainSerializer(_plain, return_type=dict[str, Any]),
]
"""A collection keyed by party, immutable and sorted."""

Word = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_ ]{0,39}$")]
"""A word in capitals as it stands in a marking: up to 40 letters, digits, underscores, spaces."""

WordMap = Annotated[
    Mapping[Word, T],
    BeforeValidator(_as_dict),
    AfterValidator(FrozenMap),
    PlainSerializer(_plain, return_type=dict[str, Any]),
]
"""A collection keyed by words in capitals, immutable and sorted."""

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


BY_CONTENT: Final[Mapping[str, bool]] = {"by_content": True}
"""Context of ``model_dump`` under which a ``DataFile`` is its content alone, wherever the file lies."""


def content_sha256(path: str | Path) -> str:
    """SHA-256 of a file's bytes, in hex. Raises OSError if it cannot be read."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class DataFile(Spec):
    """A file that a scenario reads, known by its content.

    In YAML it is the path alone, relative to the folder of the file that states it, or ``path`` with
    ``sha256``; the loader makes the path absolute and fills in the digest. In Python, ``DataFile.at(path)``.
    """

    path: str
    """Absolute path of the file."""
    sha256: Annotated[str, StringConstraints(pattern=SHA256_PATTERN)]
    """SHA-256 of its bytes, 64 hexadecimal digits. Where it is stated, the file must match it."""

    @classmethod
    def at(cls, path: str | Path) -> Self:
        """The file at ``path`` with its present content. Raises OSError if it cannot be read."""
        resolved = Path(path).resolve(strict=True)
        return cls(path=str(resolved), sha256=content_sha256(resolved))

    def verified(self) -> Path:
        """The path, for whoever reads the file now: DigestMismatch if its content is no longer the same."""
        path = Path(self.path)
        try:
            found = content_sha256(path)
        except OSError as error:
            raise DigestMismatch(f"cannot read {self.path}: {error.strerror or error}") from error
        if found != self.sha256:
            raise DigestMismatch(
                f"{self.path} was changed since the scenario was loaded; load and run it again"
            )
        return path

    @model_serializer(mode="wrap")
    def _serialised(self, handler: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        """Both fields, or the digest alone under the context ``BY_CONTENT``."""
        if info.context == BY_CONTENT:
            return {"sha256": self.sha256}
        return dict(handler(self))

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """What a scenario file may hold: a path, or a mapping of both fields."""
        mapping = handler.resolve_ref_schema(super().__get_pydantic_json_schema__(core_schema, handler))
        told = "Path of a file, relative to the folder of the file that states it."
        return {"anyOf": [{"type": "string", "minLength": 1, "description": told}, dict(mapping)]}
