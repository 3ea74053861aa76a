"""The interactive page in a browser: it filters, sorts, turns pages and tells of a customer."""

import re

import pytest

from browser import DESKTOP, PHONE
from churnlab.explain import look as look_page
from churnlab.explain.reasons import plain
from payloads import PAYLOADS
from scored_people import texts
from shown_pages import drawn_people, look_content

PEOPLE = 400


@pytest.fixture(scope="module")
def rows():
    """What the page shows, as dicts in its order."""
    return look_content(drawn_people(PEOPLE)).rows.to_pylist()


@pytest.fixture
def page(chromium, written):
    with chromium.page(written("look")) as opened:
        yield opened
        assert opened.troubles() == []


def column(page, place):
    """The cells of a column of the table, as text."""
    return page.evaluate(
        "[...document.querySelectorAll('#rows tr')].map(row => row.children[" + str(place) + "].textContent)"
    )


def shown(page):
    """How many customers the page says it shows, and how many points it has on the map."""
    drawn = page.evaluate("document.getElementById('map').getAttribute('aria-label')")
    return tuple(
        int(re.search(r"\d+", text.replace(",", ""))[0])
        for text in (page.evaluate("document.getElementById('found').textContent"), drawn)
    )


def choose(page, field, label):
    page.evaluate(
        f"(() => {{ const field = document.getElementById('{field}');"
        f"field.value = [...field.options].find(one => one.text === '{label}').value;"
        "field.dispatchEvent(new Event('change')); })()"
    )


def placed(rows):
    return [row for row in rows if row["intensity"] is not None]


def test_it_opens_with_everybody_the_most_at_stake_first(page, rows):
    assert shown(page) == (PEOPLE, len(placed(rows)))
    assert column(page, 0) == [f"customer {number:06}" for number in range(1, 51)]
    assert column(page, 1)[:2] == [row["quadrant_label"] for row in rows[:2]]
    assert page.evaluate("document.getElementById('shown').textContent") == "1 to 50 of 400"


@pytest.mark.parametrize(
    ("field", "label", "column_name", "value"),
    [
        ("strategy", "Win back", "quadrant", "win_back"),
        ("band", "high", "risk_band", "high"),
        ("segment", "over the sea", "segment", "over the sea"),
    ],
)
def test_a_choice_shows_those_it_names_and_no_others(page, rows, field, label, column_name, value):
    wanted = [row for row in rows if row[column_name] == value]
    assert 0 < len(wanted) < PEOPLE
    choose(page, field, label)
    assert shown(page) == (len(wanted), len(placed(wanted)))
    choose(page, field, "all")
    assert shown(page)[0] == PEOPLE


def test_choices_join(page, rows):
    choose(page, "strategy", "Retain")
    choose(page, "segment", "north")
    wanted = [row for row in rows if (row["quadrant"], row["segment"]) == ("retain", "north")]
    assert shown(page)[0] == len(wanted)


def test_a_search_looks_at_names_segments_and_reasons(page, rows):
    for word in ("order 17 days", "NORTH", "customer 000017", "no such thing"):
        page.type("#search", word)
        wanted = [
            number
            for number, row in enumerate(rows, start=1)
            if any(
                word.lower() in text.lower()
                for text in (
                    f"customer {number:06}",
                    row["segment"],
                    *(row[f"reason_{n}_text"] or "" for n in (1, 2, 3)),
                )
            )
        ]
        assert shown(page)[0] == len(wanted), word
    assert page.evaluate("document.getElementById('shown').textContent") == "Nobody matches."
    page.type("#search", "")
    assert shown(page)[0] == PEOPLE


def test_a_heading_sorts_and_sorts_the_other_way(page, rows):
    risks = sorted((row["churn_risk"] for row in rows), reverse=True)
    for order, wanted in (("descending", risks), ("ascending", risks[::-1])):
        page.click("th[data-key=risk] button")
        assert page.evaluate("document.querySelector('th[data-key=risk]').ariaSort") == order
        assert column(page, 2) == [f"{100 * risk:.1f}%" for risk in wanted[:50]]
    assert page.evaluate("document.querySelectorAll('th[aria-sort]').length") == 1
    page.click("th[data-key=segment] button")
    assert set(column(page, 7)) == {"north"}


def test_whoever_has_no_figure_comes_last_both_ways(page, rows):
    for _ in range(2):
        page.click("th[data-key=intensity] button")
        assert "–" not in column(page, 6)
        for _ in range(7):
            page.click("#next")
        assert column(page, 6)[-9:].count("–") == PEOPLE - len(placed(rows)) == 9


def test_pages_turn_and_end(page):
    assert page.evaluate("document.getElementById('previous').disabled")
    seen = column(page, 0)
    for _ in range(7):
        page.click("#next")
        seen += column(page, 0)
    assert page.evaluate("document.getElementById('next').disabled")
    assert seen == [f"customer {number:06}" for number in range(1, PEOPLE + 1)]
    page.click("#previous")
    assert page.evaluate("document.getElementById('shown').textContent") == "301 to 350 of 400"


def card(page):
    return " ".join(page.evaluate("document.querySelector('.one').innerText").split())


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_a_customer_is_told_of_and_can_be_left(chromium, written, rows, width):
    with chromium.page(written("look"), width=width) as page:
        page.click("#rows tr:nth-child(3) td:nth-child(2)")
        row, text = rows[2], card(page)
        assert text.startswith("customer 000003")
        assert f"{100 * row['churn_risk']:.1f}% ({row['risk_band']})" in text
        for number in (1, 2, 3):
            assert (row[f"reason_{number}_text"] or "") in text
        assert page.evaluate("document.activeElement.id") == "one"
        page.screenshot(f"look-chosen-{width}")
        page.click("#close")
        assert page.evaluate("document.activeElement.textContent") == "customer 000003"
        assert page.too_wide() <= 0
        assert page.troubles() == []


def test_a_point_of_the_map_is_a_customer(page, rows):
    page.evaluate("document.getElementById('map').scrollIntoView({block: 'center'})")
    box = page.evaluate(
        "(() => { const box = document.getElementById('map').getBoundingClientRect();"
        "return [box.x, box.y, box.width, box.height]; })()"
    )
    highest = max(placed(rows), key=lambda row: row["value_if_retained"])
    # As the script places it: a margin of 78 on the left and 14 on the right; the highest is near the top.
    across = box[0] + 78 + highest["intensity"] / 100 * (box[2] - 92)
    page.click_at(across, box[1] + 38)
    assert f"customer {rows.index(highest) + 1:06}" in card(page)


def test_it_works_by_keyboard_alone(page):
    page.evaluate("document.getElementById('search').focus()")
    page.call("Input.insertText", text="north")
    reached = []
    for _ in range(14):
        page.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.slice(0, 15)"))
        if reached[-1].startswith("customer 0"):
            break
    page.press("Enter")
    assert card(page).startswith(reached[-1])
    assert page.evaluate("document.activeElement.id") == "one"


def test_hostile_names_stay_names(chromium, tmp_path):
    people = drawn_people(
        len(PAYLOADS),
        segment=texts(PAYLOADS),
        reason_texts=texts([[payload, None, payload] for payload in PAYLOADS]),
        customer_id=texts([f"{number} {payload}" for number, payload in enumerate(PAYLOADS)]),
    )
    content = look_content(people, with_ids=True, project=PAYLOADS[1], model_version=PAYLOADS[17])
    path = tmp_path / "hostile.html"
    path.write_text(look_page.render(content), encoding="utf-8")
    with chromium.page(path) as page:
        ids = content.rows["customer_id"].to_pylist()
        wanted = [plain(one, look_page.LONGEST) for one in ids]
        assert page.troubles() == []
        seen = column(page, 0)
        while not page.evaluate("document.getElementById('next').disabled"):
            page.click("#next")
            seen += column(page, 0)
        assert seen == wanted
        told = page.evaluate(
            "[...document.querySelectorAll('#rows tr')].map(row => { row.click();"
            "return document.querySelector('#reasons li').textContent; })"
        )
        reasons = content.rows["reason_1_text"].to_pylist()
        assert told == [plain(one, look_page.LONGEST) for one in reasons[-len(told) :]]
        assert page.evaluate("document.getElementById('segment').options.length") > 60
        assert page.text().count(plain(PAYLOADS[1])) >= 1
        assert page.troubles() == []
        page.screenshot("look-hostile")


def test_the_map_is_drawn_for_paper_and_again_for_the_screen(chromium, written):
    drawn = "document.getElementById('map').toDataURL()"
    with chromium.page(written("look")) as page:
        light = page.evaluate(drawn)
    with chromium.page(written("look"), dark=True) as page:
        dark = page.evaluate(drawn)
        assert dark != light
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate(drawn) == light
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 25, 28)"
        assert page.evaluate(drawn) == dark
