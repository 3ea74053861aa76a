"""A card in words: the lines of a terminal, and the sentences that its page is made of."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from churnlab.explain import in_campaign
from churnlab.explain.card import Card
from churnlab.explain.change import Cut, Held, Lever
from churnlab.explain.reasons import LOWERS, plain
from churnlab.explain.steps import Step
from churnlab.explain.wording import words
from churnlab.features.words import NO_BREAK, spoken


def text(card: Card) -> str:
    """A few lines for a terminal; nothing in them can move its cursor."""
    return "\n".join(_lines(Telling(card)))


def _lines(tell: Telling) -> Iterator[str]:
    card, say = tell.card, words(tell.card.locale)
    yield plain(card.customer_id, 256)
    yield tell.risk()
    yield from (f"  {line}" for line in tell.within())
    if card.value_if_retained is not None:
        yield tell.value()
    yield say["card_intensity"].format(intensity=tell.said(card.intensity, "number"))
    yield say["card_strategy"].format(strategy=say[card.strategy])
    yield from tell.stays()
    yield from tell.life()
    yield from tell.campaign()
    yield from tell.story()
    yield say["card_reasons"] if card.reasons else say["card_no_reasons"]
    yield from tell.reasons()
    if tell.changes():
        yield say["card_changes"]
        yield from (f"  {line}" for line in tell.changes())
    if card.levers:
        yield tell.if_usual()
        yield from (f"  {tell.lever(lever)}" for lever in card.levers)
        yield f"  {say['card_levers_note']}"
    yield say["card_footer"].format(date=card.as_of, version=plain(card.model_version))


@dataclass(frozen=True)
class Telling:
    """The sentences of one card, in its language."""

    card: Card

    def said(self, value: float | None, unit: str) -> str:
        """A value with its unit, or that it is unknown."""
        if value is None or not math.isfinite(value):
            return words(self.card.locale)["unknown"]
        return spoken(value, unit, self.card.locale, self.card.currency)

    def share(self, risk: float | None) -> str:
        """A risk, finer than a marketer's whole percents: steps between two risks must be seen."""
        if risk is None:
            return words(self.card.locale)["unknown"]
        return self._decimal(f"{100 * risk:.1f}") + ("%" if self.card.locale == "en" else f"{NO_BREAK}%")

    def points(self, points: float) -> str:
        """``+18.2 points``."""
        # Rounded first: what rounds to nothing has no sign.
        return words(self.card.locale)["card_points"].format(
            points=self._decimal(f"{round(points, 1) + 0.0:+.1f}")
        )

    def risk(self) -> str:
        """The risk with its band, and where it comes from."""
        card, say = self.card, words(self.card.locale)
        risk, band = self.said(card.risk, "share"), say[f"band_{card.band}"]
        if card.base_risk is None:
            return say["card_risk"].format(risk=risk, band=band)
        base = self.said(card.base_risk, "share")
        return say["card_risk_from"].format(risk=risk, band=band, base=base)

    def within(self) -> Iterator[str]:
        """The risks of shorter horizons."""
        # The chance of no order is larger for fewer days: called a risk of leaving, it would look wrong.
        line = words(self.card.locale)["card_ends" if self.card.kind == "contractual" else "card_away"]
        for days, risk in self.card.risk_within.items():
            yield line.format(days=days, risk=self.said(risk, "share")).strip()

    def value(self) -> str:
        """What is at stake."""
        card = self.card
        return words(card.locale)["card_value"].format(
            value=self.said(card.value_if_retained, "currency"),
            churned=self.said(card.value_if_churned, "currency"),
            loss=self.said(card.expected_loss, "currency"),
        )

    def stays(self) -> Iterator[str]:
        """Why the strategy is not what today's scores alone would say."""
        card, say = self.card, words(self.card.locale)
        if card.strategy_by_scores is None:
            return
        sides = "; ".join(self._held(held) for held in card.held)
        yield say["card_stays"].format(
            raw=say[card.strategy_by_scores],
            sides=sides,
            strategy=say[card.strategy],
            since=card.strategy_since or card.as_of,
        )

    def _held(self, held: Held) -> str:
        say, value = words(self.card.locale), held.axis == "value"

        def said(number: float) -> str:
            # Finer than elsewhere: 49.8 must not be told as 50 that is below 50.
            return self.said(number, "currency") if value else self._decimal(f"{round(number, 3):g}")

        return say["card_stays_below" if held.own < held.cut else "card_stays_above"].format(
            axis=say[f"card_axis_{held.axis}"],
            own=said(held.own),
            cut=said(held.cut),
            give=self.said(held.give, "share")
            if value
            else say["card_points"].format(points=said(held.give)),
        )

    def life(self) -> Iterator[str]:
        """That a customer is lost, the phase, and what calls for attention."""
        card, say = self.card, words(self.card.locale)
        if card.population == "lost":
            yield say["card_lost"]
        if card.phase is not None:
            yield say["card_phase"].format(phase=say[f"phase_{card.phase}"])
        if card.critical_moment is not None:
            first = self._moment(card.critical_moment)
            yield say["card_moment"].format(moment=first, due=card.critical_due)
        others = [self._moment(code) for code in card.critical_all if code != card.critical_moment]
        if others:
            yield say["card_moments"].format(moments=", ".join(others))
        if card.dimensions:
            codes = (card.relationship_type, card.cooperation_profile)
            names = [say[f"relation_{code}"] for code in codes if code is not None]
            known = [
                f"{say[name.replace('_', '-')]} {self.said(round(score), 'number')}"
                for name, score in card.dimensions.items()
                if score is not None
            ]
            yield say["card_relation"].format(relation=", ".join([*names, *known]) or say["unknown"])

    def _moment(self, code: str) -> str:
        say, since = words(self.card.locale), self.card.complaint_since
        if code != "complaint_open" or since is None:
            return say[f"moment_{code}"]
        return say["card_moment_since"].format(moment=say[f"moment_{code}"], since=since)

    def campaign(self) -> Iterator[str]:
        """What the campaign of the lists does with the customer."""
        return in_campaign.lines(self)

    def story(self) -> Iterator[str]:
        """Orders month by month in plain figures, and how long the silence is."""
        story, say = self.card.story, words(self.card.locale)
        if story is None:
            return
        months = story.months()
        if months:
            counts = " ".join(str(count) for _, count in months)
            yield say["card_months"].format(first=months[0][0], last=months[-1][0], counts=counts)
        if story.silence is not None:
            line = say["card_silence" if story.usual_gap is not None else "card_silence_only"]
            silence, gap = self.said(story.silence, "days"), self.said(story.usual_gap, "days")
            yield line.format(silence=silence, gap=gap)

    def reasons(self) -> Iterator[str]:
        """The strongest, each with the points it moves; and those of all others together."""
        card, left = self.card, {step.code: step for step in self.card.steps}
        for place, (code, reason) in enumerate(card.reasons, 1):
            step = left.pop(code.removeprefix(LOWERS), None)
            moved = "" if step is None else f" ({self.points(step.points)})"
            yield f"  {place}. {plain(reason, 400)}{moved}"
        if card.steps:
            others = sum(step.points for step in left.values())
            yield "  " + words(card.locale)["card_others"].format(points=self.points(others))

    def step(self, step: Step) -> str:
        """What a step is about."""
        return step.text or words(self.card.locale)["card_rest"]

    def changes(self) -> list[str]:
        """Where the strategy and the band of the risk would change."""
        return [*(self._cut(cut) for cut in self.card.cuts), *self._bands()]

    def _cut(self, cut: Cut) -> str:
        say, unit = words(self.card.locale), "currency" if cut.axis == "value" else "number"
        line = say["card_above" if cut.is_high else "card_below"]
        return line.format(
            axis=say[f"card_axis_{cut.axis}"],
            own=self.said(cut.own, unit),
            distance=self.said(abs(cut.own - cut.cut), unit),
            cut=self.said(cut.cut, unit),
            strategy=say[cut.strategy],
        )

    def _bands(self) -> Iterator[str]:
        card, say = self.card, words(self.card.locale)
        if card.bands is None or card.band not in {"low", "medium", "high"}:
            return
        medium, high = card.bands
        next_to = {
            "low": (("up", "medium", medium),),
            "medium": (("down", "low", medium), ("up", "high", high)),
            "high": (("down", "medium", high),),
        }
        for way, band, at in next_to[card.band]:
            yield say[f"card_band_{way}"].format(
                band=say[f"band_{band}"],
                at=self.said(at, "share"),
                points=self._decimal(f"{100 * abs(card.risk - at):.1f}"),
            )

    def if_usual(self) -> str:
        """What the answers of the model are answers to."""
        return words(self.card.locale)["card_levers"].format(risk=self.share(self.card.risk))

    def lever(self, lever: Lever) -> str:
        """The model's answer to another value."""
        say = words(self.card.locale)
        return say["card_lever"].format(
            change=self.usual(lever),
            own=lever.own,
            risk=self.share(lever.risk),
            band=say[f"band_{self.card.band_of(lever.risk)}"],
        )

    def usual(self, lever: Lever) -> str:
        """What would be as usual, with the measure that speaks for all that were changed."""
        return words(self.card.locale)[f"card_usual_{lever.code}"].format(text=plain(lever.text, 400))

    def _decimal(self, number: str) -> str:
        return number if self.card.locale == "en" else number.replace(".", ",")
