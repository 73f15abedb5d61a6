"""The page: one HTML file of a run, to be read by people who run no Python.

``content`` says what it is made from; ``lead``, ``tables``, ``map_plot``, ``plots``, ``cells`` and ``moves``
make its parts; ``assembly`` puts them into ``page.html``, with ``page.css``, ``page.js`` and BokehJS inside.
Where next: ``study.run`` writes it beside ``answer.md``.
"""
