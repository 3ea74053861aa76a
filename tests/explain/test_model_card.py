"""The model card: Markdown in which no text from outside becomes a link, HTML, a heading or a cell."""

import re
import runpy
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from churnlab.explain import model_card
from churnlab.explain.model_card import escaped

# The same full report, and the same payloads, as the HTML is tried with.
REPORT = runpy.run_path(str(Path(__file__).with_name("test_report.py")))
PAYLOADS, content, signed = (REPORT[name] for name in ("PAYLOADS", "content", "signed"))
MARKDOWN = [
    "# a heading", "## Refused uses", "- a list", "* a list", "+ a list", "1. a list", "2) a list", "> a",
    "---", "===", "***", "```", "~~~", "`code`", "    indented", "[a link](http://evil.example)",
    "![a picture](http://evil.example/x.png)", "[a]: http://evil.example", "<http://evil.example>",
    "http://evil.example", "https://evil.example/a_b*c", "www.evil.example", "//evil.example", "evil.example",
    "a@evil.example", "mailto:a@evil.example", "javascript:alert(1)", "a | b | c", "a\\", "\\| b", "a\\|b",
    "**bold** _em_ ~~gone~~", "&lt;b&gt; &#60;b&#62; &amp;", "$x$ $$y$$", "[^1]", ":smile:", "<!-- gone -->",
    "</table>", "a" + chr(92) * 3, "`` ` ``", "|", "-", "2017-11-01", "-5.6", "10:00:00",
]  # fmt: skip
INERT = {
    "heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "bullet_list_open",
    "bullet_list_close", "list_item_open", "list_item_close", "table_open", "table_close", "thead_open",
    "thead_close", "tbody_open", "tbody_close", "tr_open", "tr_close", "th_open", "th_close", "td_open",
    "td_close", "text", "strong_open", "strong_close", "softbreak",
}  # fmt: skip


def card(word="club", **changes):
    given = {
        "population": {"kind": "orders", "orders": 2, "lost_after_days": 90},
        "looks": {"date": word, "looks": 3, "trials": 40},
    }
    return model_card.render(content(word, **{**given, **changes}))


def tokens(text):
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    for token in reader.parse(text):
        yield token
        yield from token.children or ()


def shape(text):
    """Headings, lists and tables: what a text from outside must not change."""
    return [token.type for token in tokens(text) if token.level == 0 or token.type.startswith(("t", "list"))]


def shown(text):
    return " ".join(
        "".join(token.content for token in tokens(text) if token.type == "text").replace("\u2060", "").split()
    )


@pytest.mark.parametrize("payload", [*PAYLOADS, *MARKDOWN])
def test_no_text_becomes_markup(payload):
    text = card(payload)
    found = list(tokens(text))
    assert {token.type for token in found} <= INERT, {token.type for token in found} - INERT
    plain = card()
    headings = [each for each in shape(plain) if each.startswith("heading")]
    assert [each for each in shape(text) if each.startswith("heading")] == headings
    assert [t.type for t in found if t.type.startswith(("t", "list_item")) and t.type != "text"] == [
        t.type for t in tokens(plain) if t.type.startswith(("t", "list_item")) and t.type != "text"
    ]
    if payload.isprintable() and len(payload) < 2_000:
        assert shown(text).count(" ".join(payload.split())) >= 15
    # What viewers that make links of their own accord look for.
    assert not re.search(r"(?i)https?://|www\.[a-z]|(?<![\u2060])@|\bevil\.example", text)
    assert not [one for one in text if not one.isprintable() and one not in "\n\u00a0\u202f\u2060"]
    assert "x" * 2_001 not in text


@pytest.mark.parametrize("text", ["10.5 %, 1,000 and -5.6", "2017-11-01 10:00:00", "a (b), c; d: e. F?", "–"])
def test_ordinary_figures_and_sentences_read_as_they_are(text):
    assert escaped(text) == text


def test_every_chapter_is_there_with_figures_beside_baselines():
    text = shown(card())
    for told in (
        "Asked about are customers with 2 or more orders",
        "rejected: club, 2026-01-31T10:00:00+00:00",
        "report ab12, evidence cd34, model ef56",
        "The test date club has been looked at 3 times",
        "Settings tried by searches of this project: 40.",
        "no order in the 60 days that start 7 days after the snapshot",
        "Version club is not the champion",
    ):
        assert told in text, told
    report = content()
    raw = card()
    own, rule = (
        next(row for row in report.scorecard if (row["model"], row["metric"]) == (model, "auroc"))
        for model in ("club", "rule")
    )
    assert f"| **club** | {own['estimate']:.3f} ({own['low']:.3f} … {own['high']:.3f}) |" in raw
    assert f"| rule | {rule['estimate']:.3f} ({rule['low']:.3f} … {rule['high']:.3f}) |" in raw
    assert "| transactions | club | 1,000 | 990 | 7 | 2 | 1 | club: 7 |" in raw
    assert "| club: five | under 10 | – |" in raw
    assert "| Retain | under 10 | – | – | – |" in raw


def test_without_sign_off_looks_or_value_it_says_so():
    report = content()
    churn = [row for row in report.scorecard if row["task"] == "churn"]
    raw = card(sign_offs=(), looks={"trials": 0}, population={}, scorecard=churn, champion=None)
    assert "**not signed**" in raw
    assert "has been looked at" not in raw
    assert "There are no figures: this project has no value model." in raw
    assert "is not the champion" not in raw
    void = card(sign_offs=[signed("Ann", verdict="approved", void="models")])
    assert "**approved**, void: another model is registered than the one that was signed: Ann" in void


def test_the_twenty_strongest_features_and_no_more():
    drivers = [{**content().drivers[0], "name": f"feature_{n}"} for n in range(30)]
    raw = card(drivers=drivers)
    assert "feature\\_19" in raw
    assert "feature\\_20" not in raw


def test_in_french_and_the_same_bytes_each_time():
    raw = card(locale="fr")
    assert raw.startswith("# Fiche du modèle\u00a0: club, version club")
    assert "## Usages refusés" in raw
    assert card(locale="fr") == raw
