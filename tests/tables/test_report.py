"""The data report: complete, inert, the same bytes, and nobody in it."""

import re

import pytest

from churnlab.tables import histograms, report
from loading import loaded, project, source

HOSTILE = '<script>alert("x")</script>'


def world(people, lines=3):
    rows = [
        f"secret{n:03},2025-{1 + (n + k) % 6:02}-1{k},{(n + 1) * (k + 1)}.50,o{n}\n"
        for n in range(people)
        for k in range(lines)
    ]
    return "customer_id,time,amount,order_id\n" + "".join(rows)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    checked = loaded(folder, world(40) + "secret999,2025-06-31,5,o\n,2025-06-01,5,o\n")
    return report.page(checked, "shop", "Europe/Paris", "EUR")


def test_counts_reasons_and_spans_are_there(page):
    text = re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", page[: page.index("<svg")]))
    assert "transactions.transactions 122 120 2 0 0" in text
    assert "time_impossible 1 0.82 % a date of the calendar and a time of the day" in text
    assert "customer_id_missing 1 0.82 % a value" in text
    assert "transactions 120 40 2025-01-10 2025-06-12 2025-06-12" in text


def test_it_is_static_and_names_nobody(page):
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert "secret" not in page
    assert not re.findall(r"(?:src|href)=\"(?!#)", page)
    # The only addresses are the names of XML vocabularies inside pictures.
    assert set(re.findall(r"https?://[^\"' <]*", page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_the_same_rows_give_the_same_bytes(tmp_path, page):
    again = loaded(tmp_path, world(40) + "secret999,2025-06-31,5,o\n,2025-06-01,5,o\n")
    assert report.page(again, "shop", "Europe/Paris", "EUR") == page


def test_names_from_outside_are_inert(tmp_path):
    people = source(tmp_path, "customer_id,label\na,x\n", table="snapshot")
    checked = project(tmp_path, {"snapshot": [people]})
    html = report.page(checked, HOSTILE, "UTC", "EUR")
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_few_people_make_no_bar(tmp_path):
    def bars(people):
        checked = loaded(tmp_path, world(people))
        first = next(iter(histograms.histograms(checked, "UTC", "EUR")))
        return len(re.findall("#0072b2", first.svg, re.IGNORECASE))

    heights = {people: _heights(tmp_path, people) for people in (9, 40)}
    assert not any(heights[9])
    assert any(heights[40])
    assert bars(40) > 0


def _heights(folder, people):
    """The drawn heights of the bars of the first picture, as the picture's code counts them."""
    drawn = []

    def note(title, caption, names, counted):
        drawn.append([rows if customers >= histograms.LEAST else 0 for rows, customers in counted])
        return title

    checked = loaded(folder, world(people, lines=1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(histograms, "_bars", note)
        list(histograms.histograms(checked, "UTC", "EUR"))
    return drawn[2]


def test_months_are_local_and_bins_half_open(tmp_path):
    # 1 June 00:30 in Paris is still May in UTC.
    content = "customer_id,time\na,2025-05-31 23:59:59\nb,2025-06-01 00:00\nc,2025-06-01 00:30\n"
    checked = loaded(tmp_path, content)
    bounds = histograms._months(checked, "Europe/Paris")
    assert len(bounds) == 3
    binned = histograms._binned(checked, checked.table("transactions"), "time", bounds)
    assert binned == [(1, 1), (2, 2)]
