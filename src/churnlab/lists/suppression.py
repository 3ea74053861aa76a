"""Who may be contacted, how, and every reason why not: decided last, and closed where nothing is known.

    whole     objection deceased minor fraud staff test               not at all
    contact   channel_opt_out no_consent open_complaint               not so: each channel and purpose
              cooldown yearly_cap recent_purchase                     has an answer of its own

The first reason in this order is the one that a customer is counted under.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from churnlab.config.suppression import Suppression, plain
from churnlab.lists.answers import Answers, Asked, Words
from churnlab.lists.identities import Identities
from churnlab.lists.matching import NEVER, Flags, Index, Ints, coded, latest, numbers, one
from churnlab.tables.facts import Facts

Masks = NDArray[np.uint16]

WHOLE = ("objection", "deceased", "minor", "fraud", "staff", "test")
BY_CONTACT = (
    "channel_opt_out", "no_consent", "open_complaint", "cooldown", "yearly_cap", "recent_purchase"
)  # fmt: skip
REASONS = (*WHOLE, *BY_CONTACT)
BIT = {reason: np.uint16(1 << place) for place, reason in enumerate(REASONS)}


@dataclass(frozen=True)
class Contact:
    """A way to contact somebody, such as an action of a catalogue.

    ``cooldown_days``: since any contact, None: those of the plan. ``yearly_cap``: contacts by ``action``
    within a year, beside the plan's cap of all together. A ``service`` message is no marketing: it needs
    no consent, but stops where that was withdrawn or the channel was refused.
    """

    channel: str
    purpose: str
    kind: Literal["marketing", "service"] = "marketing"
    action: str | None = None
    cooldown_days: int | None = None
    yearly_cap: int | None = None


@dataclass(frozen=True, eq=False)
class Verdicts:
    """The reasons against each of n customers. ``whole``: (n,) bits of ``REASONS``, against any contact;
    ``closed``: (n, k) those against each contact. ``when``: reason -> (n,) its last instant, ``NEVER``
    where there is none; ``contacted``: (n,) contacts within a year.
    """

    contacts: tuple[Contact, ...]
    whole: Masks
    closed: Masks
    when: Mapping[str, Ints] = field(repr=False)
    contacted: Ints = field(repr=False)

    @property
    def allowed(self) -> Flags:
        """(n, k) who may be contacted how."""
        return np.asarray((self.whole[:, None] == 0) & (self.closed == 0))

    def reasons(self, candidates: Flags | None = None) -> Masks:
        """(n,) all reasons of who cannot be contacted at all, 0 of who can.

        ``candidates``: (n, k) the contacts that come into question for each; None: all. Who has none
        is not suppressed for that.
        """
        asked = np.ones(self.closed.shape, dtype=bool) if candidates is None else candidates
        stuck = asked.any(axis=1) & ~(asked & (self.closed == 0)).any(axis=1)
        against = np.bitwise_or.reduce(np.where(asked, self.closed, np.uint16(0)), axis=1, initial=0)
        return np.asarray(self.whole | np.where(stuck, against, 0), dtype=np.uint16)


class Permissions:
    """What ``facts`` and ``plan`` allow; made once, then asked about blocks of customers."""

    def __init__(self, facts: Facts, plan: Suppression) -> None:
        self.facts, self.plan = facts, plan
        self.same = Identities.of(facts.aliases)
        tables = {
            "objections": facts.objections,
            "consents": facts.consents,
            "marks": facts.marks,
            "complaints": facts.complaints,
            "contacts": facts.contacts,
            "purchases": facts.purchases,
        }
        given = {name: coded(table["customer_id"]) for name, table in tables.items() if table is not None}
        # Everybody whom any table speaks of, and in each table whose every row is.
        self._people, self._rows = _people(given, self.same)
        self._channels = Words.of(plan.channels, _given(facts.consents, "channel"))
        self._purposes = Words.of(plan.purposes, _given(facts.consents, "purpose"))
        self._answers = self._answered(*given["consents"]) if facts.consents is not None else None
        self._adults = None if facts.adults is None else _index(self.same.exact(one(facts.adults)))
        self._marks = self._marked()
        self._when = {
            "open_complaint": self._last("complaints", facts.complaints["time"]),
            "cooldown": self._last("contacts", facts.contacts["last"]),
            "recent_purchase": self._last("purchases", facts.purchases["time"]),
        }
        self._made: dict[Any, Any] = {}

    def verdicts(self, ids: Any, contacts: Sequence[Contact]) -> Verdicts:
        """The reasons against each of ``ids``, Arrow texts as in the lists, (n,)."""
        exact, person = self.same.exact(one(ids)), self._people.places(self.same.loose(one(ids)))
        channels = self._channels.with_asked(each.channel for each in contacts)
        purposes = self._purposes.with_asked(each.purpose for each in contacts)
        objected = self._objections(channels)
        when = {"objection": objected[None][person]}
        when |= {reason: last[person] for reason, last in self._when.items()}
        contacted = self._contacted(None)[person]
        closed = np.zeros((len(person), len(contacts)), dtype=np.uint16)
        agreeing = None if self._answers is None else self._answers.agreeing.places(exact)
        for place, contact in enumerate(contacts):
            asked = channels.asking(contact.channel), purposes.asking(contact.purpose)
            against = closed[:, place]
            if asked[0].word in objected:
                against[objected[asked[0].word][person] > NEVER] |= BIT["channel_opt_out"]
            against[self._without_consent(agreeing, person, contact, *asked)] |= BIT["no_consent"]
            self._tired(person, contact, when, contacted, against)
        whole = self._marks[person]
        whole[when["objection"] > NEVER] |= BIT["objection"]
        if self._adults is not None:
            # Who is old enough is known of the very id only.
            whole[self._adults.places(exact) < 0] |= BIT["minor"]
        return Verdicts(tuple(contacts), whole, closed, when, contacted)

    def any_contact(self) -> tuple[Contact, ...]:
        """The ways in which somebody has agreed to marketing: what is asked of where no action is known."""
        import pyarrow.compute as pc

        consents = self.facts.consents
        if consents is None:
            return (Contact("", ""),)
        agreed = consents.filter(pc.is_valid(consents["given"]))
        ways = agreed.group_by(["channel", "purpose"]).aggregate([]).to_pylist()
        pairs = sorted((str(way["channel"] or ""), str(way["purpose"] or "")) for way in ways)
        return tuple(Contact(*pair) for pair in pairs) or (Contact("", ""),)

    def refused(self) -> Any:
        """The ids of those who must be on no list whatever the contact, as their sources wrote them."""
        import pyarrow as pa
        import pyarrow.compute as pc

        objections = self.facts.objections
        everywhere = objections.filter(pc.is_null(objections["channel"]))["customer_id"]
        parts = [one(everywhere), one(self.facts.marks["customer_id"])]
        return pc.unique(pa.chunked_array(parts, pa.string()))

    def _answered(self, codes: Ints, ids: Any) -> Answers:
        exact, agreeing = coded(self.same.exact(ids))
        return Answers(
            self.facts.consents,
            Index.of(agreeing),
            exact[codes],
            self._rows["consents"],
            len(self._people),
        )

    def _last(self, table: str, times: Any, rows: Flags | None = None) -> Ints:
        """When something of ``table`` last happened to each person; ``rows``: which of its rows count."""
        return latest(len(self._people), self._rows[table], numbers(times), rows)

    def _objections(self, channels: Words) -> dict[str | None, Ints]:
        """Channel -> when each person last refused it; None: all of them.

        A refused channel that nobody else knows the word of counts for all.
        """
        if channels.used not in self._made:
            rows = self.facts.objections
            codes, names = channels.named(rows["channel"])
            known = channels.known(names)
            # Said on an unknown day, it was said all the same.
            times = one(rows["time"]).fill_null(NEVER + 1)
            found: dict[str | None, Ints] = {None: self._last("objections", times, ~known[codes])}
            for place in np.flatnonzero(known).tolist():
                found[plain(names[place])] = self._last("objections", times, codes == place)
            self._made[channels.used] = found
        objected: dict[str | None, Ints] = self._made[channels.used]
        return objected

    def _marked(self) -> Masks:
        """The reasons that the marks of each person give."""
        codes, reasons = coded(self.facts.marks["reason"])
        found = np.zeros(len(self._people) + 1, dtype=np.uint16)
        for number, reason in enumerate(reasons.to_pylist()):
            found[self._rows["marks"][codes == number]] |= BIT[reason]
        return found

    def _without_consent(
        self, agreeing: Ints | None, person: Ints, contact: Contact, channel: Asked, purpose: Asked
    ) -> Flags:
        """(n,) who has not agreed, or no longer does: with nothing known, nobody has agreed."""
        needed = contact.kind == "marketing" and "consents" in self.plan.required
        if self._answers is None or agreeing is None:
            return np.full(len(person), needed)
        given, withdrawn = self._answers.last(channel, purpose)
        refused = withdrawn[person]
        latest_is_no = given[agreeing] <= refused  # at the same instant no wins
        return np.asarray(latest_is_no if needed else latest_is_no & (refused > NEVER))

    def _tired(
        self, person: Ints, contact: Contact, when: Mapping[str, Ints], contacted: Ints, against: Masks
    ) -> None:
        """The reasons that pass with time, into (n,) ``against``; a service heeds its own limits alone."""
        marketing = contact.kind == "marketing"
        days = contact.cooldown_days
        if days is None and marketing:
            days = self.plan.cooldown_days
        often = (contacted >= self.plan.yearly_cap) & marketing
        if contact.yearly_cap is not None:
            often |= self._contacted(contact.action)[person] >= contact.yearly_cap
        if days is not None:
            against[when["cooldown"] >= self.facts.since(days)] |= BIT["cooldown"]
        against[often] |= BIT["yearly_cap"]
        if marketing:
            against[when["open_complaint"] > NEVER] |= BIT["open_complaint"]
            against[when["recent_purchase"] > NEVER] |= BIT["recent_purchase"]

    def _contacted(self, action: str | None) -> Ints:
        """Contacts of each person within a year: by ``action``, or by one that nobody knows; None: all."""
        import pyarrow.compute as pc

        key = ("contacted", action)
        if key not in self._made:
            rows = self.facts.contacts
            if action is not None:
                rows = rows.filter(pc.or_kleene(pc.is_null(rows["action"]), pc.equal(rows["action"], action)))
            place = self._people.places(self.same.loose(one(rows["customer_id"])))
            self._made[key] = np.zeros(len(self._people) + 1, dtype=np.int64)
            np.add.at(self._made[key], place, numbers(rows["in_year"], 0))
        return np.asarray(self._made[key])


def _people(given: Mapping[str, tuple[Ints, Any]], same: Identities) -> tuple[Index, dict[str, Ints]]:
    """Everybody of all tables, and table -> (m,) whose each row is. ``given``: codes and ids of each."""
    import pyarrow as pa

    parts = [same.loose(ids) for _, ids in given.values()]
    codes, people = coded(pa.chunked_array(parts, pa.string()))
    ends = np.cumsum([0, *(len(part) for part in parts)])
    starts = dict(zip(given, ends, strict=False))
    return Index.of(people), {name: codes[starts[name] + rows] for name, (rows, _) in given.items()}


def _index(texts: Any) -> Index:
    import pyarrow.compute as pc

    return Index.of(pc.unique(texts))


def _given(consents: Any | None, column: str) -> list[str]:
    """The words that somebody has agreed in."""
    import pyarrow.compute as pc

    if consents is None:
        return []
    agreed = consents.filter(pc.is_valid(consents["given"]))
    return [str(word) for word in pc.unique(agreed[column]).to_pylist()]
