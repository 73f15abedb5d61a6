"""The documentation: its links hold, its commands are real, and it builds as a site that fetches nothing."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import click
import pytest

from mda_sim.cli import main

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md"), ROOT / "notebooks" / "README.md"])


class Resources(HTMLParser):
    """What a page makes a browser load, besides links that a reader may follow."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        is_loaded = tag in ("script", "img", "iframe", "source") or (
            tag == "link" and told.get("rel") in ("stylesheet", "preload", "preconnect", "icon")
        )
        if is_loaded:
            self.found += [value for key in ("src", "href") if (value := told.get(key))]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as ``make site`` builds it: a link that leads nowhere is an error."""
    folder = tmp_path_factory.mktemp("site")
    words = ["-q", "-W", "--keep-going", "-d", str(folder / "trees"), "-c", "docs", ".", str(folder / "html")]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder / "html"


def test_every_page_is_in_the_site(site: Path) -> None:
    missing = [page for page in PAGES if not (site / page.relative_to(ROOT)).with_suffix(".html").is_file()]
    assert missing == []


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    n_pages = 0
    for page in site.rglob("*.html"):
        parser = Resources()
        parser.feed(page.read_text(encoding="utf-8"))
        assert [address for address in parser.found if re.match(r"(https?:)?//", address)] == [], page
        n_pages += bool(parser.found)
    assert n_pages > 80
    for sheet in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//|@import", sheet.read_text(encoding="utf-8")), sheet


def test_formulas_are_drawn_by_the_browser_itself(site: Path) -> None:
    model = (site / "docs" / "model.html").read_text(encoding="utf-8")
    assert model.count("<math") > 20
    assert "MathJax" not in model


def test_the_reference_of_python_has_every_public_name(site: Path) -> None:
    import mda_sim

    page = (site / "docs" / "api.html").read_text(encoding="utf-8")
    names = [name for name in mda_sim.__all__ if name != "__version__"]
    assert [name for name in names if f'id="mda_sim.{name}"' not in page] == []


def commands() -> Iterator[tuple[str, str]]:
    """Every command of the program in a block of a page, with the page's name."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in re.findall(r"^```(?:sh|bash|console)?\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
            for line in block.replace("\\\n", " ").splitlines():
                for part in re.split(r" && | \| ", line.strip().removeprefix("$ ")):
                    if part.startswith("mda-sim "):
                        yield page.name, part


COMMANDS = sorted(set(commands()))


def test_there_are_commands_of_most_verbs() -> None:
    told = {line.split()[1] for _, line in COMMANDS}
    assert set(main.commands) - told <= {"schema"}


@pytest.mark.parametrize(("page", "line"), COMMANDS)
def test_a_command_of_a_page_names_a_verb_and_its_options(page: str, line: str) -> None:
    words = shlex.split(line.replace("...", ""), comments=True)
    ends = [words.index(sign) for sign in (">", ">>") if sign in words]
    _, name, *arguments = words[: min(ends, default=len(words))]
    if name == "VERB":
        return
    if name.startswith("--"):
        return
    verb = main.commands[name]
    parser = verb.make_parser(click.Context(verb))
    options, rest, _ = parser.parse_args([word for word in arguments if word != "--help"])  # or NoSuchOption
    assert rest == []
    assert set(options) <= {option.name for option in verb.params}


@pytest.mark.parametrize("name", ["make_command_reference", "make_gallery"])
def test_a_page_that_is_made_is_what_its_script_makes(name: str) -> None:
    """If not: python docs/<name>.py."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    assert maker.page() == maker.PAGE.read_text(encoding="utf-8")


def test_the_gallery_has_a_small_map_of_every_scenario() -> None:
    names = {path.stem for path in (ROOT / "scenarios").glob("*.yaml")}
    maps = list((ROOT / "docs" / "images" / "gallery").glob("*.png"))
    assert {path.stem for path in maps} == names
    assert max(path.stat().st_size for path in maps) < 150_000
