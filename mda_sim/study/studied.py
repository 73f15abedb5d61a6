"""Folders of studies of value and sensitivity as the page of a run takes them in: read, and judged.

Model: a folder is taken if it holds a finished study of the kind that was asked for, whose figures are those
that the study wrote (by the manifest's SHA-256 of ``value.json``, by the seal in ``sensitivity.json``), and
if study and run are kin (``kinship``): nothing but seeds may differ. Everything that is wrong is said.

Assumptions and limits: charts and CSV files of the folders are not looked at. Configurations that a
sensitivity analysis has and the run has not are left out. Where next: ``paging`` puts them on the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mda_sim.core.spec import content_sha256
from mda_sim.study.folder import MANIFEST, read_json
from mda_sim.study.kinship import ROOTS, is_sealed, strangers
from mda_sim.study.sensitivity import RECORD
from mda_sim.study.value_folder import CONTENT

if TYPE_CHECKING:
    from mda_sim.report.page.content import StudyContent

Kind = Literal["value", "sensitivity"]


class NotAStudy(Exception):
    """A folder that cannot be taken; the text says why, and what to do."""


def read_study(kind: Kind, folder: Path) -> StudyContent:
    """What the JSON of a finished study holds; NotAStudy if there is none, or it was changed."""
    from mda_sim.report.page.content import StudyContent

    name = CONTENT if kind == "value" else RECORD
    if not folder.is_dir():
        raise NotAStudy(f"there is no such folder; name the one that 'mda-sim {kind}' printed last")
    content = _value(folder) if kind == "value" else _sensitivity(folder)
    if ROOTS not in content:
        raise NotAStudy(
            f"{name} does not say what it was made from: an older version wrote it; "
            f"run 'mda-sim {kind}' again"
        )
    return StudyContent(content, name, content_sha256(folder / name))


def _value(folder: Path) -> Mapping[str, Any]:
    again = "run 'mda-sim value' again with this folder as --out"
    manifest = read_json(folder / MANIFEST)
    if manifest is None or manifest.get("study") != "value":
        raise NotAStudy("holds no study of value; name the folder that 'mda-sim value' printed last")
    if manifest.get("complete") is not True:
        raise NotAStudy(f"the study of value is not finished; {again}, it goes on where it stopped")
    listed = manifest.get("files", {}).get(CONTENT, {}).get("sha256")
    if not (folder / CONTENT).is_file() or content_sha256(folder / CONTENT) != listed:
        raise NotAStudy(f"{CONTENT} is not the one that the study wrote; remove the folder and {again}")
    content = read_json(folder / CONTENT) or {}
    if content.get("study") != "value":
        raise NotAStudy("holds a search for the next best, which the page does not show; leave --greedy out")
    return content


def _sensitivity(folder: Path) -> Mapping[str, Any]:
    again = "run 'mda-sim sensitivity' again with this folder as --out"
    if not (folder / RECORD).is_file():
        raise NotAStudy(
            "holds no sensitivity analysis; name the folder that 'mda-sim sensitivity' printed last"
        )
    content = read_json(folder / RECORD)
    if content is None:
        raise NotAStudy(f"{RECORD} cannot be read; remove the folder and {again}")
    if content.get("complete") is not True:
        raise NotAStudy(f"the analysis is not finished; {again}, it goes on where it stopped")
    if ROOTS in content and not is_sealed(content):
        raise NotAStudy(f"{RECORD} is not the one that the analysis wrote; {again}")
    return content


def misfits(kind: Kind, study: Mapping[str, Any], run: Mapping[str, Any]) -> Iterator[str]:
    """Why a study cannot stand on the page of a run; ``run`` are the roots of the run's scenario.

    ``sources`` of the run's roots are those of the program that made it.
    """
    roots = study[ROOTS]
    sections, configurations = strangers(roots, run, _needed(kind, study, run))
    if sections:
        yield (
            f"was made from another scenario than the run: {_listed(sections)} differ{_s(sections)}; run "
            f"'mda-sim {kind}' with the scenario and the --set of the run (only seeds may differ)"
        )
    absent = [name for name in configurations if name not in run["configurations"]]
    other = [name for name in configurations if name in run["configurations"]]
    if absent:
        has = ", ".join(run["configurations"])
        yield f"is about {_listed(absent)}, which the run does not have; it has {has}"
    if other:
        yield (
            f"was made with another sharing than the run's under {_listed(other)}; run 'mda-sim {kind}' with "
            "the scenario and the --set of the run"
        )
    if roots["sources"] != run["sources"]:
        yield "was made by another version of the program than the run; make the older of the two again"


def _needed(kind: Kind, study: Mapping[str, Any], run: Mapping[str, Any]) -> Iterable[str]:
    """The configurations that must be the same."""
    if kind == "value":
        return dict.fromkeys((study["baseline"], study["configuration"]))
    shared = [name for name in study["configurations"] if name in run["configurations"]]
    return dict.fromkeys((study["baseline"], *shared))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _s(names: list[str]) -> str:
    return "s" if len(names) == 1 else ""
