"""Make each executed notebook from its text source.

    make notebooks

Reads ``*.py`` beside this file (jupytext percent format), runs it from the root of the repository and writes
the ``.ipynb`` of the same name. Cell ids are numbers in order and no times are recorded, so that a notebook
which says the same is the same file.
"""

from __future__ import annotations

from pathlib import Path

import jupytext
from nbclient import NotebookClient
from nbformat import NotebookNode

FOLDER = Path(__file__).resolve().parent
TIMEOUT_S = 300
"""Longest time that one cell may take [s]."""


def main() -> None:
    """Refresh every notebook of this folder."""
    for source in sources(FOLDER):
        notebook = executed(source, FOLDER.parent)
        jupytext.write(notebook, source.with_suffix(".ipynb"), fmt="ipynb")
        print(f"{source.stem}: {len(notebook.cells)} cells")


def sources(folder: Path) -> list[Path]:
    """Text sources of notebooks in ``folder``: those whose names begin with a number."""
    return sorted(folder.glob("[0-9]*.py"))


def executed(source: Path, working_folder: Path) -> NotebookNode:
    """The notebook of a text source with its outputs; CellExecutionError if a cell fails."""
    notebook = jupytext.read(source)
    for number, cell in enumerate(notebook.cells, start=1):
        cell["id"] = f"cell-{number:02}"
    resources = {"metadata": {"path": str(working_folder)}}
    client = NotebookClient(
        notebook, kernel_name="python3", timeout=TIMEOUT_S, record_timing=False, resources=resources
    )
    client.execute()
    notebook.metadata["language_info"].pop("version")
    return notebook


if __name__ == "__main__":
    main()
