"""The exchange: what becomes of every report under one sharing configuration.

``share`` runs the engine over a detection log and gives the delivery log. The exact meaning of its
rows:

**Events.** First the section's ``events`` are written into it as dates (``sharing.events``), for this seed.
All that follows is about the section without events.

**Parts.** Contacts of one report that pass the same filters and lie in the same areas are one part.
``share_class`` has bit i set if they pass the filter of every link in ``parts.meta["filters"][i]``, a sorted
list of the links that share one filter and their ``categories`` word for word (entries in the order of their
first link). The bits after those of filters are areas: ``parts.meta["areas"][j]`` lists the agreements and
consents, as ``agreements.<id>`` and ``consents.<id>``, sorted, that have one area word for word and the same
``categories`` (entries in the order of their first name); bit len(filters) + j is set if the contact is in
that area. A filter or area sets no bit for reports of a category that it does not cover, or of sensors that
feed no node. A probe is asked as what it is: a 50 m vessel, say, that does not broadcast. A false contact is
in no area. Parts are numbered by report, then share class; all that follows is about parts.

**Copies.** How a node holds a part: with which label, as which level, how coarse (``coarsened_m``), with its
source stripped or not, received under which agreement (none if it never crossed a border, else that of its
last border), with which consents, each until when, and until when it may be held at all. At one node, copy A
beats copy B of the same part if A is coarsened no more than B; A's source is not stripped, or B's is too;
both are held as the same level, and an agreement would map the same word (see Levels); A has no originator
that B lacks; A's label has no caveat that B's lacks, names in ``rel_to`` all that B's names, is for anyone if
B's is (UNCLASSIFIED, without ``rel_to`` or NOFORN), and has the same purpose; both were received under the
same agreement; A has every consent that B has, known by its recipient, at least as long; and the next purge
of A (see Holding) comes no earlier than that of B. A node keeps a copy that comes to it unless one that it
kept before beats it (``is_kept``), destroyed or not. Copies come in order of t_received_us, then link id,
category, window, the case before its requests, consent; and within one such piece in the order in which they
were offered.

**Levels.** At home a copy counts as its label's ``classification``. When it crosses a border under an
agreement it is marked again: the recipient holds it as the level to which that agreement maps it, and that
level is asked about from then on, at further borders too. An agreement maps a copy that is still held as its
label says by the originator's table in ``equivalence``, if it has one: the label's ``national_word`` (or,
without one, its classification) must be in the table, but the word UNCLASSIFIED always is UNCLASSIFIED; a
word that is not in it fails ``ceiling``. Without a table for the originator the words of the ladder map to
themselves, and all others fail. A copy that was marked again before, or whose label is a
combination, is mapped as its level by the sender's table, likewise, where the level itself is the word;
also where sanitising has given it another label since.

**Combination.** ``fused_with`` of a link replaces the label of what leaves by the combination of it and the
labels named there: the highest level, the union of caveats and of originators (those of the label named
besides, and of all labels combined), the intersection of ``rel_to``, where a label for anyone counts as all;
a label with NOFORN as none; and the purpose, which must be one (a label without a purpose takes that of the
others). A combination has no ``national_word``; of one label alone it is that label. The copy is held as the
highest of its level and the classifications of the labels named. Its id is the ids of all labels in it,
sorted, joined by ``+``. Refused, before the run, are two purposes, and an UNCLASSIFIED combination without
NOFORN of labels that name recipients but none in common. The originators of a copy are its sensor's operator
and its label's ``originators``. Where fusing adds an originator, the product carries none of the consents
that came with the copy.

**Offers.** A part comes to its feed's node at ``t_ready_us`` plus the feed's delay (if that is past the end
of the run, it never comes), with the feed's label and coarsened by 0. Each copy that a node keeps is offered
once to every link that leaves the node, except a link that does not carry its category, a link to another
nation that is its originator (the sensor's operator, who has it), and a link to a node at which this copy has
been (the nodes along ``source``). Each offer is one row of ``hops``; ``copy`` counts the offers of a part to
a link from 0 in order of time.

**Filter.** Where the contacts of the part do not pass the link's filter, the row is NOT_SENT: no gate is
asked, no later stage met, nothing sanitised.

**Sanitise, fuse.** A link's ``sanitise`` is applied to a copy if every originator is the sender's nation or
among ``delegated_by``, and either no label is named or the copy's level is above that label (an unknown word
counts as above), even if that changes nothing. The copy then has the named label, if any, at that label's
level, ``coarsened_m`` = max(what it was, coarsen_m), and its source stripped if it was or ``strip_source``
says so. A label that is named keeps the originators of the one that it replaces, for the gates. After that
``fused_with`` is applied. Gates are asked about that copy, and the next node gets it.

**Gates.** Between nations one agreement that names sender and recipient must pass: ``in_force`` (dates, end
by notice, suspensions for all or for either of the two), ``scope`` (category; area: the part is in it;
purpose: the label's is among the agreement's, if it names any), ``ceiling`` (the level as the agreement maps
it is no higher than the recipient's entry in ``ceilings``, or else ``ceiling``). ``accreditation`` asks about
the level as mapped by the agreement that passed, or else as held. ``release`` asks for every originator other
than sender and recipient, and is allowed as a whole if each allows it: by a name in ``rel_to`` or what comes
with ``free``, by a consent that came with the copy, by a standing consent that holds (its area, if any, holds
the part), or, for one originator at most, by one on request, the first in id order. A second originator who
would have to be asked: refused. What comes with ``free`` is asked for each originator by itself; the other
words of the onward rule hold for the whole copy, and what the nation of the sensor adds to its own reports
(further originators of a label) counts as received ``with_consent``. NOFORN fails for every recipient but one
who is the only originator. ``consent`` names the one on request, if one is asked, else the first standing one
in id order. A copy that must be destroyed by now fails ``release``.

**Arrival.** All gates are asked at ``t_arrived_us``; if any fails the row is WITHHELD with those ``gates``.

**Case.** The rest of one link and category that arrives in the window [k w, (k+1) w) is case k, closed at
``t_case_us`` = (k+1) w; a sanitised copy counts as arriving to_us(sanitise.delay_s) later than it did. On a
link without a desk ``case`` is -1 and review and release happen at that moment. A window that ends past the
run leaves its case IN_FLIGHT.

**Willingness.** Permission does not oblige: a case is sent on with the probability ``willingness`` of its
link, drawn when it closes (purpose ``share.willing``, address link, category, 0, u), before the desk sees it,
where u is the number of its decision unit (``sharing.decisions``): k, or floor(k w / length of the unit), of
``willing_per``. An unwilling case is NOT_SENT and meets no later stage. With willingness 1 nothing is drawn.

**Desk.** A desk takes up the next of what waits by its ``discipline``: ``fifo`` by the time at which it came;
``priority`` by the link's ``priority``, then that time; ``newest_first`` by that time, the last first. What
came at one microsecond comes in the order: cases before requests; priority; link id, category, window,
consent; also under ``newest_first``. It is open by its calendar, less holidays, ``closed_on`` and
``closures``; it has ``servers``, or the number of the last ``surges`` entry listed that holds. A review
begins at ``t_review_us``, the first open moment at which fewer reviews than servers are under way, takes the
touch time in working time (``t_reviewed_us``; a server counts as busy until then, through closed hours too,
and finishes its review when their number falls), and is followed by the elapsed delay, and then, where the
desk has a ``batch``, by the wait for the next tick (``t_released_us``). What would be taken up later than
``expiry_s`` after it came is passed over when its turn comes: EXPIRED if that limit lies within the run. All
choices of a desk at one microsecond are made after everything that comes then has come.

**Release.** The legal gates and the release gate are asked again at ``t_released_us``; rows that fail are
WITHHELD with ``gates_at_release``. ``agreement`` is the one that passed when the legal gates were last asked,
``consent`` the one on which the release gate rested when it was last asked, be it that the copy must be
destroyed besides. What rests on none, or on a standing one, goes on at once: ``t_asked_us`` =
``t_decided_us`` = ``t_consented_us`` = ``t_released_us``.

**Consent.** The rows of a case that rest on one consent on request are one request, handed at ``t_asked_us``
= ``t_released_us`` to the originator's desk, where it queues with cases (as if it had the priority of its
link) and expires as they do. Its review ends at ``t_decided_us`` (touch time of that desk, address link,
category, consent, k), the answer is back at ``t_consented_us`` (delay ``answer``, purpose
``share.consent.answer``, in that desk's elapsed clock; no batch). Without a desk ``t_decided_us`` =
``t_asked_us``. Then the legal gates are asked a third time, and whether the copy must be destroyed; if the
answer is no (purpose ``share.consent``, address link, category, consent, the unit of ``decided_per``),
RELEASE fails too. A copy sent abroad by consents carries them: the recipient's nation needs no other for that
copy, until the first of them ends (a standing one at the first moment from its last asking on at which it
does not hold; one on request ``validity_s`` after the answer, or at the first moment from the answer on at
which it is withdrawn).

**Link.** First in, first out by (t_consented_us, cases before requests, category, window, consent). What
passes of a case, and of each request, leaves as one piece: ``t_sent_us`` = max(t_consented_us, end of the
piece before), ``t_transmitted_us`` = that plus to_us(8 bytes / bandwidth_bps), ``t_received_us`` = that plus
to_us(delay_s) plus the ``extra_delay`` (purpose ``share.link.delay``, address link, category, consent, k). On
a link with a digest, the first tick from t_consented_us on takes the place of t_consented_us; with a pull,
that tick plus to_us(delay_s), for the recipient's asking; ``subscribe`` is as ``push``. Where [t_sent_us,
t_transmitted_us) or its first moment would meet an outage, t_sent_us is moved to the end of that outage, and
so on. Outages are the dated ones, all time outside ``contact_windows``, and those of ``failures``: up and
down in turn, with exponential times, purpose ``share.link.failure``, address (link, 0, 0, n): n = 0 tells
whether it is up at 0 (U < up / (up + down)), n = 1, 2, ... give -mean ln U of the stretches in their order,
each rounded to whole microseconds. A piece that finds ``queue_limit`` others that came before it and were not
yet being sent (t_sent_us later than t_consented_us of the new one; ghosts not counted) is LOST, and takes no
line: it meets no later stage. A piece is LOST on the way with ``loss_probability`` (purpose
``share.link.loss``, address link, category, consent, k), once its transmission has ended within the run;
t_received_us is then NEVER_US. A part with vessels has ``HEADER_BYTES`` plus its contacts of vessels and
false ones times the sensor's ``contact_bytes``, rounded.

**Receipt.** Where the piece crossed a border, the legal gates are asked once more at the moment of receipt:
what is in flight when its agreement is suspended or ends is WITHHELD, with ``gates_at_release``, and its
t_received_us is NEVER_US.

**Holding.** A copy received under an agreement is destroyed at ``t_purged_us``: ``retention_s`` after its
receipt across that border, or, where ``on_suspension`` is ``purge``, at the next moment from the receipt on
at which the agreement ceases to be in force between the nation of the holder and the nation that gave it (the
next purge); whichever is first. A copy that moves on inside the nation is destroyed when the one that it came
from is. Own copies never are. Rows that were not delivered have NEVER_US.

**Ghosts.** A part without a vessel or false contact (probes only) has no bytes. A case or request of such
parts alone is a ghost: it waits for desk and link as a case in its place would, with its own draws, and
occupies neither.

**End.** Whatever lies past the end of the run is NEVER_US; a row that was neither withheld, nor left unsent,
nor expired, nor lost, nor received by then is IN_FLIGHT.

**Outcomes.** For part and nation, let H be the nodes that held a copy of the part (destroyed or not) by the
end of the run. If the picture node is in H: DELIVERED, by the first hop that was kept there. Else the
frontier is every link from H to outside H over which the part could still come to the picture node through
links that carry its category (and do not lead abroad to its originator) and nodes outside H; the best outcome
of the hops on it counts, and the ``gates`` (arrival or release) of the first such hop in order of link id and
copy. An empty frontier is NO_ROUTE, with the gates as if a link led straight from the feed's node to the
picture node, asked when the part came to the feed's node. A part that never came to its feed's node is
IN_FLIGHT where there is a route.

**Groups.** A group changes no hop: links and desks work as they would without it. If the picture node is in a
group with the part's feed node, the outcome is DELIVERED at ``t_ready_us`` over 0 links, or IN_FLIGHT if that
is past the end; ``gates`` is 0. What a node holds by a group alone is not offered to its links.
"""

from mda_sim.sharing.exchange.load import Load, offered_load
from mda_sim.sharing.exchange.run import EngineStats, share, share_with_stats

__all__ = ["EngineStats", "Load", "offered_load", "share", "share_with_stats"]
