"""The interactive page as text: nothing breaks out of its data, and no id is in it that nobody asked for."""

import base64
import dataclasses
import hashlib
import json
import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from churnlab.explain import look
from payloads import PAYLOADS
from scored_people import texts
from shown_pages import drawn_people, look_content

FOLDER = files("churnlab.explain").joinpath("templates")
OWN = FOLDER.joinpath("look_map.js").read_text() + FOLDER.joinpath("look.js").read_text()


def block(page):
    """The data in the page, as a browser cuts it out: up to the first end tag."""
    begin = '<script type="application/json" id="content">'
    return page.split(begin)[1].split("</script")[0]


def content(page):
    return json.loads(block(page))


class Elements(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_closes_its_block_or_is_changed_in_it(payload):
    made = look.embedded({payload: [payload]})
    assert not re.search(r"[<>&\x00-\x1f\x7f-\uffff]", made)
    assert json.loads(made) == {payload: [payload]}


def test_a_page_of_hostile_names_has_the_elements_of_any_other():
    hostile = drawn_people(
        len(PAYLOADS), segment=texts(PAYLOADS), reason_texts=texts([[p] * 3 for p in PAYLOADS])
    )
    page = look.render(look_content(hostile, with_ids=True, project=PAYLOADS[1], model_version=PAYLOADS[3]))
    plain = look.render(look_content(drawn_people(5)))
    # The two paragraphs at the top and all scripts are ours; texts add no element and no attribute.
    assert [tag for tag, _ in Elements(page).found] == [tag for tag, _ in Elements(plain).found]
    assert not re.search("[<>&]", block(page))


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_no_id_is_in_a_page_that_was_not_asked_for_ids(locale):
    rows = drawn_people(40)
    page = look.render(look_content(rows, locale=locale))
    assert content(page)["names"] is None
    assert not [one for one in rows.customer_id if one in page]
    assert "secret" not in page


def test_a_page_with_ids_has_them_and_says_that_it_holds_personal_data():
    rows = drawn_people(40)
    page = look.render(look_content(rows, with_ids=True))
    assert sorted(content(page)["names"]) == sorted(rows.customer_id)
    assert "This page holds personal data" in page
    assert "This page holds personal data" not in look.render(look_content(rows))


def test_figures_and_texts_are_those_of_the_list():
    wanted = look_content(drawn_people(60))
    rows, found = wanted.rows.to_pylist(), content(look.render(wanted))
    columns, told = found["columns"], found["texts"]
    assert found["customers"] == len(rows)
    for place, row in enumerate(rows):
        assert columns["risk"][place] == row["churn_risk"]
        assert columns["loss"][place] == row["expected_loss"]
        assert found["codes"][columns["strategy"][place]] == row["quadrant"]
        assert told["segment"][columns["segment"][place]] == row["segment"]
        shown = [columns["reasons"][place + number * len(rows)] for number in range(3)]
        assert [None if at < 0 else told["reason"][at] for at in shown] == [
            row[f"reason_{number}_text"] for number in (1, 2, 3)
        ]
    assert None in columns["intensity"]  # unknown stays unknown


def test_who_stays_by_the_list_before_is_told_so():
    wanted = look_content(drawn_people(30), give=(0.10, 5.0))
    assert content(look.render(wanted))["held"] == {}
    assert "A point may lie across a line" not in look.render(wanted)
    place = wanted.rows.column_names.index("quadrant")
    other = ["release" if code == "retain" else code for code in wanted.rows["quadrant"].to_pylist()]
    moved = dataclasses.replace(wanted, rows=wanted.rows.set_column(place, "quadrant", [other]))
    page = look.render(moved)
    rows, held = moved.rows.to_pylist(), content(page)["held"]
    assert {int(at) for at in held} == {
        at for at, row in enumerate(rows) if row["quadrant"] != row["quadrant_raw"]
    }
    assert set(map(tuple, held.values())) == {("Retain", "2025-02-01")}
    assert "until 10% of the value cut, or 5 points of intensity, beyond it." in page


def test_without_value_there_is_no_map_and_no_column_of_money():
    page = look.render(look_content(drawn_people(12, valued=False), cut=(None, 50.0)))
    assert "<canvas" not in page
    assert content(page)["columns"]["loss"] is None


def test_risks_of_shorter_horizons_are_there():
    wanted = look_content(drawn_people(3))
    rows = wanted.rows.append_column("churn_risk_30d", [[0.1, 0.2, None]])
    page = look.render(look.LookContent("shop", "1", "2025-02-01", "EUR", rows, also_days=(30,)))
    assert content(page)["sooner"] == {"30": [0.1, 0.2, None]}


def test_nobody_is_a_page_too():
    wanted = look_content(drawn_people(3))
    page = look.render(dataclasses.replace(wanted, rows=wanted.rows.slice(0, 0)))
    assert content(page)["customers"] == 0


def test_who_is_left_out_is_counted():
    page = look.render(look_content(drawn_people(3), hidden=1_234))
    assert "Shown are the 3 customers with the highest expected loss. 1,234 others are not" in page
    assert "are not on this page" not in look.render(look_content(drawn_people(3)))


def test_the_same_rows_give_the_same_bytes():
    assert look.render(look_content(drawn_people(50))) == look.render(look_content(drawn_people(50)))


def test_the_policy_allows_the_script_and_the_style_that_are_in_the_page_and_nothing_else():
    page = look.render(look_content(drawn_people(3)))
    parts = [
        re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL).group(1).encode() for tag in ("script", "style")
    ]
    digests = [base64.b64encode(hashlib.sha256(part).digest()).decode() for part in parts]
    policy = dict(Elements(page).found[3][1])["content"]
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{digests[0]}'; style-src 'sha256-{digests[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert "//" not in page.split("<style>")[0]


def test_the_script_sets_texts_and_asks_nobody():
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write", OWN)
    assert not re.search(r"\beval\b|new Function|setTimeout|fetch|XMLHttp|WebSocket|import\(", OWN)
    assert not re.search(r"localStorage|sessionStorage|indexedDB|cookie|https?:", OWN)
    assert "</" not in OWN
    assert "<!--" not in OWN


def test_every_word_of_the_script_is_in_the_page():
    used = set(re.findall(r"\bsay\.(\w+)", OWN)) | {"retain", "win_back", "rationalise", "release"}
    assert used == set(content(look.render(look_content(drawn_people(3))))["say"])
