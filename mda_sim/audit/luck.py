"""What in a sharing section is by chance in such a way that nothing can be told of it without the seed.

Where next: ``audit`` refuses to read such a section without the seed.
"""

from __future__ import annotations

from mda_sim.audit.moments import Tree
from mda_sim.audit.times import is_drawn


def decided_by_luck(sharing: Tree) -> list[str]:
    """Keys of events, failures and delays of links that are drawn."""
    found = [
        f"events.{name}"
        for name, event in sharing["events"].items()
        if event["begins"]["kind"] == "random" or (event["lasts"] is not None and is_drawn(event["lasts"]))
    ]
    for name, link in sharing["links"].items():
        if link["failures"] is not None:
            found.append(f"links.{name}.failures")
        if is_drawn(link["extra_delay"]):
            found.append(f"links.{name}.extra_delay")
    return found
