"""Runs side by side: every figure of every configuration against one baseline.

Model: all runs must be finished and measure the same; runs that share sensing are compared **paired** over
the seeds that all of them have, others only on request, **unpaired**, by Welch's t (``metrics.contrasts``).
One run alone compares its configurations. What is wrong is said all at once.

Assumptions and limits: ``run_reader`` says when runs measure the same and share sensing. Without a choice of
metrics the primary endpoints of all runs are compared. The same configuration of two runs stands twice, since
nothing says that its arrangement is the same. Where next: the command line and notebooks call ``compare``;
``report.forest`` and ``report.maps`` draw.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mda_sim.core.errors import Problem, ScenarioError
from mda_sim.metrics.compare import CAVEATS, CONFIDENCE_LEVEL, LABEL, Key, warnings
from mda_sim.metrics.contrasts import COLUMNS, Contrast, contrast
from mda_sim.study.run_reader import (
    FinishedRun,
    NotARun,
    names_of,
    other_definitions,
    other_sensing,
    read_run,
)

if TYPE_CHECKING:
    from mda_sim.report.forest import ForestCaption
    from mda_sim.report.gallery import Figure


@dataclass(frozen=True, eq=False)
class Comparison:
    """Figures of runs side by side."""

    rows: tuple[Contrast, ...]
    """By metric and group, nation, run and configuration; as a tidy table, columns ``COLUMNS``."""
    baseline: tuple[str, str]
    """Name of the run, and configuration, that all is compared with."""
    paired: bool
    """Whether differences are taken seed by seed."""
    runs: tuple[FinishedRun, ...]
    """In the order given."""
    seeds: tuple[int, ...]
    """Seeds that are compared; empty where unpaired, since every run has its own."""
    notes: tuple[str, ...]
    """What a reader must know."""

    def __repr__(self) -> str:
        how = "paired" if self.paired else "unpaired"
        return f"<Comparison with {':'.join(self.baseline)}, {how}: {len(self.rows):,} figures>"

    def to_pandas(self) -> Any:
        """The rows as a ``pandas.DataFrame``; needs pandas (extra ``notebook``)."""
        import pandas as pd

        return pd.DataFrame(self.rows, columns=list(COLUMNS))

    def figures(self) -> list[tuple[str, str]]:
        """Metrics with groups that are compared, in order."""
        return list(dict.fromkeys((row.metric, row.group) for row in self.rows))

    def csv_text(self) -> str:
        """The table as CSV: numbers as the shortest text that reads back the same, undefined ones empty."""
        from mda_sim.report.text import for_csv

        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in self.rows:
            writer.writerow([_cell(value, for_csv) for value in row])
        return stream.getvalue()

    def plain_data(self) -> dict[str, Any]:
        """The comparison as JSON holds it."""
        return {
            "label": LABEL,
            "caveats": list(CAVEATS),
            "confidence_level": CONFIDENCE_LEVEL,
            "baseline": {"run": self.baseline[0], "configuration": self.baseline[1]},
            "paired": self.paired,
            "seeds": {run.name: list(self.seeds or run.seeds) for run in self.runs},
            "notes": list(self.notes),
            "rows": [row._asdict() for row in self.rows],
        }

    def lines(self) -> Iterator[str]:
        """What the terminal shows of it."""
        from mda_sim.report.forest import contrast_lines

        yield from contrast_lines(self.rows, self._caption())
        for note in self.notes:
            yield f"Note: {note}."
        yield f"Caveats: {'; '.join(CAVEATS)}."

    def forest(self, metric: str, group: str = "all") -> Figure:
        """Differences of one figure with their intervals, by nation; KeyError if it is not compared."""
        from mda_sim.report.forest import forest_chart

        rows = [row for row in self.rows if (row.metric, row.group) == (metric, group)]
        if not rows:
            raise KeyError(f"'{metric}' of '{group}' is not compared; there are {self.figures()}")
        return forest_chart(rows, self._caption())

    def plot_difference(self, run: str, configuration: str, nation: str) -> Figure:
        """Map of what one configuration of one run changes against the baseline.

        KeyError if there is none such; ScenarioError where runs are not paired, or have no probes.
        """
        from mda_sim.study.compare_maps import difference_of

        return difference_of(self, run, configuration, nation)

    def _caption(self) -> ForestCaption:
        from mda_sim.report.forest import ForestCaption
        from mda_sim.report.gallery import zone_names

        zones = {zone: name for run in self.runs for zone, name in zone_names(run.scenario).items()}
        return ForestCaption(self.baseline, self.paired, len(self.runs) > 1, zones)


def compare(
    runs: Sequence[Path | str] | Path | str,
    *,
    baseline: str | None = None,
    metrics: Sequence[str] = (),
    group: str | None = None,
    nations: Sequence[str] = (),
    unpaired: bool = False,
) -> Comparison:
    """Compare finished runs by their folders.

    ``baseline`` is ``RUN:CONFIGURATION`` (a run by its name or folder), or a configuration of the first run;
    by default the first run's own baseline. ``metrics`` are names, with or without their age; without a
    ``group`` those of primary endpoints, or ``all``. ``unpaired`` lets runs of other sensing be compared.
    ScenarioError with all problems, exit code 2.
    """
    paths = [Path(runs)] if isinstance(runs, Path | str) else [Path(run) for run in runs]
    problems: list[Problem] = []
    found = _read(paths, problems)
    if not found:
        raise ScenarioError(problems or [_problem("", "expected one run at least, got none")])
    base = _baseline(found, baseline, problems)
    reference = found[0] if base is None else base[0]
    problems += _misfits(found, reference, unpaired=unpaired)
    wanted = _figures(found, reference, metrics, group, problems)
    known = sorted({nation for run in found for nation in run.nations})
    problems += [_unknown("--nation", "nation", nation, known) for nation in nations if nation not in known]
    seeds = () if unpaired else tuple(sorted(set.intersection(*(set(run.seeds) for run in found))))
    if not unpaired and not seeds and not problems:
        problems.append(_problem("", "there is no seed that all runs have; compare fewer at once"))
    if problems or base is None:
        raise ScenarioError(problems)
    rows = _rows(found, base, wanted, [one for one in known if not nations or one in nations], seeds)
    notes = tuple(_notes(found, seeds, unpaired=unpaired))
    return Comparison(tuple(rows), (base[0].name, base[1]), not unpaired, tuple(found), seeds, notes)


def _read(paths: Sequence[Path], problems: list[Problem]) -> list[FinishedRun]:
    found = []
    for path, name in zip(paths, names_of(list(paths)), strict=True):
        if [one.resolve() for one in paths].count(path.resolve()) > 1:
            problems.append(_problem(path, "this run stands twice; name it once"))
            continue
        try:
            found.append(read_run(path, name))
        except NotARun as error:
            problems.append(_problem(path, str(error)))
    return found


def _baseline(
    runs: Sequence[FinishedRun], text: str | None, problems: list[Problem]
) -> tuple[FinishedRun, str] | None:
    """Run and configuration of the baseline; None, with a problem, if there is no such."""
    if text is None:
        return runs[0], runs[0].scenario.baseline
    name, _, configuration = text.rpartition(":")
    run = runs[0]
    if name:
        wanted = Path(name).resolve()
        fitting = [run for run in runs if run.name == name or run.folder.path.resolve() == wanted]
        if not fitting:
            problems.append(_unknown("--baseline", "run", name, [run.name for run in runs]))
            return None
        run = fitting[0]
    if configuration not in run.scenario.arrangements:
        known = list(run.scenario.arrangements)
        problems.append(_unknown("--baseline", "configuration", configuration, known))
        return None
    return run, configuration


def _misfits(runs: Sequence[FinishedRun], reference: FinishedRun, *, unpaired: bool) -> Iterator[Problem]:
    """Runs that measure something else than the reference, or on another luck."""
    for run in runs:
        for message in other_definitions(run, reference):
            yield _problem(run.folder.path, message)
        if not unpaired and (why := other_sensing(run, reference)):
            yield _problem(
                run.folder.path, f"{why}: they cannot be paired; --unpaired compares them as separate samples"
            )


def _figures(
    runs: Sequence[FinishedRun],
    reference: FinishedRun,
    metrics: Sequence[str],
    group: str | None,
    problems: list[Problem],
) -> list[tuple[str, str]]:
    """Metrics with groups to compare."""
    from mda_sim.metrics.stop_rule import figures_of

    ordered = [reference, *(run for run in runs if run is not reference)]
    primary = list(dict.fromkeys(end for run in ordered for end in run.scenario.spec.metrics.primary))
    known = {figure: None for run in ordered for figure in run.figures}
    names = list(metrics) or list(dict.fromkeys(endpoint.metric for endpoint in primary))
    if not names:
        problems.append(
            _problem("--metric", "no run declares primary endpoints; name a metric with --metric")
        )
    found: dict[tuple[str, str], None] = {}
    for name in names:
        figures = figures_of(name, group or "", primary, known)
        if not figures and not any(figures_of(name, one, (), known) for one in {key[1] for key in known}):
            problems.append(_unknown("--metric", "metric", name, sorted({metric for metric, _ in known})))
        elif not figures:
            groups = sorted({of for metric, of in known if metric.startswith(name)})
            problems.append(_unknown("--group", f"group of {name}", group or "all", groups))
        found |= dict.fromkeys(figures)
    return list(found)


def _rows(
    runs: Sequence[FinishedRun],
    base: tuple[FinishedRun, str],
    figures: Sequence[tuple[str, str]],
    nations: Sequence[str],
    seeds: Sequence[int],
) -> Iterator[Contrast]:
    """All rows; over ``seeds`` where there are any, which is where runs are paired."""
    of_base, baseline = base
    for metric, group in figures:
        for nation in nations:
            reference = _values(of_base, Key(baseline, nation, metric, group), seeds)
            for run in runs:
                names = [
                    run.scenario.baseline,
                    *(n for n in run.scenario.arrangements if n != run.scenario.baseline),
                ]
                for name in names:
                    key = Key(name, nation, metric, group)
                    if key not in run.values:
                        continue
                    yield contrast(
                        run.name,
                        name,
                        (nation, metric, group),
                        run.units[metric],
                        _values(run, key, seeds),
                        None if (run is of_base and name == baseline) else reference,
                        paired=bool(seeds),
                    )


def _values(run: FinishedRun, key: Key, seeds: Sequence[int]) -> dict[int, float]:
    values = run.values.get(key, {})
    return {seed: values[seed] for seed in seeds if seed in values} if seeds else dict(values)


def _notes(runs: Sequence[FinishedRun], seeds: Sequence[int], *, unpaired: bool) -> Iterator[str]:
    if unpaired:
        yield (
            "unpaired: differences of means with Welch's interval; the luck of both sides is in them, and of "
            "both worlds where these differ; of configurations of one run, which share luck, it is too wide"
        )
        if all(not other_sensing(run, runs[0]) for run in runs):
            yield "these runs share world and sensing: without --unpaired they are paired, and surer"
    for run in runs:
        if seeds and len(run.seeds) > len(seeds):
            held = len(run.seeds)
            yield f"of the {held} seeds of '{run.name}' the {len(seeds)} that all runs have are compared"
    yield from warnings(min(len(seeds or run.seeds) for run in runs))
    if len({run.manifest.get("model_sources") for run in runs}) > 1:
        yield "the runs were made by different versions of the program, which may be part of the difference"


def _cell(value: object, quoted: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(quoted(value)) if isinstance(value, str) else repr(value)


def _unknown(option: str, kind: str, name: str, known: Sequence[str]) -> Problem:
    from mda_sim.scenario.findings import did_you_mean, listed

    hint = did_you_mean(name, known) or f"; expected one of {listed(known)}"
    return _problem(option, f"unknown {kind} '{name}'{hint}")


def _problem(where: Path | str, message: str) -> Problem:
    return Problem(str(where) or "compare", 0, 0, "", message)
