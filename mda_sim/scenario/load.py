"""Load a scenario: read, merge, fill in, check, and hand out a frozen ``Scenario`` or all problems at once.

Model: values win in the order ``--set``, configuration, file, file that it extends, catalogue. Steps,
each over the whole scenario:

    read and normalise   files of the ``extends`` chain, keys to SI          source, normalise, merge
    set                  each ``--set`` over it                              merge
    arrange              ``sharing`` under each configuration                here
    fill in              places of sites and ports, what types share          expand
                         digests of the files that are named                 files
    check types          against the specs                                   wording
    check references     between the parts                                   crosschecks, sharing.checks
    check size           what would exhaust the machine                      size
    read recordings      what became of their rows                           recordings
    read element sets    their problems, and whether they fit the run        satellite_checks
    check reach          whether platforms come to their areas and back      platform_checks
    check assumptions    whether what they move is there and may be so       assumption_checks
    doubt                what can be run but is hardly meant                 crosschecks, doubts,
                                                                             platform_checks, satellite_checks

Assumptions and limits: a file that cannot be read as YAML ends the loading there; everything else is
collected.

Where next: ``cli``, ``study`` and notebooks load scenarios here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from pydantic import ValidationError

from mda_sim.core.errors import ScenarioError
from mda_sim.core.spec import ID_PATTERN, FrozenMap, Spec
from mda_sim.core.time import Timeline
from mda_sim.scenario.assumption_checks import applicable, check_assumptions
from mda_sim.scenario.crosschecks import (
    check_climate,
    check_coast,
    check_places,
    check_references,
    place_findings,
)
from mda_sim.scenario.doubts import check_meaning, check_starts, check_texts
from mda_sim.scenario.expand import (
    with_berths,
    with_heights,
    with_platform_types,
    with_sites,
    with_terms,
    with_types,
    with_waters,
)
from mda_sim.scenario.files import FileReader, Reach, rooted
from mda_sim.scenario.findings import Findings, did_you_mean, listed
from mda_sim.scenario.merge import Chain, applies, merged, read_settings, setting_of
from mda_sim.scenario.places import Place, place_of
from mda_sim.scenario.platform_checks import check_reach, doubt_platforms
from mda_sim.scenario.recordings import check_recordings
from mda_sim.scenario.satellite_checks import check_elements, doubt_satellites
from mda_sim.scenario.scenario import Origin, Scenario, leaves, timeline_of
from mda_sim.scenario.schema import FORMAT, ScenarioFile, ScenarioSpec
from mda_sim.scenario.size import check_lengths, check_size
from mda_sim.scenario.source import read_text
from mda_sim.scenario.tree import Entry, MapNode, Mark, ScalarNode, plain, quoted, values
from mda_sim.scenario.wording import report
from mda_sim.sharing.checks import check_sharing
from mda_sim.sharing.network import NationSpec, SharingSpec

_FILE: Final = place_of(ScenarioFile)
_SHARING: Final = place_of(SharingSpec)

S = TypeVar("S", bound=Spec)


def load_scenario(
    path: str | Path,
    *,
    sets: Sequence[str] = (),
    configurations: Sequence[str] | None = None,
    seeds: int | None = None,
    allow_path: bool = False,
    is_own: bool = False,
) -> Scenario:
    """Load the scenario file ``path``.

    ``sets`` are overrides ``key.path=value``, applied in their order. ``configurations`` names those to
    keep (all if None; the baseline always stays, since the others are compared with it). ``seeds`` is how
    many seeds to run instead of the file's ``seed.count``. With ``allow_path``, ``extends`` and data
    files may leave the scenario's folder. ``is_own`` is for the ``scenario.yaml`` that a run has written,
    which may hold more values than a file by hand.

    Raises ``ScenarioError`` with every problem found, each at its file, line and column.
    """
    findings = Findings(is_own=is_own)
    reach = Reach(Path(path).parent.resolve(), allow_path)
    tree = Chain(_FILE, findings, reach).read(Path(path), str(path))
    return _loaded(tree, findings, _Wishes(tuple(sets), configurations, seeds, reach))


def load_scenario_text(
    text: str,
    *,
    file: str = "scenario.yaml",
    sets: Sequence[str] = (),
    configurations: Sequence[str] | None = None,
    seeds: int | None = None,
) -> Scenario:
    """Load a scenario from YAML text, such as ``Scenario.to_yaml`` gives; ``file`` is its name in messages.

    As ``load_scenario``; ``extends`` is refused, since a text lies in no folder, and a data file needs its
    absolute path and its SHA-256.
    """
    findings = Findings()
    tree = read_text(text, file, findings)
    if tree is not None and (entry := tree.entries.get("extends")):
        findings.error(entry.mark, "extends", "a text that lies in no folder cannot extend a file")
        tree = None
    if tree is not None:
        tree = Chain(_FILE, findings, Reach(None)).over_bases(tree, Path(file), file, ())
    return _loaded(tree, findings, _Wishes(tuple(sets), configurations, seeds, Reach(None)))


@dataclass(frozen=True)
class _Wishes:
    """What the caller asks for besides the file."""

    sets: tuple[str, ...]
    """Overrides ``key.path=value``."""
    configurations: Sequence[str] | None
    """Configurations to keep; all if None."""
    seeds: int | None
    """How many seeds; the file's number if None."""
    reach: Reach
    """Which files may be read."""


@dataclass(frozen=True)
class _Trees:
    """The scenario with everything merged and filled in, before its types are checked."""

    whole: MapNode
    """The scenario as a file would spell it out."""
    arranged: Mapping[str, MapNode]
    """The ``sharing`` of each configuration."""

    def under(self, configuration: str) -> MapNode:
        """The whole scenario with the sharing of one configuration."""
        return _replaced(self.whole, "sharing", lambda _: self.arranged[configuration])


def _loaded(tree: MapNode | None, findings: Findings, wishes: _Wishes) -> Scenario:
    if tree is None:
        raise ScenarioError(findings.errors)
    _refuse_newer_format(tree, findings)
    if not check_lengths(tree, _FILE, findings):
        raise ScenarioError(findings.errors)
    trees = _resolved(tree, findings, wishes)
    findings.settle()
    spec = _checked(ScenarioSpec, trees.whole.without("configurations"), _FILE, findings)
    sharing = {name: _checked(SharingSpec, part, _SHARING, findings) for name, part in trees.arranged.items()}
    findings.settle()
    check_references(trees.whole, findings)
    if spec is not None:
        check_climate(spec, trees.whole, findings)
    fits = spec is not None and check_size(spec, sharing, trees.whole, findings)
    _check_sharing(spec, sharing, trees, findings, timeline_of(spec) if spec and fits else None)
    if spec is not None and check_coast(spec, sharing, trees.whole, findings) and fits:
        check_recordings(spec, timeline_of(spec), trees.whole, findings)
        check_elements(spec, timeline_of(spec), trees.whole, findings)
    if spec is not None and not findings.errors:
        check_reach(spec, trees.whole, findings)
    arrangements = FrozenMap({name: part for name, part in sharing.items() if part is not None})
    if spec is not None and len(arrangements) == len(sharing):
        spec = applicable(spec, arrangements, is_part=wishes.configurations is not None)
        check_assumptions(Scenario(spec, arrangements, {}), trees.whole, findings)
    if spec is None or findings.errors:
        raise ScenarioError(findings.errors)
    check_places(spec, trees.whole, findings)
    check_texts(trees.whole, findings)
    check_meaning(spec, arrangements, trees.whole, findings)
    check_starts(spec, timeline_of(spec), trees.whole, findings)
    doubt_platforms(spec, trees.whole, findings)
    doubt_satellites(spec, timeline_of(spec), trees.whole, findings)
    return Scenario(spec, arrangements, _origins(spec, trees.whole), findings.warnings, findings.notes)


def _refuse_newer_format(tree: MapNode, findings: Findings) -> None:
    """Raise at once for a newer format: its other keys would only be misread."""
    entry = tree.entries.get("format")
    if entry is None or not isinstance(entry.node, ScalarNode):
        return
    value = entry.node.value
    if isinstance(value, int) and not isinstance(value, bool) and value > FORMAT:
        message = f"format {value} is newer than what this version of mda_sim reads ({FORMAT})"
        findings.error(entry.mark, entry.node.path, message)
        raise ScenarioError(findings.errors)


def _resolved(tree: MapNode, findings: Findings, wishes: _Wishes) -> _Trees:
    settings = read_settings(wishes.sets, _spelt_out(tree), _FILE, findings)
    if wishes.reach.folder is not None:
        settings = tuple(rooted(setting, _FILE, wishes.reach.folder) for setting in settings)
    if wishes.seeds is not None:
        settings += (_seed_count(wishes.seeds),)
    whole = tree
    for setting in settings:
        whole = merged(whole, setting)
    whole = _kept(whole, wishes.configurations, findings)
    names = [name for name, one in _entries(whole, "configurations") if isinstance(one.node, MapNode)]
    arranged = {name: _arranged(name, tree, whole, settings) for name in names}
    files = FileReader(wishes.reach, findings)
    return _Trees(
        files.read(_filled(whole, findings), _FILE),
        {
            name: files.read(with_waters(_catalogued(sharing, findings), whole.section("world")), _SHARING)
            for name, sharing in arranged.items()
        },
    )


def _spelt_out(tree: MapNode) -> MapNode:
    """``tree`` with every configuration whole, so that a setting may name any id that one has or inherits."""
    sharing = tree.section("sharing")

    def whole(configurations: MapNode) -> MapNode:
        entries = {
            name: Entry(one.written, one.mark, merged(sharing, one.node))
            if isinstance(one.node, MapNode)
            else one
            for name, one in configurations.entries.items()
        }
        return configurations.with_entries(entries)

    return _replaced(tree, "configurations", whole)


def _seed_count(count: int) -> MapNode:
    mark = Mark(f"--seeds {count}")
    return setting_of(["seed", "count"], ScalarNode(count, mark, "seed.count", str(count)), mark)


def _kept(tree: MapNode, wanted: Sequence[str] | None, findings: Findings) -> MapNode:
    """``tree`` with the configurations to keep; problems of their form are noted."""
    entry = tree.entries.get("configurations")
    if entry is None:
        message = "missing key 'configurations'; it names one at least, such as 'today: {}'"
        findings.error(tree.mark, "", message)
        return tree
    if not isinstance(entry.node, MapNode) or not entry.node.entries:
        message = f"expected a mapping that names one configuration at least, got {entry.node.shown()}"
        findings.error(entry.mark, entry.node.path, message)
        return tree
    for name, one in _entries(tree, "configurations"):
        _check_form(name, one, findings)
    if wanted is None:
        return tree
    written = entry.node.entries
    for name in wanted:
        if name not in written:
            hint = did_you_mean(name, written) or f"; expected one of {listed(written)}"
            findings.error(Mark("--configurations"), "", f"unknown configuration {name!r}{hint}")
    baseline = tree.get("baseline")
    kept = {*wanted, baseline.value if isinstance(baseline, ScalarNode) else None}
    dropped = [name for name in written if name not in kept]
    return _replaced(tree, "configurations", lambda part: part.without(*dropped))


def _check_form(name: str, configuration: Entry, findings: Findings) -> None:
    """Note a bad id of a configuration, and everything in it that is not part of ``sharing``."""
    node = configuration.node
    if not re.fullmatch(ID_PATTERN, name):
        findings.error(configuration.mark, node.path, f"expected an id, got {quoted(name)}")
    if not isinstance(node, MapNode):
        message = f"expected a mapping of what it overrides ({{}} for nothing), got {node.shown()}"
        findings.error(configuration.mark, node.path, message)
        return
    for key, part in node.entries.items():
        if key not in _SHARING.fields:
            findings.error(part.mark, part.node.path, _not_of_sharing(part.written))


def _not_of_sharing(key: str) -> str:
    rule = "a configuration overrides the sharing part only"
    if key == "sharing":
        return f"{rule}: write the keys of 'sharing' directly under its name"
    hint = did_you_mean(key, _SHARING.fields) or f"; expected one of {listed(_SHARING.fields)}"
    return f"{rule}: unknown key {quoted(key)}{hint}"


def _arranged(name: str, tree: MapNode, whole: MapNode, settings: Sequence[MapNode]) -> MapNode:
    """``sharing`` under one configuration: settings win over the configuration, and it over the file."""
    sharing = merged(whole.section("sharing"), _known_keys(tree.section("configurations", name)))
    for setting in settings:
        part = setting.section("sharing")
        if part.entries and applies(part, sharing, _SHARING):
            sharing = merged(sharing, part)
        sharing = merged(sharing, setting.section("configurations", name))
    return sharing


def _known_keys(configuration: MapNode) -> MapNode:
    return configuration.without(*(key for key in configuration.entries if key not in _SHARING.fields))


def _filled(tree: MapNode, findings: Findings) -> MapNode:
    ports = tree.section("world", "ports")
    tree = _replaced(tree, "platforms", lambda part: with_berths(with_platform_types(part, findings), ports))
    tree = _replaced(tree, "sensors", lambda sensors: with_sites(with_types(sensors, findings), findings))
    tree = _replaced(tree, "sensors", lambda sensors: with_heights(sensors, tree.section("platforms")))
    tree = _replaced(tree, "sharing", lambda sharing: _catalogued(sharing, findings))
    tree = _replaced(tree, "world", lambda world: with_berths(world, ports))
    return with_waters(tree, tree.section("world"))


def _catalogued(sharing: MapNode, findings: Findings) -> MapNode:
    sharing = _replaced(sharing, "nodes", lambda nodes: with_sites(nodes, findings))
    return _replaced(sharing, "agreements", lambda agreements: with_terms(agreements, findings))


def _entries(tree: MapNode, key: str) -> list[tuple[str, Entry]]:
    return list(tree.section(key).entries.items())


def _replaced(tree: MapNode, key: str, change: Callable[[MapNode], MapNode]) -> MapNode:
    """``tree`` with the mapping under ``key`` changed; as it was if there is no such mapping."""
    entry = tree.entries.get(key)
    if entry is None or not isinstance(entry.node, MapNode):
        return tree
    return tree.with_entries({**tree.entries, key: Entry(entry.written, entry.mark, change(entry.node))})


def _checked(spec: type[S], tree: MapNode, place: Place, findings: Findings) -> S | None:
    """The spec that the tree holds; None if the type check finds problems, which are noted."""
    try:
        return spec.model_validate(plain(tree))
    except ValidationError as error:
        report(error, tree, place, findings)
        return None


def _check_sharing(
    spec: ScenarioSpec | None,
    sharing: Mapping[str, SharingSpec | None],
    trees: _Trees,
    findings: Findings,
    timeline: Timeline | None,
) -> None:
    """Run the checks of the sharing part on each configuration that has sound types."""
    nations = spec.nations if spec else _checked_nations(trees.whole)
    if nations is None:
        return
    operators = _operators(trees.whole)
    foreign = [sensor for sensor, operator in operators.items() if operator not in nations]
    found = {
        name: check_sharing(_without_feeds(part, foreign), nations, operators, timeline)
        for name, part in sharing.items()
        if part
    }
    place_findings(found, {name: trees.under(name) for name in found}, findings)


def _operators(tree: MapNode) -> dict[str, str]:
    """The operator of each sensor that names one."""
    operators = ((name, tree.get("sensors", name, "operator")) for name, _ in _entries(tree, "sensors"))
    return {name: str(node.value) for name, node in operators if isinstance(node, ScalarNode)}


def _without_feeds(sharing: SharingSpec, sensors: Sequence[str]) -> SharingSpec:
    """``sharing`` without the feeds of sensors whose operator is no party, which is reported already."""
    feeds = {sensor: feed for sensor, feed in sharing.feeds.items() if sensor not in sensors}
    return sharing.model_copy(update={"feeds": FrozenMap(feeds)})


def _checked_nations(tree: MapNode) -> Mapping[str, NationSpec] | None:
    """The nations alone, where another part of the scenario is wrong; None if they are wrong themselves."""
    nations = plain(tree.section("nations"))
    try:
        return {name: NationSpec.model_validate(nation) for name, nation in nations.items()}
    except ValidationError:
        return None


def _origins(spec: ScenarioSpec, tree: MapNode) -> Mapping[str, Origin]:
    written = {path: Origin(*mark) for path, mark in values(tree)}
    default = dict.fromkeys(leaves(spec.model_dump(mode="json")), Origin("default"))
    return FrozenMap({**default, **written})
