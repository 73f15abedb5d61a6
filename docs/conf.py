"""How the documentation becomes a site: ``make site`` writes it to ``build/site``.

Nothing is fetched to build or to read it. The source folder is the repository, so that pages may point at
results, scenarios and notebooks where they are; ``include_patterns`` says what becomes a page, and links to
other files of the repository become downloads.
"""

from __future__ import annotations

from importlib.metadata import version as version_of
from typing import TYPE_CHECKING

from docutils.utils.math.latex2mathml import tex2mathml

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

project = "mda_sim"
author = "The mda_sim developers"
project_copyright = "the mda_sim developers; MIT licence"
release = version_of("mda-sim")

extensions = ["myst_nb", "sphinx.ext.autodoc"]
include_patterns = [
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
    "benchmarks/results.md",
    "docs/**.md",
    "notebooks/*.ipynb",
    "notebooks/README.md",
    "validation/*.md",
]
root_doc = "docs/index"

# Notebooks are shown as they are stored: the tests run them.
nb_execution_mode = "off"
myst_heading_anchors = 4
myst_enable_extensions = ["dollarmath"]
suppress_warnings = ["myst.header"]  # pages of results begin below the first level where a block is theirs

default_role = "literal"
smartquotes = False  # they would turn -- of options into dashes
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = "mda_sim"
html_math_renderer = "mathml"
html_copy_source = False
html_show_sphinx = False
html_additional_pages = {"index": "to_index.html"}
html_static_path = ["static"]
html_css_files = ["site.css"]
templates_path = ["templates"]


def setup(app: Sphinx) -> None:
    """Write formulas as MathML, which browsers draw by themselves: the usual renderers fetch a script."""
    app.add_html_math_renderer("mathml", (inline_formula, None), (block_formula, None))


def inline_formula(writer: HTML5Translator, node: nodes.math) -> None:
    """Write a formula in a line of text."""
    writer.body.append(tex2mathml(node.astext()))
    raise_skip()


def block_formula(writer: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on lines of its own."""
    writer.body.append(f'<div class="math">{tex2mathml(node.astext(), as_block=True)}</div>')
    raise_skip()


def raise_skip() -> None:
    """Tell the writer that the node is done."""
    from docutils.nodes import SkipNode

    raise SkipNode
