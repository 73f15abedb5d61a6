"""How often Python looks for circles of objects that nobody else holds.

It does so after every 700 objects more (Python 3.11), and now and then goes through all that there are. A run
holds a million rows of scores and next to no circles, so that looking so often frees nothing and takes a
twentieth of its time (1.3 of 27 s for a seed of ``six_arrangements.yaml``; 0.3 with ``SELDOM``). What is in
no circle is freed at once all the same.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

SELDOM: Final = 50_000
"""Objects more, from one look at the youngest to the next."""


def collect_seldom() -> None:
    """Look seldom from now on: for a process of our own."""
    gc.set_threshold(SELDOM, *gc.get_threshold()[1:])


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Look seldom while the block runs, then as before: for a process of somebody else's."""
    before = gc.get_threshold()
    collect_seldom()
    try:
        yield
    finally:
        gc.set_threshold(*before)
