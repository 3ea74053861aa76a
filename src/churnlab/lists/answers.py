"""Consent given and withdrawn, by channel and purpose: whose last word was yes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from churnlab.config.suppression import plain
from churnlab.lists.matching import Flags, Index, Ints, coded, latest, numbers


@dataclass(frozen=True)
class Words:
    """Words for channels, or for purposes. ``names``: how it is compared -> the name that actions use;
    ``used``: words that mean something here, as they are compared.

    A no in a word that means nothing here could be meant for anything, and counts for everything.
    """

    names: Mapping[str, str]
    used: frozenset[str]

    @classmethod
    def of(cls, declared: Mapping[str, Iterable[str]], given: Iterable[str]) -> Words:
        """``declared``: name -> other words for it. ``given``: words that somebody has agreed in, which
        mean something only where nothing is declared.
        """
        names = {plain(word): name for name, others in declared.items() for word in (name, *others)}
        return cls(names, frozenset(plain(word) for word in (declared or given)))

    def with_asked(self, asked: Iterable[str]) -> Words:
        """The same with the words of today's contacts."""
        return Words(self.names, self.used | {plain(self.name(word)) for word in asked})

    def name(self, word: str) -> str:
        """The name that actions use for a word; itself where nothing is declared."""
        return self.names.get(plain(word), word)

    def known(self, words: Sequence[str]) -> Flags:
        """(w,) which of them mean something here; one False more, for code -1."""
        return np.array([*(plain(self.name(word)) in self.used for word in words), False])

    def named(self, column: Any) -> tuple[Ints, list[str]]:
        """(m,) codes of a column of words, -1 for null, and the names behind them, each once."""
        codes, texts = coded(column)
        raw = [self.name(word) for word in texts.to_pylist()]
        firsts = {plain(word): word for word in reversed(raw)}
        order = {word: place for place, word in enumerate(sorted(firsts))}
        back = np.array([*(order[plain(word)] for word in raw), -1], dtype=np.int64)
        return back[codes], [firsts[word] for word in order]

    def asking(self, word: str) -> Asked:
        """How a column of words is asked for one of them."""
        return Asked(plain(self.name(word)), self.used, self)


@dataclass(frozen=True)
class Asked:
    """One channel, or one purpose: which rows agree to it, and which refuse it."""

    word: str
    used: frozenset[str]  # with the word, all that tells one question from another
    words: Words = field(compare=False)

    def rows(self, column: Any) -> tuple[Flags, Flags]:
        """(m,) the rows of that word, and those whose no counts for it."""
        codes, named = self.words.named(column)
        mine = np.array([*(plain(name) == self.word for name in named), False])
        strange = ~self.words.known(named)
        strange[-1] = True
        return mine[codes], (mine | strange)[codes]


@dataclass(frozen=True, eq=False)
class Answers:
    """The last yes and the last no of everybody by channel and purpose.

    ``exact``: (m,) whose yes each row of ``consents`` is, among ``agreeing``; ``loose``: (m,) whose no,
    among ``people`` of them.
    """

    consents: Any
    agreeing: Index
    exact: Ints
    loose: Ints
    people: int
    _made: dict[Any, tuple[Ints, Ints]] = field(default_factory=dict)

    def last(self, channel: Asked, purpose: Asked) -> tuple[Ints, Ints]:
        """When each of ``agreeing`` last agreed, and when each of ``people`` last refused; as ``latest``."""
        question = (channel, purpose)
        if question not in self._made:
            yes, no = channel.rows(self.consents["channel"])
            yes_for, no_for = purpose.rows(self.consents["purpose"])
            self._made[question] = (
                latest(len(self.agreeing), self.exact, numbers(self.consents["given"]), yes & yes_for),
                latest(self.people, self.loose, numbers(self.consents["withdrawn"]), no & no_for),
            )
        return self._made[question]
