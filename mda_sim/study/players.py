"""Players of a game of sharing: what a configuration holds, taken apart, and coalitions of them.

Model: the grand coalition is a configuration C. A player is one item of it (a link, an agreement, a sensor, a
consent, a group, a nation), a reform, or several of these joined by ``+``. The section of a coalition is C

1. without the changes that only reforms outside the coalition make to the baseline. A reform is a named
   configuration, of which C holds every change; a change that a reform inside the coalition makes too stays;
2. without every item of a player outside the coalition. An item of two players needs both.

So the empty coalition is C without all players, which is the baseline only if C adds nothing else to it.

    links, agreements, sensors, consents, groups    every item of that kind in C
    nations      every party of kind 'nation' that runs a node in C
    reforms      every configuration that C holds and that holds no other of them
    link:phl_jpn, agreement:x, sensor:y, consent:z, group:g, nation:JPN, reform:name, or an id that C has once

Assumptions and limits: a coalition is a section that could be run, not one that anybody would propose.
Where next: ``coalitions`` runs them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mda_sim.core.errors import Problem
from mda_sim.metrics.value import PLAYERS_MAX
from mda_sim.scenario.findings import did_you_mean, listed
from mda_sim.scenario.reforms import Change, Path, changes, first_not_made, undone
from mda_sim.sharing.items import KINDS, Item, Kind, items_of, without

if TYPE_CHECKING:
    from mda_sim.scenario import Scenario
    from mda_sim.sharing.network import SharingSpec

REFORM: Final = "reform"
REFORMS: Final = "reforms"
"""Word for all reforms."""
PRESETS: Final[Mapping[str, Kind]] = {f"{kind}s": kind for kind in KINDS}
"""Words for all items of a kind."""
JOINED: Final = "+"


@dataclass(frozen=True)
class Player:
    """What is there or not, as one."""

    id: str
    """As it is written: ``<kind>:<id>``, several joined by ``+``."""
    items: tuple[Item, ...] = ()
    reforms: tuple[str, ...] = ()
    """Configurations whose changes it makes."""


@dataclass(frozen=True)
class Game:
    """The players of one configuration; ``section`` gives what a coalition of them shares by."""

    configuration: str
    grand: SharingSpec
    """The section of the grand coalition."""
    players: tuple[Player, ...]
    reforms: Mapping[str, Mapping[Path, Change]]
    """What each reform that a player makes changes in the baseline."""

    @property
    def whole(self) -> int:
        """The coalition of all."""
        return (1 << len(self.players)) - 1

    def section(self, coalition: int) -> SharingSpec:
        """What a coalition (a bit mask) shares by."""
        inside = [player for i, player in enumerate(self.players) if coalition >> i & 1]
        outside = [player for i, player in enumerate(self.players) if not coalition >> i & 1]
        made = {path for player in inside for name in player.reforms for path in self.reforms[name]}
        unmade = {
            path: change
            for player in outside
            for name in player.reforms
            for path, change in self.reforms[name].items()
            if path not in made
        }
        return without(undone(self.grand, unmade), [item for player in outside for item in player.items])


def game_of(
    scenario: Scenario, configuration: str, words: Sequence[str], problems: list[Problem]
) -> Game | None:
    """The game of these players; None if there are problems, which are added to ``problems``."""
    if not is_known_configuration(scenario, configuration, "--configuration", problems):
        return None
    grand, before = scenario.arrangements[configuration], len(problems)
    reforms = reforms_in(scenario, configuration)
    named = [name for name in scenario.arrangements if name not in (scenario.baseline, configuration)]
    players = read_players(words, grand, _nations(scenario, grand), reforms, named, "--players", problems)
    known = _changes(scenario, players)
    for name, made in known.items():
        path = first_not_made(grand, made)
        if path:
            message = (
                f"configuration '{configuration}' does not hold the reform '{name}': it differs at {path}"
            )
            problems.append(_problem("--players", message))
    if not players and len(problems) == before:
        problems.append(_problem("--players", "there are no players"))
    if len(players) > PLAYERS_MAX:
        message = f"{len(players)} players; at most {PLAYERS_MAX} can be told apart: join some with '+'"
        problems.append(_problem("--players", message))
    if len(problems) > before:
        return None
    return Game(configuration, grand, tuple(players), known)


def reforms_in(scenario: Scenario, configuration: str) -> tuple[str, ...]:
    """Configurations that ``configuration`` holds, change by change, and that hold no other of them."""
    base = scenario.arrangements[scenario.baseline]
    others = {
        name: made
        for name, sharing in scenario.arrangements.items()
        if name not in (scenario.baseline, configuration) and (made := changes(base, sharing))
    }
    held = [name for name in others if not first_not_made(scenario.arrangements[configuration], others[name])]
    return tuple(
        name
        for name in held
        if all(first_not_made(scenario.arrangements[name], others[part]) for part in held if part != name)
    )


def read_players(
    words: Sequence[str],
    sharing: SharingSpec,
    nations: Sequence[str],
    reforms: Sequence[str],
    known_reforms: Sequence[str],
    option: str,
    problems: list[Problem],
) -> list[Player]:
    """The players that words name among what ``sharing`` holds; problems are of ``option``.

    ``nations`` and ``reforms`` are those that the words 'nations' and 'reforms' stand for; ``known_reforms``
    those that may be named.
    """
    found: list[Player] = []
    for word in words:
        if word in PRESETS or word == REFORMS:
            these = _preset(word, sharing, nations, reforms)
            if not these:
                problems.append(_problem(option, f"'{word}': there is none to take part"))
            found += these
            continue
        parts = [_part(part, sharing, known_reforms, option, problems) for part in word.split(JOINED)]
        known = [part for part in parts if part is not None]
        if len(known) == len(parts):
            items = tuple(part for part in known if isinstance(part, Item))
            names = tuple(part for part in known if isinstance(part, str))
            found.append(Player(JOINED.join(_written(part) for part in known), items, names))
    seen: set[str] = set()
    for player in found:
        if player.id in seen:
            problems.append(_problem(option, f"'{player.id}' stands twice; name it once"))
        seen.add(player.id)
    return found


def is_known_configuration(scenario: Scenario, name: str, option: str, problems: list[Problem]) -> bool:
    """Whether the scenario has a configuration; a problem if not."""
    if name in scenario.arrangements:
        return True
    hint = did_you_mean(name, scenario.arrangements) or f"; expected one of {listed(scenario.arrangements)}"
    problems.append(_problem(option, f"unknown configuration '{name}'{hint}"))
    return False


def _preset(word: str, sharing: SharingSpec, nations: Sequence[str], reforms: Sequence[str]) -> list[Player]:
    if word == REFORMS:
        return [Player(f"{REFORM}:{name}", reforms=(name,)) for name in reforms]
    kind = PRESETS[word]
    ids = nations if kind == "nation" else items_of(sharing, kind)
    return [Player(str(item), (item,)) for item in (Item(kind, id_) for id_ in ids)]


def _part(
    word: str, sharing: SharingSpec, known_reforms: Sequence[str], option: str, problems: list[Problem]
) -> Item | str | None:
    """The item that a word names, or the id of a reform; None with a problem if it names none, or several."""
    kind, colon, name = word.partition(":")
    if kind == REFORM and colon:
        if name not in known_reforms:
            choices = f"; expected one of {listed(known_reforms)}" if known_reforms else "; there is none"
            hint = did_you_mean(name, known_reforms) or choices
            problems.append(_problem(option, f"unknown reform '{name}'{hint}"))
            return None
        return name
    if colon:
        if kind not in KINDS:
            hint = did_you_mean(kind, (*KINDS, REFORM)) or f"; expected one of {listed((*KINDS, REFORM))}"
            problems.append(_problem(option, f"unknown kind of player '{kind}' in '{word}'{hint}"))
            return None
        known: list[Item] = [Item(one, id_) for one in KINDS if one == kind for id_ in items_of(sharing, one)]
    else:
        name, known = word, [Item(one, id_) for one in KINDS for id_ in items_of(sharing, one)]
    matches = [item for item in known if item.id == name]
    if len(matches) == 1:
        return matches[0]
    if matches:
        message = f"'{name}' is several things: {', '.join(map(str, matches))}; name one of them"
    else:
        ids = {item.id for item in known}
        what = kind if colon else "player"
        choices = f"; expected one of {listed(ids)}" if ids else "; there is none"
        message = f"unknown {what} '{name}'{did_you_mean(name, ids) or choices}"
    problems.append(_problem(option, message))
    return None


def _written(part: Item | str) -> str:
    return str(part) if isinstance(part, Item) else f"{REFORM}:{part}"


def _nations(scenario: Scenario, sharing: SharingSpec) -> list[str]:
    """Parties of kind 'nation' that run a node."""
    return [name for name in items_of(sharing, "nation") if scenario.spec.nations[name].kind == "nation"]


def _changes(scenario: Scenario, players: Sequence[Player]) -> dict[str, dict[Path, Change]]:
    base = scenario.arrangements[scenario.baseline]
    names = sorted({name for player in players for name in player.reforms})
    return {name: changes(base, scenario.arrangements[name]) for name in names}


def _problem(option: str, message: str) -> Problem:
    return Problem(option, 0, 0, "", message)
