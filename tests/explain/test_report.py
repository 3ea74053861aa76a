"""The report: one file that stands alone, escapes everything, and leaves nothing out silently."""

import dataclasses
import html as html_module

import numpy as np
import pytest
from jinja2 import UndefinedError

from churnlab.evaluation.money import decile_table
from churnlab.evaluation.probability import calibration_table
from churnlab.evaluation.scorecard import score_churn, score_value
from churnlab.explain.attributions import Share
from churnlab.explain.exhibits import Exhibit
from churnlab.explain.pictures import calibration, drivers
from churnlab.explain.report import PARTS, ReportContent, render
from pages import Page
from payloads import PAYLOADS

ROWS = 400
CHAPTERS = [
    "churn", "drivers", "champion", "fairness", "stability", "strategy", "money", "campaign", "movements",
    "followed", "worked",
]  # fmt: skip
TAGS = """html head meta title style body header nav ol ul li a main section h1 h2 h3 p div figure figcaption
table thead tbody tr th td code span strong small svg g path use defs clippath rect"""
ATTRIBUTES = """lang charset http-equiv content name class aria-label aria-labelledby role tabindex id href
scope viewbox d style transform x y width height clip-path type"""
ALLOWED, ALLOWED_ATTRIBUTES = set(TAGS.split()), set(ATTRIBUTES.split())


def signed(word, **changes):
    """A sign-off by ``word``, who says ``word``."""
    return {
        "reviewer": word, "at": "2026-01-31T10:00:00+00:00", "verdict": "rejected", "comment": word,
        "void": None, "report": "ab12", "evidence": "cd34", "model": "ef56", **changes,
    }  # fmt: skip


def content(word="club", **changes):
    """A full report in which every name is, or holds, ``word``."""
    random = np.random.default_rng(1)
    risk = random.random(ROWS)
    churned = (random.random(ROWS) < risk).astype(float)
    value = (1 - churned) * random.exponential(90, ROWS)
    customer = np.array([f"secret-{row}" for row in range(ROWS)], dtype=object)
    segments = {word: np.array([word] * 200 + ["other"] * 195 + ["five"] * 5, dtype=object)}
    card = score_churn(churned, {word: risk, "rule": 9 * risk}, customer, segments, bootstrap=10, seed=0)
    card += score_value(value, {word: 90 * (1 - risk)}, customer, segments, bootstrap=10, seed=0)
    table = calibration_table(churned, risk)
    totals = {"share": 0.5, "value_if_retained": 5_000.0, "value_at_stake": 4_000.0, "expected_loss": 900.5}
    given = {
        "project": word,
        "model_version": word,
        "as_of": "2017-11-01",
        "currency": "EUR",
        "models": {"churn": word, "value": word},
        "scorecard": card.to_records(),
        "sources": [
            {
                "table": "transactions", "source": word, "read": 1_000, "accepted": 990, "quarantined": 7,
                "duplicates": 2, "out_of_period": 1, "reasons": {word: 7},
            }
        ],
        "watermarks": {word: "2017-12-31"},
        "churn_rule": {"horizon_days": 60, "gap_days": 7, "settlement_days": 14},
        "label": word,
        "value_rule": {"days": 365, "rate": 10.0, "basis": word},
        "folds": [{"fold": "test", "dates": word, "rows": 400, "customers": 400, "churned_share": 0.5}],
        "exclusions": {word: 12},
        "calibration": table,
        "deciles": decile_table(value, 90 * (1 - risk)),
        "drivers": [{"name": word, "meaning": word, "family": word, "dimension": word, "share": 0.6}],
        "dimensions": [{"name": word, "share": 0.6}],
        "strategies": [
            {"strategy": "retain", "customers": 9, "mean_risk": 0.123, **totals},
            {"strategy": "release", "customers": 0, "mean_risk": None, **totals},
            {"strategy": "all", "customers": 400, "mean_risk": 0.3, **totals},
        ],
        "thresholds": {
            "value_if_retained": 300.0, "intensity": 50.0, "value_learned": word, "intensity_learned": word,
        },
        "pictures": {
            "calibration": calibration(table),
            "drivers": drivers([Share(word, 0.6, 1.0)], "drivers", word),
        },
        "notes": [word],
        "limits": [word],
        "lineage": {word: word},
        "exhibits": [
            Exhibit(
                chapter,
                "gate",
                (("check", "text"), ("passed", "word"), ("feature", "code"), ("look", "words")),
                ((word, word, word, f"{word}, {word}"),),
                (("gate_said", {"outcome": ("word", word), "reason": ("text", word)}),),
            )
            for chapter in CHAPTERS
        ],
        "purpose": word,
        "refused_uses": [word],
        "champion": word,
        "sign_offs": [signed(word)],
    }  # fmt: skip
    return ReportContent(**{**given, **changes})


def check_inert(text):
    page = Page(text)
    tags = {tag for tag, _ in page.elements}
    assert tags <= ALLOWED, tags - ALLOWED
    assert tags >= {"main", "nav", "header", "h1", "table", "svg"}
    for tag, attributes in page.elements:
        assert set(attributes) <= ALLOWED_ATTRIBUTES, (tag, set(attributes) - ALLOWED_ATTRIBUTES)
        assert attributes.get("href", "#").startswith("#")
        assert tag not in {"script", "img", "link", "iframe"}
    return page


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_becomes_markup(payload):
    page = check_inert(render(content(payload)))
    shown = "".join(page.text)
    if payload.isprintable() and len(payload) < 2_000:
        assert shown.count(payload) >= 15  # as text, wherever a name is shown
    # No letter that moves a cursor or turns the direction of reading, and no endless word.
    assert not [one for one in shown if not one.isprintable() and one not in "\n\u00a0\u202f"]
    assert "x" * 2_001 not in shown
    styles = [attributes["style"] for _, attributes in page.elements if "style" in attributes]
    assert not [style for style in styles if "url(" in style and "url(#" not in style]


def test_it_stands_alone():
    text = render(content())
    page = check_inert(text)
    assert "http:" not in text
    assert "https:" not in text
    assert "//" not in text.replace("<!doctype html>", "")
    policy = [a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy == [
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    ]
    # Before anything that it must rule: only the character set comes first.
    assert [tag for tag, _ in page.elements][:4] == ["html", "head", "meta", "meta"]
    assert "secret" not in text


def test_links_and_headings_lead_somewhere():
    page = Page(render(content()))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    links = [attributes["href"][1:] for tag, attributes in page.elements if tag == "a"]
    assert len(links) == sum(len(chapters) for chapters in PARTS.values())
    assert set(links) <= set(ids)
    headings = [
        attributes["aria-labelledby"] for _, attributes in page.elements if "aria-labelledby" in attributes
    ]
    assert set(headings) <= set(ids)


def test_the_same_content_gives_the_same_bytes():
    assert render(content()) == render(content())


def text_of(report):
    return " ".join(html_module.unescape(" ".join(Page(render(report)).text)).split())


def test_figures_stand_beside_their_range_and_their_baselines():
    report = content()
    text = text_of(report)
    own, rule = (
        next(row for row in report.scorecard if (row["model"], row["metric"]) == (model, "auroc"))
        for model in ("club", "rule")
    )
    assert f"{own['estimate']:.3f} {own['low']:.3f}…{own['high']:.3f}" in text
    assert f"{rule['estimate']:.3f} {rule['low']:.3f}…{rule['high']:.3f}" in text
    assert f"best baseline {rule['estimate']:.3f}" in text
    assert "ranks only: its scores are no probabilities" in text
    assert 'class="chosen"' in render(report)


def test_groups_under_ten_are_neither_counted_nor_measured():
    text = text_of(content())
    assert "club: five under 10 – – – –" in text
    # Nine customers in a strategy: no count, no money. Nobody at all is no secret.
    assert "Retain keep and deepen under 10 – – – – –" in text
    assert "Release no paid effort 0 50.0%" in text
    assert "12.3%" not in text


def test_dashes_of_a_table_are_explained_beneath_it():
    text = text_of(content())
    # Of the five customers nothing is told; beneath the very table it says why, before the next chapter.
    at = text.index("club: five under 10 – – – –")
    note = text.index("A dash: no figure, since there are too few to say anything.", at)
    assert note < text.index("Is a risk of 30% three in ten?", at)
    assert "to say anything. fewer than 10 customers." in text[note : note + 150]
    whole = [row for row in content().scorecard if row["segment"] == "all"]
    assert "A dash" not in text_of(content(scorecard=whole))


def test_counts_reconcile_as_they_were_given():
    assert "transactions club 1,000 990 7 2 1 club : 7" in text_of(content())


def test_the_label_is_said_with_its_numbers():
    text = text_of(content())
    assert "no order in the 60 days that start 7 days after the snapshot" in text
    assert "waited for 14 more days" in text
    assert "in 365 days, discounted by 10.0% a year" in text
    rule = {
        "horizon_days": 60,
        "gap_days": 7,
        "settlement_days": 14,
        "wording": "contract_rule",
        "grace_days": 30,
    }
    assert "begins no other within 30 days of that end" in text_of(content(churn_rule=rule))
    rule = {"wording": "partial_rule", "horizon_days": 60, "gap_days": 7, "settlement_days": 14, "kept": "50"}
    assert "less than 50% of that in the 60 days that start 7 days after" in text_of(content(churn_rule=rule))
    supplied = text_of(content(churn_rule={}, label="The label was supplied."))
    assert "The label was supplied." in supplied
    assert "no order in the" not in supplied


def test_a_project_without_value_says_so():
    report = content()
    churn_only = [row for row in report.scorecard if row["task"] == "churn"]
    text = text_of(
        dataclasses.replace(
            report,
            scorecard=churn_only,
            deciles=(),
            value_rule={},
            thresholds={
                "value_if_retained": None, "intensity": 50.0,
                "value_learned": "no customer has this axis", "intensity_learned": "fixed at 50",
            },
            strategies=[
                {
                    "strategy": "unclassified", "customers": 400, "share": 1.0, "value_if_retained": None,
                    "value_at_stake": None, "expected_loss": None, "mean_risk": 0.4,
                }
            ],
        )
    )  # fmt: skip
    assert "There are no figures: this project has no value model." in text
    assert "An axis is missing, so nobody could be placed: value: no customer has this axis" in text
    assert "Unclassified a score is missing 400 100.0% – – – 40.0%" in text


def test_next_to_nothing_still_renders():
    text = text_of(ReportContent("p", "1", "2020-01-01", "EUR", {}))
    assert "Nobody was left out." in text
    assert "The counts of the sources are not part of this report." in text


def test_what_it_decides_comes_first_and_what_is_refused_beside_the_limits():
    text = text_of(content(purpose="", refused_uses=None))
    assert "in one of the strategies Retain, Rationalise, Win back, Release, and ranks them" in text
    assert text.index("in one of the strategies") < text.index("How to read it For each customer")
    assert "Known limits club The model knows what comes together" in text
    assert "Refused uses Prices, terms or a contract that are refused" in text
    assert "Customers, countries or products other than those" in text
    told = text_of(content(purpose="Whom to call", refused_uses=["Lotteries"], limits=["No shops in May"]))
    assert "What it decides Whom to call How to read it" in told
    assert "Refused uses Lotteries Who answers for it Sign-off" in told
    assert "No shops in May" in told
    nobody = {"value_if_retained": None, "intensity": 1.0, "value_learned": "", "intensity_learned": ""}
    assert "before they leave: the model ranks" in text_of(content(purpose="", thresholds=nobody))


@pytest.mark.parametrize(
    ("population", "told"),
    [
        ({"kind": "orders", "orders": 2, "lost_after_days": None}, "with 2 or more orders before the date."),
        (
            {"kind": "orders", "orders": 2, "lost_after_days": 90},
            "with 2 or more orders before the date. Those silent for 90 days or more count as lost",
        ),
        (
            {"kind": "win_back", "orders": 1, "lost_after_days": 90},
            "before the date. Asked about are only those silent for 90 days or more.",
        ),
        ({"kind": "contract"}, "customers with a contract that runs on the date."),
        ({"kind": "supplied"}, "everyone in the table that was supplied."),
    ],
)
def test_it_says_who_is_asked_about(population, told):
    assert told in text_of(content(population=population))
    assert "Asked about" not in text_of(content(population={}))


def test_another_than_the_champion_says_so_in_its_heading():
    assert "is not the champion" not in text_of(content(champion=None))
    told = text_of(content(model_version="7", champion="4"))
    assert "Version 7 is not the champion: the lists are made by version 4. model 7" in told
    assert "Version 7 is not the champion: there is none yet." in text_of(
        content(model_version="7", champion="")
    )


def test_without_a_sign_off_there_are_lines_to_fill_in():
    text = text_of(content(model_version="7", sign_offs=()))
    assert "Sign-off not signed To be filled in by hand" in text
    assert "churnlab sign CONFIG --version 7 --reviewer NAME" in text
    assert "reviewer date verdict □ approved □ approved with conditions □ rejected comment signature" in text
    assert "not signed" not in text_of(content())


def test_the_last_sign_off_stands_first_and_a_void_one_asks_for_another():
    first = signed("Ann", verdict="approved_with_conditions", comment="")
    text = text_of(content(sign_offs=[first, signed("Bob", comment="a leak")]))
    assert "rejected Bob 2026-01-31T10:00:00+00:00 a leak report ab12, evidence cd34, model ef56" in text
    assert text.index("Bob") < text.index("approved with conditions Ann 2026-01-31T10:00:00+00:00 –")
    void = text_of(content(sign_offs=[signed("Ann", verdict="approved", void="files")]))
    assert "approved void: the files of the model are not those that were signed Ann" in void
    assert "is void: it does not count, and this version has to be signed anew. not signed" in void


def test_in_french():
    text = text_of(content(locale="fr"))
    assert "Ce que le modèle utilise" in text
    assert "moins de 10" in text
    assert "ne fait que classer" in text
    assert "1\u202f000" in render(content(locale="fr"))
    assert 'lang="fr"' in render(content(locale="fr"))


def test_a_chapter_that_needs_lists_is_left_out_without_them():
    whole = content()
    assert '<section aria-labelledby="campaign">' in render(whole)
    without = [each for each in whole.exhibits if each.chapter != "campaign"]
    text = render(dataclasses.replace(whole, exhibits=without))
    assert 'aria-labelledby="campaign"' not in text
    assert 'href="#campaign"' not in text
    assert 'href="#money"' in text


def test_a_missing_key_is_an_error_not_a_gap():
    with pytest.raises(UndefinedError, match="read"):
        render(content(sources=[{"table": "t", "source": "s", "reasons": {}}]))
