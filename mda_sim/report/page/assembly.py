"""The page as one file: parts, style, script and BokehJS inside, nothing fetched from anywhere.

Model: a policy in the head forbids every request; the browser runs only what is in the file. Bokeh's ids are
numbered anew in the order in which they stand, so that equal content gives equal bytes.

Assumptions and limits: text of a scenario is escaped by the template, and in JSON by escaping ``<``.
Where next: ``study.paging`` writes it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from mda_sim.metrics.spec import age_label
from mda_sim.report.basemap import CAUTION, GATED_CAUTION
from mda_sim.report.certainty import certainty
from mda_sim.report.charts import GAP_PARTS
from mda_sim.report.figures import configurations_of, main_group, nations_of
from mda_sim.report.gallery import TRACKS_SHOWN, tracks
from mda_sim.report.page.cells import cell_edges, cell_layers
from mda_sim.report.page.content import PageContent
from mda_sim.report.page.facts import assumption_rows, source_rows
from mda_sim.report.page.lead import answer_paragraph
from mda_sim.report.page.link_layer import link_columns
from mda_sim.report.page.map_plot import TRUE_COLOUR, map_figure, palette_of
from mda_sim.report.page.moves import packed_moves
from mda_sim.report.page.plots import (
    Chart,
    backlog_plot,
    custody_plot,
    gap_plot,
    latency_plot,
    link_plot,
)
from mda_sim.report.page.studies import study_parts
from mda_sim.report.page.tables import (
    custody_table,
    gap_table,
    ladder_tables,
    latency_table,
    link_table,
    nation_tables,
)
from mda_sim.report.style import AGE_COLOURS, DIFFERENCE_COLOURS, NEVER, SHARE_COLOURS, colour_of
from mda_sim.report.text import plain
from mda_sim.report.words import age_words, group_words

if TYPE_CHECKING:
    from bokeh.model import Model


def page_html(content: PageContent) -> str:
    """The page."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(_asset("page.html"))
    return template.render(_parts(content)) + "\n"


def _parts(content: PageContent) -> dict[str, Any]:
    """Everything that the template names."""
    from markupsafe import Markup

    scenario, summary, zones = content.scenario, content.summary, content.zones
    names = {code: plain(nation.name) for code, nation in scenario.spec.nations.items()}
    group = main_group(summary)
    ages = [age_label(age_s) for age_s in scenario.spec.metrics.custody_age_s]
    layers = cell_layers(content)
    plot = map_figure(
        content.scene,
        cell_edges(content),
        layers["limit"],
        tracks(content.sources.fleet(), TRACKS_SHOWN),
    )
    charts = _charts(content, ages, group)
    codes = [code for code, _, _ in content.scene.parties]
    arrangements = {name: scenario.arrangements[name] for name in configurations_of(summary)}
    links = link_columns(arrangements, summary, content.scene.extent, codes)
    data = _data(content, layers, charts, links)
    values, sensitivities = study_parts(content, names)
    studies = [*values, *sensitivities]
    return {
        "title": plain(scenario.name),
        "question": plain(scenario.spec.description, 2000),
        "answer": answer_paragraph(summary, names, zones),
        "caution": GATED_CAUTION if scenario.spec.picture.is_gated else CAUTION,
        "caveats": [plain(str(caveat)) for caveat in summary["caveats"]],
        "warnings": [plain(str(warning), 400) for warning in summary["warnings"]],
        "configurations": configurations_of(summary),
        "nations": [(code, names.get(code, code)) for code in nations_of(summary)],
        "seeds": list(summary["seeds"]),
        "digest": scenario.digest()[:8],
        "moves": content.moves,
        "age": age_words(age_label(content.age_s)),
        "group": group_words(group, zones),
        "charts": {chart.name for chart in charts},
        "gap_parts": [(words, colour) for _, words, colour in GAP_PARTS],
        "share_colours": palette_of(SHARE_COLOURS)[::7],
        "difference_colours": palette_of(DIFFERENCE_COLOURS)[::7],
        "limit": layers["limit"],
        "never": NEVER,
        "true_colour": TRUE_COLOUR,
        "held_ages": [(colour, age_words(age_label(age_s))) for age_s, colour in _held_ages(content)],
        "parties": _parties(content),
        "all_parties": [(plain(code), colour_of(number)) for number, code in enumerate(codes)],
        "coast": content.scene.extent.coast_note,
        "tables": {
            "custody": custody_table(summary, ages, group, zones),
            "latency": latency_table(summary),
            "gaps": gap_table(summary, group, zones),
            "links": link_table(summary),
        },
        "ladder": ladder_tables(summary, names, zones),
        "nation_tables": [
            (names.get(code, code), nation_tables(summary, code, zones)) for code in nations_of(summary)
        ],
        "certainty": [plain(line, 600) for line in certainty(summary, zones) if line.strip()],
        "assumptions": assumption_rows(scenario),
        "sources": source_rows(scenario),
        "zones": [plain(name) for name in zones.values()],
        "style": Markup(_asset("page.css")),
        "script": Markup(_asset("page.js")),
        "bokeh": Markup(_bokeh_js()),
        "values": values,
        "sensitivities": sensitivities,
        "studies": Markup(_json([part.data() for part in studies])) if studies else "",
        "studies_style": Markup(_asset("page_studies.css")) if studies else "",
        "studies_script": Markup(_asset("page_studies.js")) if studies else "",
        "document": Markup(
            _json(_document([plot, *(one.plot for one in charts), *(part.chart.plot for part in studies)]))
        ),
        "data": Markup(_json(data)),
    }


def _parties(content: PageContent) -> list[tuple[str, str]]:
    """Code and colour of each party that has a sensor on the map."""
    owners = {mark.operator for mark in content.scene.sensors}
    codes = [code for code, _, _ in content.scene.parties]
    return [(plain(code), colour_of(number)) for number, code in enumerate(codes) if code in owners]


def _charts(content: PageContent, ages: Sequence[str], group: str) -> list[Chart]:
    scenario, summary = content.scenario, content.summary
    names = configurations_of(summary)
    parties = {
        name: {
            id_: (sharing.nodes[link.sender].nation, sharing.nodes[link.recipient].nation)
            for id_, link in sharing.links.items()
        }
        for name in names
        for sharing in (scenario.arrangements[name],)
    }
    charts = [custody_plot(summary, ages, group), latency_plot(summary), gap_plot(summary, group)]
    backlog = backlog_plot({name: content.sources.backlog(name) for name in names}, scenario.timeline)
    charts += [] if backlog is None else [backlog]
    return [*charts, link_plot(summary, parties)]


def _data(
    content: PageContent,
    layers: dict[str, Any],
    charts: Sequence[Chart],
    links: dict[str, dict[str, dict[str, list[Any]]]],
) -> dict[str, Any]:
    """What the script reads."""
    extent, summary = content.scene.extent, content.summary
    return {
        "baseline": summary["baseline"],
        "extent": [extent.lon_min_deg, extent.lon_max_deg, extent.lat_min_deg, extent.lat_max_deg],
        "layers": layers,
        "gap_words": [words for _, words, _ in GAP_PARTS],
        "charts": [
            {"by": chart.by, "source": key, "columns": columns}
            for chart in charts
            for key, columns in chart.series.items()
        ]
        + [{"by": "configuration", "source": key, "columns": columns} for key, columns in links.items()],
        "ages": _held_ages(content),
        "moves": None if content.moves is None else packed_moves(content.moves, extent),
    }


def _held_ages(content: PageContent) -> list[tuple[float, str]]:
    """The longest ages of custody, from short to long, each with the colour of what is at most so old."""
    ages_s = sorted(content.scenario.spec.metrics.custody_age_s)[-len(AGE_COLOURS) :]
    return list(zip(ages_s, AGE_COLOURS, strict=False))


def _document(roots: Sequence[Model]) -> dict[str, Any]:
    """Bokeh's document as JSON, with ids numbered in the order in which they stand; and its roots by name."""
    from bokeh.document import Document

    document = Document()
    with document.models.freeze():  # else all models are looked for anew with each root
        for root in roots:
            document.add_root(root)
    told = _renumbered(document.to_json(deferred=False))
    return {"document": told, "roots": {root["attributes"]["name"]: root["id"] for root in told["roots"]}}


def _renumbered(tree: Any) -> Any:
    """The same tree with every id ``p...`` replaced by its number in order of appearance."""
    numbers: dict[str, str] = {}

    def walk(part: Any) -> Any:
        if isinstance(part, dict):
            return {
                key: numbers.setdefault(value, f"p{len(numbers) + 1}")
                if key == "id" and isinstance(value, str) and value[1:].isdecimal()
                else walk(value)
                for key, value in part.items()
            }
        return [walk(one) for one in part] if isinstance(part, list) else part

    return walk(tree)


def _json(content: Any) -> str:
    """JSON for a script element: no ``<``, and nothing that is no number."""
    text = json.dumps(_finite(content), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _finite(part: Any) -> Any:
    """The same with null for what is undefined."""
    if isinstance(part, dict):
        return {key: _finite(value) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [_finite(value) for value in part]
    return None if isinstance(part, float) and not math.isfinite(part) else part


def _bokeh_js() -> str:
    """BokehJS without widgets, as its package has it."""
    from bokeh.resources import Resources

    return "\n".join(_closed(Resources(mode="inline", components=["bokeh"]).js_raw))


def _closed(scripts: Sequence[str]) -> Iterator[str]:
    for script in scripts:
        yield script.replace("</script", "<\\/script")


def _asset(name: str) -> str:
    return files("mda_sim.report.page").joinpath(name).read_text(encoding="utf-8")
