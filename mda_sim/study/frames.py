"""Figures of studies as data frames, one row for each figure.

Assumptions and limits: needs pandas (extra ``notebook``); values are in the unit that the row states, shares
as 0 to 1. Where next: studies offer these as ``to_pandas``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_INTERVAL = ("mean", "low", "high", "n")


def summary_frame(summary: Mapping[str, Any]) -> Any:
    """A DataFrame of the figures of a run.

    Columns: ``configuration, nation, metric, group, unit, mean, low, high, n``, and the paired difference
    from the baseline under ``difference``, ``difference_low``, ``_high`` and ``_n``.
    """
    import pandas as pd

    return pd.DataFrame(list(_of_summary(summary)))


def value_frame(content: Mapping[str, Any]) -> Any:
    """A DataFrame of a study of value.

    Columns: ``player, nation, metric, group, measure, mean, low, high, n, bound``.
    """
    import pandas as pd

    return pd.DataFrame(content["values"])


def effects_frame(results: Mapping[str, Any]) -> Any:
    """A DataFrame of the effects of a sensitivity analysis.

    Columns: the figure (``nation, metric, group, configuration, against, unit``), the assumption and its
    setting, ``mean``, ``low``, ``high``, ``n``, and changes under ``change_mean`` and so on.
    """
    import pandas as pd

    return pd.DataFrame(list(_of_effects(results)))


def _of_summary(summary: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for configuration, nations in summary["configurations"].items():
        for nation, metrics in nations.items():
            for metric, groups in metrics.items():
                for group, entry in groups.items():
                    against = entry.get("difference") or {}
                    yield {
                        "configuration": configuration,
                        "nation": nation,
                        "metric": metric,
                        "group": group,
                        "unit": entry["unit"],
                        **{name: entry[name] for name in _INTERVAL},
                        "difference": against.get("mean"),
                        **{f"difference_{name}": against.get(name) for name in _INTERVAL[1:]},
                    }


def _of_effects(results: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    told = ("nation", "metric", "group", "configuration", "against", "unit")
    for figure in results["figures"]:
        for effect in figure["effects"]:
            flat = {name: value for name, value in effect.items() if not isinstance(value, Mapping)}
            change = {f"change_{name}": value for name, value in (effect.get("change") or {}).items()}
            yield {**{name: figure[name] for name in told}, **flat, **change}
