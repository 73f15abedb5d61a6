"""Decisions by chance, drawn again from their addresses.

Model: one uniform U for each decision, at the address (link, category, what is decided about, window) under
the key of (seed, purpose); it is so if U < probability. Without the seed what was booked is taken, where
both answers are possible.

Source: the addresses are fixed in docs/rules-of-sharing.md. Where next: ``clocks`` asks.
"""

from __future__ import annotations

from mda_sim.core.rng import address, draw_uniform, stream_key


def is_so(
    probability: float, seed: int | None, purpose: str, link: str, category: str, window: int, *, booked: bool
) -> bool:
    """Whether a decision about one case falls positively; ``booked`` is what the books say."""
    if probability in (0.0, 1.0):
        return probability == 1.0
    if seed is None:
        return booked
    u = draw_uniform(stream_key(seed, purpose), address(link), address(category), 0, window)
    return bool(u[0] < probability)
