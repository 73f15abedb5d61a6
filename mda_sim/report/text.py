"""External text, made harmless at the sink where it is shown.

Names, ids and descriptions come from a scenario file, so they may hold anything: terminal escapes, line
breaks, text-direction overrides, dollar signs, console markup. ``plain`` strips what no sink may show; each
sink adds its own rule: figures turn mathtext off (``report.style``) and draw only glyphs that the font has,
the terminal gets ``rich.text.Text``, which reads no markup, Markdown and CSV files what their readers would
take for markup or formulas marked as text.

Where next: ``maps``, ``charts``, ``tables``, ``answer`` and ``sheets`` pass every external string through.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Set
from functools import lru_cache

_SPACES = frozenset({"Zs", "Zl", "Zp"})
_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def plain(text: str, limit: int = 200) -> str:
    r"""One line of printable text: control, format and unassigned characters removed, at most ``limit``.

    >>> plain("Palawan\x1b[31m\n radar")
    'Palawan[31m radar'
    """
    shown: list[str] = []
    for character in text:
        category = unicodedata.category(character)
        if category in _SPACES or character in "\n\t\r":
            shown.append(" ")
        elif category not in _UNSHOWN:
            shown.append(character)
    line = " ".join("".join(shown).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def for_terminal(text: str) -> str:
    r"""Text of several lines without controls; spaces are kept, so that carets stay in their place.

    >>> for_terminal("a:1  bad\x1b[2J\n    ^")
    'a:1  bad[2J\n    ^'
    """
    return "\n".join(
        "".join(
            " " if unicodedata.category(c) in _SPACES or c == "\t" else c
            for c in line
            if c == "\t" or unicodedata.category(c) not in _UNSHOWN
        )
        for line in text.split("\n")
    )


def for_markdown(text: str, limit: int = 200) -> str:
    r"""``plain`` text with everything that Markdown, or HTML in it, would read as markup marked as text.

    >>> for_markdown("a_b *c* <script> x|y _z_")
    'a_b \\*c\\* \\<script\\> x\\|y \\_z\\_'
    """
    marked = re.sub(r"([\\`*\[\]<>|&$~#])", r"\\\1", plain(text, limit))
    return re.sub(r"(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])", r"\\_", marked)


@lru_cache(maxsize=4096)
def for_csv(text: str, limit: int = 200) -> str:
    """``plain`` text, preceded by a single quote where a spreadsheet would take it for a formula.

    >>> for_csv("=cmd()"), for_csv("Luzon")
    ("'=cmd()", 'Luzon')
    """
    line = plain(text, limit)
    return f"'{line}" if line.startswith(("=", "+", "-", "@")) else line


def for_figure(text: str, limit: int = 200) -> str:
    """``plain`` text in which characters that the figure font lacks are replaced by '?'."""
    known = _glyphs()
    return "".join(c if ord(c) in known else "?" for c in plain(text, limit))


@lru_cache(maxsize=1)
def _glyphs() -> Set[int]:
    """Code points that the font of the figures can draw."""
    from matplotlib.font_manager import FontProperties, findfont
    from matplotlib.ft2font import FT2Font

    from mda_sim.report.style import FONT

    return frozenset(FT2Font(findfont(FontProperties(family=FONT))).get_charmap())
