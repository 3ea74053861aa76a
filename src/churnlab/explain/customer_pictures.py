"""The two pictures of one customer's page: what happened, and what the risk is made of.

They show a single person, for whoever asked for that person: they belong on no other page.
"""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from churnlab.explain.canvas import BLUE, GREEN, GREY, INK, PALE, PURPLE, VERMILION, Picture, draw, shortened
from churnlab.explain.pictures import marked, thousands
from churnlab.explain.steps import Step
from churnlab.explain.story import CONTACTS, CONTRACTS, Event, Kind, Story
from churnlab.explain.telling import Telling
from churnlab.explain.wording import words

DAILY = 420  # days: a longer story is drawn by month, or its bars would be thinner than a line
BESIDE: Mapping[str, Any] = {  # a figure to the right of its bar
    "xytext": (4, 0),
    "textcoords": "offset points",
    "va": "center",
    "fontsize": 9,
}
MARGIN = dt.timedelta(days=4)
LINE = 32  # letters of a name beside its bar, in two lines at most
HEAD = 1.45  # of the highest bar: room above it for contacts and contracts
MARKS: Mapping[Kind, tuple[str, str, float]] = {  # marker, colour, height in the picture
    "contact_in": ("^", GREEN, 0.93),
    "contact_out": ("v", PURPLE, 0.87),
    "contact": ("o", GREY, 0.90),
    "contract_start": ("|", INK, 0.81),
    "contract_end": ("x", INK, 0.81),
}


def story_picture(story: Story, tell: Telling) -> Picture:
    """Orders as bars, contacts and contracts as marks above them, and the silence up to the day."""
    say, locale = words(tell.card.locale), tell.card.locale
    bought = story.some("order", "refund")
    first = min((event.day for event in story.events), default=story.as_of)
    monthly = (story.as_of - first).days > DAILY
    heights = _heights(bought, monthly=monthly)
    top = max([1.0, *heights.values()]) if heights else 1.0
    unit = (
        tell.card.currency if any(event.amount is not None for event in bought) else say["card_story_orders"]
    )
    label = say["card_story_per_month" if monthly else "card_story_per_day"].format(unit=unit)

    def paint(axes: Any) -> None:
        _silence(axes, story, bought, say)
        width = 24 if monthly else max(1.0, (story.as_of - first).days / 200)
        axes.bar(list(heights), list(heights.values()), width, color=BLUE, label=label)
        _marks(axes, story, say)
        axes.axvline(story.as_of, color=INK, linewidth=1)
        axes.axhline(0, color=GREY, linewidth=0.8)
        marked = story.some(*CONTACTS, *CONTRACTS) or story.usual_gap is not None
        axes.set_ylim(min([0.0, *heights.values()]) * 1.1, (HEAD if marked else 1.1) * top)
        axes.set_xlim(first - MARGIN, _end(story) + MARGIN)
        axes.set_ylabel(label)
        _days(axes, top, tell)
        axes.set_title(say["card_story_title"].format(date=story.as_of))
        axes.figure.legend(loc="outside lower center", ncols=2)

    alt = say["card_story_alt"].format(
        first=first,
        date=story.as_of,
        orders=thousands(len(story.some("order")), locale),
        contacts=thousands(len(story.some(*CONTACTS)), locale),
        silence=". ".join(list(tell.story())[-1:]),
    )
    return draw("story", alt, (5.4, 3.9), paint, tell.card.locale)


def _end(story: Story) -> dt.date:
    """The day up to which there is something to draw: the next order may be usual only after ``as_of``."""
    ahead = 0.0 if story.silence is None else (story.usual_gap or 0.0) - story.silence
    return story.as_of + dt.timedelta(days=max(0.0, ahead))


def _heights(bought: Sequence[Event], *, monthly: bool) -> dict[dt.date, float]:
    """Day, or the first of its month -> what was bought; without amounts, how many orders."""
    found: dict[dt.date, float] = {}
    for event in bought:
        day = event.day.replace(day=1) if monthly else event.day
        found[day] = found.get(day, 0.0) + (1.0 if event.amount is None else event.amount)
    return found


def _silence(axes: Any, story: Story, bought: Sequence[Event], say: Mapping[str, str]) -> None:
    if story.silence is None or not bought:
        return
    end = dt.datetime.combine(story.as_of, dt.time())
    start = end - dt.timedelta(days=story.silence)
    axes.axvspan(start, end, color=PALE, alpha=0.6, linewidth=0, label=say["card_silence_mark"])
    if story.usual_gap is not None:
        usual = start + dt.timedelta(days=story.usual_gap)
        style = {
            "color": VERMILION,
            "linewidth": 4,
            "solid_capstyle": "butt",
            "label": say["card_usual_mark"],
        }
        axes.plot([start, usual], [0.76, 0.76], transform=axes.get_xaxis_transform(), **style)


def _marks(axes: Any, story: Story, say: Mapping[str, str]) -> None:
    for kind in (*CONTACTS, *CONTRACTS):
        days = sorted({event.day for event in story.some(kind)})
        if days:
            marker, colour, height = MARKS[kind]
            style = {"color": colour, "markersize": 5, "label": say[f"card_{kind}"]}
            axes.plot(days, [height] * len(days), marker, transform=axes.get_xaxis_transform(), **style)


def _days(axes: Any, top: float, tell: Telling) -> None:
    from matplotlib.dates import AutoDateLocator, DateFormatter
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(AutoDateLocator(minticks=3, maxticks=6))
    axes.xaxis.set_major_formatter(DateFormatter("%Y-%m-%d"))
    axes.tick_params(axis="x", labelsize=9)
    # No ticks in the room above the bars, which has no scale.
    axes.set_yticks([tick for tick in MaxNLocator(4).tick_values(0, top) if 0 <= tick <= 1.1 * top])
    currency, locale = tell.card.currency, tell.card.locale
    axes.yaxis.set_major_formatter(lambda value, _: marked(value, currency, locale))


def waterfall(steps: Sequence[Step], tell: Telling) -> Picture:
    """From the base to the risk: each step begins where the one before it ended."""
    say = words(tell.card.locale)
    base, risk = steps[0].before, steps[-1].after
    names = [say["card_base"], *(tell.step(step) for step in steps), say["card_total"]]

    def paint(axes: Any) -> None:
        places = range(len(names))
        for place, step in enumerate(steps, 1):
            colour, hatch = (VERMILION, "") if step.points >= 0 else (BLUE, "////")
            low, high = sorted((100 * step.before, 100 * step.after))
            style = {"color": colour} if not hatch else {"facecolor": "white", "edgecolor": colour}
            axes.barh(place, high - low, left=low, height=0.6, hatch=hatch, **style)
            axes.plot([100 * step.before] * 2, [place - 1, place], color=GREY, linewidth=0.8)
            axes.annotate(tell.points(step.points), (high, place), **BESIDE)
        for place, share in ((0, base), (len(names) - 1, risk)):
            axes.barh(place, 100 * share, height=0.6, color=GREY)
            axes.annotate(tell.share(share), (100 * share, place), fontweight="bold", **BESIDE)
        axes.set_yticks(places, [_wrapped(name) for name in names], fontsize=9)
        axes.invert_yaxis()
        ends = [100 * one for step in steps for one in (step.before, step.after)]
        axes.set_xlim(0, min(112.0, 1.18 * max(ends)) or 1)
        axes.set_xlabel(say["card_steps_axis"])
        axes.tick_params(axis="y", length=0)
        axes.figure.suptitle(say["card_steps_title"], x=0.01, ha="left", fontsize=11, fontweight="bold")

    largest = steps[0]
    alt = say["card_steps_alt"].format(
        base=tell.share(base),
        risk=tell.share(risk),
        count=len(steps),
        largest=tell.step(largest),
        points=tell.points(largest.points),
    )
    return draw("steps", alt, (6.2, 0.9 + 0.4 * len(names)), paint, tell.card.locale)


def _wrapped(name: str) -> str:
    return "\n".join(textwrap.wrap(shortened(name, 2 * LINE), LINE, max_lines=2, placeholder="…"))
