"""The exchange: what becomes of every report under one sharing configuration.

``share`` runs the SimPy engine over a detection log and gives the delivery log. The exact meaning of its
rows:

**Parts.** Contacts of one report that pass the same filters are one part; ``share_class`` has bit i set if
they pass the filter of every link in ``parts.meta["filters"][i]``, a sorted list of the links that share
one filter and their ``categories`` word for word (entries in the order of their first link). A link's
filter sets no bit for reports of a category that the link does not carry, or of sensors that feed no node.
A probe is asked as what it is: a 50 m vessel, say, that does not broadcast. Parts are numbered by report,
then share class; all that follows is about parts.

**Copies.** How a node holds a part: with which label, how coarse (``coarsened_m``), received under which
agreement (none if it never crossed a border, else that of its last border), and with which consents, each
until when. At one node, copy A beats copy B of the same part if A is coarsened no more than B; A's label is
as free as B's (classification no higher, no caveat that B's lacks, releasable to all that B's is, where an
UNCLASSIFIED label with empty ``rel_to`` is releasable to anyone); both were received under the same
agreement; and A has every consent that B has, known by its recipient, at least as long. A node keeps a copy
that comes to it unless one that it has beats it (``is_kept``). Copies come in order of t_received_us, then
link id, category, window, the case before its requests, consent; and within one such piece in the order in
which they were offered.

**Offers.** A part comes to its feed's node at ``t_ready_us`` plus the feed's delay (if that is past the end
of the run, it never comes), with the feed's label and coarsened by 0. Each copy that a node keeps is
offered once to every link that leaves the node, except a link that does not carry its category, a link to
another nation that is its originator (which has it), and a link to a node at which this copy has been (the
nodes along ``source``). Each offer is one row of ``hops``; ``copy`` counts the offers of a part to a link
from 0 in order of time.

**Filter.** Where the contacts of the part do not pass the link's filter, the row is NOT_SENT: no gate is
asked, no later stage met, nothing sanitised.

**Sanitise.** A link's ``sanitise`` is applied to a copy if the originator is the sender's nation or among
``delegated_by``, and either no label is named or the copy is classified above that label (an unknown word
counts as above), even if that changes nothing. The copy then has the named label, if any, and
``coarsened_m`` = max(what it was, coarsen_m); gates are asked about that copy, and the next node gets it.

**Arrival.** All gates are asked at ``t_arrived_us``; if any fails the row is WITHHELD with those ``gates``.

**Case.** The rest of one link and category that arrives in the window [k w, (k+1) w) is case k, closed at
``t_case_us`` = (k+1) w; a sanitised copy counts as arriving to_us(sanitise.delay_s) later than it did. On a
link without a desk ``case`` is -1 and review and release happen at that moment. A window that ends past the
run leaves its case IN_FLIGHT.

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
so on. A part with vessels has ``HEADER_BYTES`` plus its contacts of vessels times the sensor's
``contact_bytes``, rounded.

**Ghosts.** A part without a vessel (probes only) has no bytes. A case or request of such parts alone is a
ghost: it waits for desk and link as a case in its place would, with its own draws, and occupies neither.

**End.** Whatever lies past the end of the run is NEVER_US; a row that was neither withheld, nor
left unsent, nor expired, nor received by then is IN_FLIGHT.

**Outcomes.** For part and nation, let H be the nodes that hold a copy of the part at the end of the run. If
the picture node is in H: DELIVERED, by the first hop that was kept there. Else the frontier is every link
from H to outside H over which the part could still come to the picture node through links that carry its
category (and do not lead abroad to its originator) and nodes outside H; the best outcome of the hops on it
counts, and the ``gates`` (arrival or release) of the first such hop in order of link id and copy. An empty
frontier is NO_ROUTE, with the gates as if a link led straight from the feed's node to the picture node,
asked when the part came to the feed's node. A part that never came to its feed's node is IN_FLIGHT where
there is a route.

**Groups.** A group changes no hop: links and desks work as they would without it. If the picture node is in a
group with the part's feed node, the outcome is DELIVERED at ``t_ready_us`` over 0 links, or IN_FLIGHT if
that is past the end; ``gates`` is 0. What a node holds by a group alone is not offered to its links.
"""

from mda_sim.sharing.exchange.load import Load, offered_load
from mda_sim.sharing.exchange.run import EngineStats, share, share_with_stats

__all__ = ["EngineStats", "Load", "offered_load", "share", "share_with_stats"]
