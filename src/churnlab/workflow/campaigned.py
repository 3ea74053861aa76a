"""The chapter of the report about a campaign: who gets what, who is left alone, who is kept off and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from churnlab.evaluation.rows import FEW, is_hidden
from churnlab.explain import money_pictures
from churnlab.explain.canvas import Picture
from churnlab.explain.exhibits import Cell, Exhibit, Note, Row
from churnlab.explain.wording import Locale
from churnlab.workflow import arms, published

CHAPTER = "campaign"
DECISIONS = ("treat", "test", "no_action")
MEANS = (
    ("churn_risk", "percent"), ("value_if_retained", "money"), ("value_at_stake", "money"),
    ("intensity", "decimal"),
)  # fmt: skip
FEW_SAID: Note = ("few_said", {})
Counts = Mapping[str, int | None]


def campaign(
    run: Path, manifest: Mapping[str, Any], locale: Locale
) -> tuple[list[Exhibit], dict[str, Picture]]:
    """Of published lists; nothing where they have no campaign."""
    facts = manifest.get("campaign")
    if facts is None:
        return [], {}
    told = arms.told(facts["arms"])
    # What contacts cost says how many there are.
    picture = None if told["contacted"] is None else _curve(facts, str(manifest["currency"]), locale)
    exhibits = [
        _actions(facts, told, _labels(run)),
        _arms(facts, told),
        _decisions(facts, told),
        *([] if picture is None else [_budget(facts, picture.name)]),
        Exhibit(CHAPTER, "size", notes=(_size(facts["size_check"]),)),
        *_balance(facts),
        _strata(facts, told),
        *_kept_off(manifest.get("suppressed")),
    ]
    return exhibits, {} if picture is None else {picture.name: picture}


def _labels(run: Path) -> dict[str, str]:
    """Action -> its name in the project's language, of those that anybody has."""
    table = published.rows(run, ("action_id", "action_label"), excluded=False)
    pairs = table.group_by(["action_id", "action_label"]).aggregate([]).to_pylist()
    return {pair["action_id"]: pair["action_label"] for pair in pairs if pair["action_id"]}


def _actions(facts: Mapping[str, Any], arms_told: Counts, labels: Mapping[str, str]) -> Exhibit:
    used = [row for row in facts["actions"] if row["contacted"] or row["control"]]
    counts = {name: [row[name] for row in used] for name in ("contacted", "control")}
    rows: list[Row] = []
    for row in used:
        told = arms_told["contacted"] is not None and not is_hidden(row["contacted"], counts["contacted"])
        sums = (row["contacted"], row["expected_cost"], row["expected_saved_value"])
        contacted, cost, saved = sums if told else (None, None, None)
        label = labels.get(row["action"], row["action"])
        alone = None if arms_told["control"] is None else _unless_few(row["control"], counts["control"])
        rows.append((label, row["channel"], contacted, alone, cost, saved, _source(row["evidence"])))
    columns = (
        ("action", "text"), ("channel", "text"), ("contacted_count", "count"), ("control_count", "count"),
        ("expected_cost", "money"), ("expected_saved_value", "money"), ("evidence", "word"),
    )  # fmt: skip
    return _told(Exhibit(CHAPTER, "actions", columns, tuple(rows), (_whole(facts, arms_told),)))


def _whole(facts: Mapping[str, Any], arms_told: Counts) -> Note:
    hidden = arms_told["contacted"] is None
    return "actions_said", {
        "name": ("text", str(facts["name"])),
        "contacted": ("count", arms_told["contacted"]),
        "control": ("count", arms_told["control"]),
        "cost": ("money", None if hidden else facts["expected_cost"]),
        "saved": ("money", None if hidden else facts["expected_saved_value"]),
    }


def _source(evidence: str) -> str:
    return "evidence_assumed" if evidence == "assumed" else evidence


def _arms(facts: Mapping[str, Any], arms_told: Counts) -> Exhibit:
    everyone = sum(facts["arms"][name] for name in arms.ARMS)
    counts = {name: arms_told[name] for name in arms.ARMS}
    rows = tuple(
        (f"arm_{name}", number, None if number is None else number / max(everyone, 1), f"arm_{name}_said")
        for name, number in counts.items()
    )
    columns = (("arm", "word"), ("customers", "count"), ("share", "percent"), ("arm_meaning", "word"))
    return _told(Exhibit(CHAPTER, "arms", columns, rows))


def _decisions(facts: Mapping[str, Any], arms_told: Counts) -> Exhibit:
    parts = [(f"decision_{name}", facts["decisions"][name]) for name in DECISIONS]
    out = [(f"not_selected_{name}", number) for name, number in facts["not_selected"].items() if number]
    rows = [(name, _unless_few(count, [each for _, each in parts])) for name, count in parts]
    # Decisions less those in an arm and those not selected would be the arm that is hidden.
    hidden = any(arms_told[name] is None for name in ("contacted", "control", "holdout", "none"))
    rows += [(name, None if hidden else _unless_few(count, [each for _, each in out])) for name, count in out]
    return _told(Exhibit(CHAPTER, "decisions", (("decision", "word"), ("customers", "count")), tuple(rows)))


def _curve(facts: Mapping[str, Any], currency: str, locale: Locale) -> Picture | None:
    """None of too few candidates. Its points are ten customers or more apart."""
    points: list[Mapping[str, float]] = []
    for point in facts["curve"]:
        if not points or point["size"] - points[-1]["size"] >= FEW:
            points.append(point)
    if len(points) < 3:
        return None
    planned = facts["arms"]["treated"] + facts["arms"]["explore"], facts["expected_saved_value"]
    return money_pictures.budget(points, planned, facts["budget"], currency, locale)


def _budget(facts: Mapping[str, Any], picture: str) -> Exhibit:
    values: dict[str, tuple[str, Cell]] = {"cost": ("money", facts["expected_cost"])}
    if facts["budget"] is None:
        note: Note = ("budget_none", values)
    else:
        short = facts["curve"][-1]["cost"] > facts["budget"]
        values["budget"] = ("money", facts["budget"])
        note = ("budget_short" if short else "budget_enough", values)
    return Exhibit(CHAPTER, "budget", notes=(("budget_said", {}), note), pictures=(picture,))


def _size(size: Mapping[str, Any]) -> Note:
    """The size check in words: what will show, and whether what is expected is that much."""
    if size["detectable"] is None:
        return "size_none", {}
    without, with_contact = size["expected"]
    values: dict[str, tuple[str, Cell]] = {
        "without": ("percent", without), "with": ("percent", with_contact),
        "points": ("decimal", 100 * (without - with_contact)),
        "least": ("decimal", 100 * size["detectable"]),
    }  # fmt: skip
    if size["enough"]:
        return "size_enough", values
    if size["needed"] is None:
        return "size_short", values
    needed = {"needed": ("count", size["needed"]), "control": ("count", size["needed_control"])}
    return "size_needs", {**values, **needed}


def _balance(facts: Mapping[str, Any]) -> Iterator[Exhibit]:
    """Means of both arms, then how far apart they are; nothing of arms with too few customers."""
    known = [row for row in facts["balance"] if row["means"] is not None]
    if not known:
        return
    kinds = dict(MEANS)
    shown = [row for row in known if row["measure"] in kinds]
    columns = (("arm", "word"), *((row["measure"], kinds[row["measure"]]) for row in shown))
    arms = shown[0]["arms"]
    rows = tuple((f"arm_{arm}", *(row["means"][place] for row in shown)) for place, arm in enumerate(arms))
    yield Exhibit(CHAPTER, "means", columns, rows)
    verdicts = {True: "balance_odd", False: "balance_luck"}
    apart = tuple((row["measure"], row["apart"], verdicts[row["odd"]]) for row in shown)
    columns = (("measure", "word"), ("apart", "decimal"), ("balance_verdict", "word"))
    yield Exhibit(CHAPTER, "balance", columns, apart, (("balance_said", {}),))


def _strata(facts: Mapping[str, Any], arms_told: Counts) -> Exhibit:
    """The strata whose share of control luck does not explain, or that there is none."""
    hidden = arms_told["treated"] is None or arms_told["control"] is None  # selected are both together
    odd = [row for row in facts["strata"] if row["odd"]]
    if not odd:
        return Exhibit(
            CHAPTER, "strata", notes=(("strata_none", {"strata": ("count", len(facts["strata"]))}),)
        )
    rows = tuple(
        (
            row["quadrant"],
            f"band_{row['risk_band']}" if row["risk_band"] != "all" else "all",
            None if hidden or row["selected"] < FEW else row["selected"],
            None if hidden or row["selected"] < FEW or 0 < row["control"] < FEW else row["control"],
            None if hidden or row["selected"] < FEW else row["expected"],
        )
        for row in odd
    )
    columns = (
        ("strategy", "word"), ("risk_band", "word"), ("selected", "count"), ("control_count", "count"),
        ("control_expected", "decimal"),
    )  # fmt: skip
    return _told(Exhibit(CHAPTER, "strata", columns, rows, (("strata_said", {}),)))


def _kept_off(suppressed: Mapping[str, Any] | None) -> Iterator[Exhibit]:
    if not suppressed:
        return
    first, every = suppressed["first_reason"], suppressed["any_reason"]
    rows: list[Row] = [
        (
            f"kept_off_{reason}",
            _unless_few(first.get(reason, 0), first.values()),
            _unless_few(number, every.values()),
        )
        for reason, number in every.items()
    ]
    columns = (("reason", "word"), ("kept_off_first", "count"), ("kept_off_any", "count"))
    everyone = sum(first.values())
    note: Note = ("kept_off_said", {"customers": ("count", everyone)})
    notes = (note,) if everyone >= FEW else ()
    yield _told(Exhibit(CHAPTER, "kept_off", columns, tuple(rows), notes))


def _unless_few(count: int, counts: Iterable[int]) -> int | None:
    return None if is_hidden(count, list(counts)) else count


def _told(exhibit: Exhibit) -> Exhibit:
    """The same, with what a dash means where there is one."""
    if all(cell is not None for row in exhibit.rows for cell in row):
        return exhibit
    return replace(exhibit, notes=(*exhibit.notes, FEW_SAID))
