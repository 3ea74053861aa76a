"""One customer's page: the card of ``explain`` as one HTML file, for whoever asked for that customer.

Unlike the review it shows an id and single events. It says so on the page, and its file is for its
owner alone.
"""

from __future__ import annotations

from churnlab.explain import customer_pictures
from churnlab.explain.card import Card
from churnlab.explain.page import Shown, environment
from churnlab.explain.telling import Telling
from churnlab.explain.wording import words

EVENTS = 12  # in the table of the last ones


def render(card: Card) -> str:
    """The whole page as text; the same card, the same bytes."""
    tell, story = Telling(card), card.story
    pictures = {}
    if story is not None and story.events:
        pictures["story"] = customer_pictures.story_picture(story, tell)
    if card.steps:
        pictures["steps"] = customer_pictures.waterfall(card.steps, tell)
    template = environment(Shown(card.locale, card.currency)).get_template("customer.html.j2")
    return template.render(
        card=card,
        tell=tell,
        facts=_facts(tell),
        pictures=pictures,
        events=[] if story is None else story.events[::-1][:EVENTS],
        story_lines=list(tell.story()),
    )


def _facts(tell: Telling) -> list[tuple[str, str, str]]:
    """The few figures at the top: number, what it is, and what stands beside it."""
    card, say = tell.card, words(tell.card.locale)
    base = "" if card.base_risk is None else say["card_fact_base"].format(base=tell.share(card.base_risk))
    risk = say["card_fact_risk"].format(band=say[f"band_{card.band}"])
    facts = [(tell.share(card.risk), risk, base)]
    if card.value_if_retained is not None:
        loss = say["card_fact_loss"].format(loss=tell.said(card.expected_loss, "currency"))
        facts.append((tell.said(card.value_if_retained, "currency"), say["card_fact_value"], loss))
    facts.append((tell.said(card.intensity, "number"), say["card_fact_intensity"], ""))
    facts.append((say[card.strategy], say["card_fact_strategy"], say[f"{card.strategy}_act"]))
    return facts
