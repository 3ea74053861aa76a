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
from churnlab.lists.matching import NEVER, Flags, Ints, coded, flags, latest, numbers, one, places
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


@dataclass(frozen=True, eq=False)
class _Block:
    """Customers who are asked about: ``codes``: (n,) the person of each, ``loose``: (u,) their keys for a
    no, ``exact``: (n,) their keys for a yes; ``reached``: (m,) the person of each row of contacts.
    """

    codes: Ints
    loose: Any
    exact: Any
    reached: Ints


class Permissions:
    """What ``facts`` and ``plan`` allow; made once, then asked about blocks of customers."""

    def __init__(self, facts: Facts, plan: Suppression) -> None:
        self.facts, self.plan = facts, plan
        self.same = Identities.of(facts.aliases)
        tables = (facts.objections, facts.marks, facts.complaints, facts.contacts, facts.purchases)
        named = ("objections", "marks", "complaints", "contacts", "purchases")
        self._keys = {
            name: self.same.loose(one(table["customer_id"]))
            for name, table in zip(named, tables, strict=True)
        }
        self._channels = Words.of(plan.channels, _given(facts.consents, "channel"))
        self._purposes = Words.of(plan.purposes, _given(facts.consents, "purpose"))
        self._answers = None if facts.consents is None else Answers.of(facts.consents, self.same)

    def verdicts(self, ids: Any, contacts: Sequence[Contact]) -> Verdicts:
        """The reasons against each of ``ids``, Arrow texts as in the lists, (n,)."""
        codes, loose = coded(self.same.loose(one(ids)))
        block = _Block(codes, loose, self.same.exact(one(ids)), places(self._keys["contacts"], loose))
        channels = self._channels.with_asked(each.channel for each in contacts)
        purposes = self._purposes.with_asked(each.purpose for each in contacts)
        objected = self._objections(block, channels)
        when = {
            "objection": objected[None],
            "open_complaint": self._last(block, "complaints", self.facts.complaints["time"]),
            "cooldown": self._last(block, "contacts", self.facts.contacts["last"]),
            "recent_purchase": self._last(block, "purchases", self.facts.purchases["time"]),
        }
        contacted = self._contacted(block, None)
        closed = np.zeros((len(codes), len(contacts)), dtype=np.uint16)
        for place, contact in enumerate(contacts):
            asked = channels.asking(contact.channel), purposes.asking(contact.purpose)
            against = closed[:, place]
            against[objected.get(asked[0].word, _nobody(block)) > NEVER] |= BIT["channel_opt_out"]
            against[self._without_consent(block, contact, *asked)] |= BIT["no_consent"]
            if contact.kind == "marketing":
                self._tired(block, contact, when, contacted, against)
        whole = self._whole(block)
        whole[when["objection"] > NEVER] |= BIT["objection"]
        return Verdicts(tuple(contacts), whole, closed, when, contacted)

    def refused(self) -> Any:
        """The ids of those who must be on no list whatever the contact, as their sources wrote them."""
        import pyarrow as pa
        import pyarrow.compute as pc

        objections = self.facts.objections
        everywhere = objections.filter(pc.is_null(objections["channel"]))["customer_id"]
        parts = [one(everywhere), one(self.facts.marks["customer_id"])]
        return pc.unique(pa.chunked_array(parts, pa.string()))

    def _last(self, block: _Block, table: str, times: Any, rows: Flags | None = None) -> Ints:
        """(n,) when something of ``table`` last happened to each; ``rows``: which of its rows count."""
        place = block.reached if table == "contacts" else places(self._keys[table], block.loose)
        return latest(len(block.loose), place, numbers(times), rows)[block.codes]

    def _objections(self, block: _Block, channels: Words) -> dict[str | None, Ints]:
        """Channel -> (n,) when each last refused it; None: all of them.

        A refused channel that nobody else knows the word of counts for all.
        """
        rows = self.facts.objections
        codes, names = channels.named(rows["channel"])
        known = channels.known(names)
        # Said on an unknown day, it was said all the same.
        times = one(rows["time"]).fill_null(NEVER + 1)
        found: dict[str | None, Ints] = {None: self._last(block, "objections", times, ~known[codes])}
        for place in np.flatnonzero(known).tolist():
            found[plain(names[place])] = self._last(block, "objections", times, codes == place)
        return found

    def _whole(self, block: _Block) -> Masks:
        """(n,) the reasons that their marks give, objections aside."""
        codes, reasons = coded(self.facts.marks["reason"])
        place = places(self._keys["marks"], block.loose)
        found = np.zeros(len(block.loose), dtype=np.uint16)
        for number, reason in enumerate(reasons.to_pylist()):
            found[place[(codes == number) & (place >= 0)]] |= BIT[reason]
        whole = found[block.codes]
        if self.facts.adults is not None:
            # Who is old enough is known of the very id only.
            unknown = places(block.exact, self.same.exact(one(self.facts.adults))) < 0
            whole[unknown] |= BIT["minor"]
        return whole

    def _without_consent(self, block: _Block, contact: Contact, channel: Asked, purpose: Asked) -> Flags:
        """(n,) who has not agreed, or no longer does: with nothing known, nobody has agreed."""
        needed = contact.kind == "marketing" and "consents" in self.plan.required
        if self._answers is None:
            return np.full(len(block.codes), needed)
        agreed, refused = self._answers.last(block.exact, block.loose, channel, purpose)
        withdrawn = refused[block.codes]
        latest_is_no = agreed <= withdrawn  # at the same instant no wins
        return np.asarray(latest_is_no if needed else latest_is_no & (withdrawn > NEVER))

    def _tired(
        self, block: _Block, contact: Contact, when: Mapping[str, Ints], contacted: Ints, against: Masks
    ) -> None:
        """The reasons against marketing that pass with time, into (n,) ``against``."""
        days = self.plan.cooldown_days if contact.cooldown_days is None else contact.cooldown_days
        often = contacted >= self.plan.yearly_cap
        if contact.yearly_cap is not None:
            often |= self._contacted(block, contact.action) >= contact.yearly_cap
        against[when["open_complaint"] > NEVER] |= BIT["open_complaint"]
        against[when["cooldown"] >= self.facts.since(days)] |= BIT["cooldown"]
        against[often] |= BIT["yearly_cap"]
        against[when["recent_purchase"] > NEVER] |= BIT["recent_purchase"]

    def _of_action(self, action: str | None) -> Flags:
        """(m,) the contacts that count for an action: its own, and those of which nobody knows the action."""
        import pyarrow.compute as pc

        actions = self.facts.contacts["action"]
        if action is None:
            return np.ones(len(actions), dtype=bool)
        return flags(pc.is_null(actions)) | flags(pc.equal(actions, action))

    def _contacted(self, block: _Block, action: str | None) -> Ints:
        """(n,) contacts within a year."""
        rows = self._of_action(action) & (block.reached >= 0)
        counts = numbers(self.facts.contacts["in_year"], 0)[rows]
        sums = np.zeros(len(block.loose), dtype=np.int64)
        np.add.at(sums, block.reached[rows], counts)
        return np.asarray(sums[block.codes])


def _nobody(block: _Block) -> Ints:
    return np.full(len(block.codes), NEVER)


def _given(consents: Any | None, column: str) -> list[str]:
    """The words that somebody has agreed in."""
    import pyarrow.compute as pc

    if consents is None:
        return []
    agreed = consents.filter(pc.is_valid(consents["given"]))
    return [str(word) for word in pc.unique(agreed[column]).to_pylist()]
