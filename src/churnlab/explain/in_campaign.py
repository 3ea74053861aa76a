"""What a campaign does with one customer, as the published lists say it: contacted how, or why not.

Who is left alone so that the effect can be measured is told to be that, and not what would have been done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

from churnlab.explain.reasons import plain
from churnlab.explain.wording import words

if TYPE_CHECKING:
    from churnlab.explain.telling import Telling

State = Literal["selected", "at_random", "comparison", "not_selected", "kept_off"]
COLUMNS = (
    "arm", "decision", "action_label", "action_channel", "expected_saved_value", "expected_cost",
    "value_at_stake",
)  # fmt: skip
_STATES: Mapping[str | None, State] = {
    "treated": "selected", "explore": "at_random", "control": "comparison", "holdout": "comparison",
    None: "not_selected",
}  # fmt: skip
_CONTACTED = ("selected", "at_random")


@dataclass(frozen=True)
class InCampaign:
    """``name``: of the campaign, None where lists keep customers off without one. ``model_version``: of the
    lists. ``action``, ``channel``, and the amounts in major units: of who is contacted, else None.
    ``kept_off``: (reason, what is known beside it), the first one counts. ``for_another``: whether nothing
    is done because another account of the same parent comes first.
    """

    state: State
    name: str | None
    model_version: str
    decision: str | None = None
    action: str | None = None
    channel: str | None = None
    expected_saved_value: float | None = None
    expected_cost: float | None = None
    kept_off: tuple[tuple[str, str], ...] = ()
    for_another: bool = False

    @classmethod
    def listed(cls, row: Mapping[str, Any], name: str, model_version: str) -> Self:
        """Of the customer's row of a list that a campaign has drawn. ``row``: its ``COLUMNS``."""
        state = _STATES[row["arm"]]
        if state == "comparison":
            return cls(state, name, model_version)
        if state == "not_selected":
            return cls(state, name, model_version, row["decision"], for_another=_for_another(row))
        return cls(
            state,
            name,
            model_version,
            row["decision"],
            row["action_label"],
            row["action_channel"],
            row["expected_saved_value"],
            row["expected_cost"],
        )

    @classmethod
    def excluded(cls, row: Mapping[str, Any], name: str | None, model_version: str) -> Self:
        """Of the customer's row among those kept off. ``row``: its ``reasons`` and ``details``."""
        return cls("kept_off", name, model_version, kept_off=tuple(_told(row["reasons"], row["details"])))


def _for_another(row: Mapping[str, Any]) -> bool:
    """Whether a contact would pay, and was left for another account of the parent.

    That is the one way to have no action which would pay: elsewhere it is decided by these two amounts.
    """
    pays = all((row[name] or 0) > 0 for name in ("expected_saved_value", "value_at_stake"))
    return row["decision"] == "no_action" and pays


def _told(reasons: str, details: str) -> Iterator[tuple[str, str]]:
    """Each reason with what is known beside it.

    >>> list(_told("no_consent+minor", "no_consent: email/a; b; minor"))
    [('no_consent', 'email/a; b'), ('minor', '')]
    """
    parts = (details or "").split("; ")
    for place, reason in enumerate(named := reasons.split("+")):
        following = named[place + 1 :][:1]
        mine = []
        while parts and parts[0].partition(": ")[0] not in following:
            mine.append(parts.pop(0))
        yield reason, "; ".join(mine).removeprefix(reason).removeprefix(": ")


def lines(tell: Telling) -> Iterator[str]:
    """The same in words; nothing where the lists know no campaign and keep nobody off."""
    card, told = tell.card, tell.card.campaign
    if told is None:
        return
    say = words(card.locale)
    places = {"name": plain(told.name or "", 200), "date": card.as_of}
    if told.state == "kept_off":
        places["reasons"] = ", ".join(_reason(*each, say) for each in told.kept_off)
    elif told.state == "not_selected":
        places["why"] = say[f"card_campaign_{_why_not(told)}"]
    elif told.state in _CONTACTED:
        places |= {"action": plain(told.action or "", 200), "channel": plain(told.channel or "", 200)}
        places |= {"decision": say[f"decision_{told.decision}"]}
        places |= {"saved": tell.said(told.expected_saved_value, "currency")}
        places |= {"cost": tell.said(told.expected_cost, "currency")}
    yield say[f"card_campaign_{told.state}"].format(**places)
    # Who is kept off is so whatever a model says.
    if told.state != "kept_off" and told.model_version != card.model_version:
        version = plain(told.model_version)
        yield say["card_campaign_model"].format(date=card.as_of, version=version)


def _why_not(told: InCampaign) -> str:
    if told.for_another:
        return "another"
    return "no" if told.decision == "no_action" else "full"


def _reason(reason: str, detail: str, say: Mapping[str, str]) -> str:
    word = say.get(f"kept_off_{reason}", plain(reason))
    return f"{word} ({plain(detail, 200)})" if detail else word
