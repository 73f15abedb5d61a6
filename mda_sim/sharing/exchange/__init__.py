"""The exchange: what becomes of every report under one sharing configuration.

``share`` runs the SimPy engine over a detection log and gives the delivery log. The exact meaning of its
rows:

**Offers.** A report with at least one contact comes to its feed's node at ``t_ready_us`` plus the feed's
delay (if that is past the end of the run, it never comes). Each report that newly comes to a node is
offered once to every link that leaves the node, except a link that does not carry its category, a link to
another nation that is its originator (which has it), and a link to the node it has just come from. Each
offer is one row of ``hops``. A report that comes to a node again is delivered with ``is_new`` 0 and is not
offered again.

**Arrival.** All gates are asked at ``t_arrived_us``; if any fails the row is WITHHELD with those ``gates``.

**Case.** The rest of one link and category that arrives in the window [k w, (k+1) w) is case k, closed at
``t_case_us`` = (k+1) w. On a link without a desk ``case`` is -1 and review and release happen at that moment.
A window that ends past the run leaves its case IN_FLIGHT.

**Willingness.** Permission does not oblige: a case is sent on with the probability ``willingness`` of its
link, drawn when it closes (purpose ``share.willing``, address link, category, 0, k), before the desk sees
it. An unwilling case is NOT_SENT and meets no later stage. With willingness 1 nothing is drawn.

**Desk.** First in, first out by (t_case_us, link id, category). The review begins at ``t_review_us``, the
first open moment at which a server is free, takes the touch time in working time (``t_reviewed_us``), and
is followed by the elapsed delay (``t_released_us``). A case whose review would begin later than
``expiry_s`` after closing is passed over when its turn comes: EXPIRED if that limit lies within the run.

**Release.** The legal gates and the release gate are asked again at ``t_released_us``; rows that fail are
WITHHELD with ``gates_at_release``. ``agreement`` is the one that passed when the legal gates were last asked,
``consent`` the one on which the release gate rested when it was last asked. What rests on none, or on a
standing one, goes on at once: ``t_asked_us`` = ``t_decided_us`` = ``t_consented_us`` = ``t_released_us``.

**Consent.** The rows of a case that rest on one consent on request are one request, handed at
``t_asked_us`` = ``t_released_us`` to the originator's desk, where it queues with cases by time (after those
that close at that microsecond, then by link id, category, window, consent) and expires as they do. Its review
ends at ``t_decided_us`` (touch time of that desk, address link, category, consent, k), the answer is back at
``t_consented_us`` (delay ``answer``, purpose ``share.consent.answer``, in that desk's elapsed clock). Without
a desk ``t_decided_us`` = ``t_asked_us``. Then the legal gates are asked a third time; if the answer is no
(purpose ``share.consent``), RELEASE fails too. A copy sent abroad by a consent carries it: the recipient's
nation needs no other for that copy, until the standing consent ends or ``validity_s`` after the answer.

**Link.** First in, first out by (t_consented_us, cases before requests, category, window, consent). What
passes of a case, and of each request, leaves as one piece: ``t_sent_us`` = max(t_consented_us, end of the
piece before), ``t_transmitted_us`` = that plus to_us(8 bytes / bandwidth_bps), ``t_received_us`` = that plus
to_us(delay_s). On a link with a digest, the first tick from t_consented_us on takes the place of
t_consented_us; with a pull, that tick plus to_us(delay_s), for the recipient's asking. Where [t_sent_us,
t_transmitted_us) or its first moment would meet an outage, t_sent_us is moved to the end of that outage, and
so on. A report with vessels has ``HEADER_BYTES`` plus its contacts of vessels times the sensor's
``contact_bytes``, rounded.

**Ghosts.** A report without a vessel (probes only) has no bytes. A case or request of such reports alone is a
ghost: it waits for desk and link as a case in its place would, with its own draws, and occupies neither.

**End.** Whatever lies past the end of the run is NEVER_US; a row that was neither withheld, nor
left unsent, nor expired, nor received by then is IN_FLIGHT.

**Outcomes.** For report and nation, let H be the nodes that hold the report at the end of the run. If the
picture node is in H: DELIVERED, by the hop that was new there. Else the frontier is every link from H to
outside H over which the report could still come to the picture node through links that would be offered it
and nodes outside H; the best outcome of its hops counts, and the ``gates`` (arrival or release) of the
first such link in id order. An empty frontier is NO_ROUTE, with the gates as if a link led straight from
the feed's node to the picture node, asked when the report came to the feed's node. A report that never came
to its feed's node is IN_FLIGHT where there is a route.

**Groups.** A group changes no hop: links and desks work as they would without it. If the picture node is in a
group with the report's feed node, the outcome is DELIVERED at ``t_ready_us`` over 0 links, or IN_FLIGHT if
that is past the end; ``gates`` is 0. What a node holds by a group alone is not offered to its links.
"""

from mda_sim.sharing.exchange.load import Load, offered_load
from mda_sim.sharing.exchange.run import EngineStats, share, share_with_stats

__all__ = ["EngineStats", "Load", "offered_load", "share", "share_with_stats"]
