"""The audit of who was left out: every reason, no free text, and sums that add up."""

import csv
import io
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churnlab.config.suppression import Suppression
from churnlab.errors import GateError
from churnlab.lists import audit
from churnlab.lists.suppression import Contact, Permissions
from refusing import ZONE, facts, instant
from scored_people import scored, texts

ASKED = [
    Contact("email", "marketing"),
    Contact("phone", "marketing"),
    Contact("email", "marketing", action="x"),
]
IDS = ["b", "a", '=1+"1"', "d", "e"]
WORLD = {
    "consents": [(who, "phone", "marketing", 1, None) for who in ("a", "b", "e")],
    "objections": [("a", None, instant(2025, 3, 30, 1, 59)), ("b", "phone", None), ('=1+"1"', None, None)],
    "contacts": [("b", "x", instant(2025, 6, 20), 12)],
    "complaints": [("b", instant(2025, 6, 1))],
}


def told(candidates=None, ids=IDS):
    found = Permissions(facts(**WORLD), Suppression()).verdicts(pa.array(ids), ASKED)
    return audit.rows(ids, ["retain", "release", "win_back", "retain", "retain"], found, ZONE, candidates)


def test_who_was_left_out_and_why():
    rows = {row["customer_id"]: row for row in told().to_pylist()}
    assert set(rows) == {"a", "b", '=1+"1"', "d"}, "e may be phoned"
    assert (rows["a"]["quadrant"], rows["a"]["reasons"]) == ("release", "objection")
    assert rows["a"]["details"] == "objection: 2025-03-30"
    assert rows["b"]["reasons"] == "channel_opt_out+no_consent+open_complaint+cooldown+yearly_cap"
    assert rows["b"]["details"] == (
        "channel_opt_out: phone/marketing; no_consent: email/marketing; open_complaint: 2025-06-01; "
        "cooldown: 2025-06-20; yearly_cap: 12"
    )
    assert rows["d"]["details"] == "no_consent: email/marketing, phone/marketing"
    assert rows['=1+"1"']["details"] == "objection; no_consent: email/marketing, phone/marketing"


def test_candidates_decide_what_is_told():
    email = np.zeros((len(IDS), len(ASKED)), dtype=bool)
    email[:, 0] = True
    rows = {row["customer_id"]: row["details"] for row in told(email).to_pylist()}
    assert rows["e"] == rows["d"] == "no_consent: email/marketing"


def test_blocks_in_any_order_make_the_same_table_and_its_counts_add_up():
    whole = audit.joined([told()])
    assert whole["customer_id"].to_pylist() == ['=1+"1"', "a", "b", "d"]
    assert audit.joined([whole.slice(2), whole.slice(0, 2)]).equals(whole)
    counts = audit.counts(whole)
    assert counts["first"] == {"objection": 2, "channel_opt_out": 1, "no_consent": 1}
    assert counts["any"]["no_consent"] == 3
    audit.reconcile(10, 4, counts["first"], 2)
    with pytest.raises(GateError, match="do not add up"):
        audit.reconcile(10, 4, counts["first"], 1)
    assert audit.counts(audit.joined([])) == {"first": {}, "any": {}}


@pytest.mark.parametrize(("newline", "end"), [("lf", "\n"), ("crlf", "\r\n")])
def test_the_files_hold_the_table_and_no_formula(newline, end):
    table = audit.joined([told()])
    files = {name: io.BytesIO() for name in audit.outputs(table)}
    for name, output in audit.outputs(table, newline).items():
        output.write(files[name])
        assert output.rows == 4
    assert pq.read_table(io.BytesIO(files["excluded.parquet"].getvalue())).equals(table)
    text = files["excluded.csv"].getvalue().decode()
    assert text.count(end) == 5
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[0] == list(audit.COLUMNS)
    assert [row[0] for row in rows[1:]] == ['\'=1+"1"', "a", "b", "d"]
    told_of = [[cell or "" for cell in list(row.values())[1:]] for row in table.to_pylist()]
    assert [row[1:] for row in rows[1:]] == told_of


def test_where_they_stand_is_kept_for_the_next_list():
    people = scored(IDS, [0.1, 0.2, 0.3, 0.4, 0.5], [820.004, 1, 2, 3, 4], phase=texts(["growth"] * 5))
    people = replace(
        people, quadrant_since=np.array(["2025-01-01", "NaT", "NaT", "NaT", "2025-01-02"], "datetime64[D]")
    )
    kept_off = np.array([True, True, True, True, False])
    rows = audit.with_places(told(), people.take(kept_off)).to_pylist()
    assert [row["customer_id"] for row in rows] == IDS[:4]
    # .9 x 820 + .1 x 82 = 746.20
    first, second = rows[0], rows[1]
    assert (first["quadrant_since"], first["phase"]) == (date(2025, 1, 1), "growth")
    assert first["value_if_retained"] == 820
    assert first["value_expected"] == 746.2
    assert second["quadrant_since"] is None, "since this very list: its reader fills the day in"
    assert audit.with_places(told(), scored(IDS[:4], valued=False)).to_pylist()[0]["value_expected"] is None
