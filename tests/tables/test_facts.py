"""What the tables know of reasons not to contact somebody: by hand, a table at a time."""

import datetime as dt

import pytest

from churnlab.config.suppression import Suppression
from churnlab.errors import GateError
from churnlab.tables import facts
from refusing import AS_OF, ZONE, instant
from worlds import world


def collected(histories, refusals=None, attributes=None, **plan):
    con = world({"transactions": [{"customer_id": "z", "time": 5, "amount": 1}], **histories},
                attributes=attributes)  # fmt: skip
    said = world(refusals or {}, con=con.con)
    return facts.collect(con, said, Suppression.model_validate(plan), AS_OF, ZONE)


def rows(table):
    return sorted(tuple(row.values()) for row in table.to_pylist())


START = instant(2025, 7, 1)


def test_purchases_from_the_instant_of_the_list_on_count_and_refunds_do_not():
    bought = [
        {"customer_id": "a", "time": START, "amount": 5},
        {"customer_id": "a", "time": START + 9, "amount": 5},
        {"customer_id": "b", "time": START - 1, "amount": 5},
        {"customer_id": "c", "time": START + 1, "amount": -5},
        {"customer_id": "d", "time": START + 1, "amount": 0},
    ]
    assert rows(collected({"transactions": bought}).purchases) == [("a", START + 9)]
    assert rows(collected({"transactions": bought}, recent_purchase=False).purchases) == []


def test_a_complaint_is_open_until_it_is_resolved_before_the_list():
    said = [
        {"customer_id": "a", "time": 1, "type": " Complaint", "resolved_at": None},
        {"customer_id": "b", "time": 1, "type": "complaint", "resolved_at": START - 1},
        {"customer_id": "c", "time": 1, "type": "complaint", "resolved_at": START},
        {"customer_id": "d", "time": START + 5, "type": "complaint", "resolved_at": None},
        {"customer_id": "e", "time": 1, "type": "question", "resolved_at": None},
    ]
    found = collected({"interactions": said}).complaints
    assert rows(found) == [("a", 1), ("c", 1), ("d", START + 5)]


def test_without_resolutions_a_complaint_is_open_for_so_many_days():
    edge = instant(2025, 6, 21)
    said = [
        {"customer_id": "a", "time": edge, "type": "complaint"},
        {"customer_id": "b", "time": edge - 1, "type": "complaint"},
    ]
    assert rows(collected({"interactions": said}, complaint_days=10).complaints) == [("a", edge)]


def test_contacts_are_those_of_all_arms_but_control():
    year = instant(2024, 7, 1)
    said = [
        {"customer_id": "a", "time": year, "campaign": "x", "arm": "treated", "action": "call"},
        {"customer_id": "a", "time": year - 1, "campaign": "x", "arm": None, "action": "call"},
        {"customer_id": "a", "time": START, "campaign": "x", "arm": "explore", "action": None},
        {"customer_id": "b", "time": year, "campaign": "x", "arm": "CONTROL ", "action": "call"},
    ]
    found = collected({"campaigns": said}).contacts
    assert rows(found.drop_columns("action")) == [("a", year, 1), ("a", START, 1)]
    assert sorted(found["action"].to_pylist(), key=str) == [None, "call"]
    plain = [{name: row[name] for name in ("customer_id", "time", "campaign")} for row in said]
    assert {row[0] for row in rows(collected({"campaigns": plain}).contacts)} == {"a", "b"}


def test_consents_keep_their_last_yes_and_last_no():
    def row(who, time, status):
        return {"customer_id": who, "time": time, "channel": "email", "purpose": "p", "status": status}

    said = [row("a", 1, "OUI"), row("a", 5, "oui "), row("a", 3, "non"), row("b", 4, "Non")]
    found = collected({}, {"consents": said}, given=["oui"], withdrawn=["non"])
    assert rows(found.consents) == [("a", "email", "p", 5, 3), ("b", "email", "p", None, 4)]
    with pytest.raises(GateError, match="neither given nor withdrawn") as caught:
        collected({}, {"consents": [row("a", 1, "oui"), row("a", 2, "peut-être")]}, given=["oui"])
    assert caught.value.got.startswith("1 text (consents")


PEOPLE = [
    {"customer_id": "a", "status": " dcd", "born": "2007-07-01", "years": 17.0},
    {"customer_id": "b", "status": "client", "born": "2007-07-02", "years": 18.0},
    {"customer_id": "c", "status": None, "born": None, "years": None},
]
KINDS = {"status": "category", "born": "category", "years": "number"}


def test_marks_are_the_values_that_mean_them_and_ages_are_completed_years():
    plan = {"deceased": {"attribute": "status", "values": ["DCD"]}, "minors": {"birth_date": "born"}}
    found = collected({"customers": PEOPLE}, attributes=KINDS, **plan)
    assert rows(found.marks) == [("a", "deceased"), ("b", "minor")]
    assert found.adults is None
    by_age = {"minors": {"age": "years", "unknown": "suppress"}}
    found = collected({"customers": PEOPLE}, attributes=KINDS, **by_age)
    assert rows(found.marks) == [("a", "minor")]
    assert found.adults.to_pylist() == ["b"]


def test_a_date_of_birth_in_another_form_is_no_list():
    with pytest.raises(GateError, match="a date of birth is not written as"):
        collected(
            {"customers": PEOPLE}, attributes=KINDS, minors={"birth_date": "born", "format": "%d/%m/%Y"}
        )
    born = [{"customer_id": "a", "born": "29/02/2008"}]
    plan = {"minors": {"birth_date": "born", "format": "%d/%m/%Y"}}
    assert rows(collected({"customers": born}, attributes={"born": "category"}, **plan).marks)
    # Born on a leap day, 18 only on the first of March.
    assert facts._age("2008-02-29", "iso", dt.date(2026, 2, 28)) == 17
    assert facts._age("2008-02-29", "iso", dt.date(2026, 3, 1)) == 18


def test_of_rows_with_validity_those_that_have_not_ended_count():
    plan = {"fraud": {"attribute": "status", "values": ["dispute"]}}

    def row(who, start, status, end=None):
        return {"customer_id": who, "valid_from": start, "valid_to": end, "status": status}

    people = [
        row("a", 1, "dispute", START), row("a", START, "fine"),
        row("b", 1, "fine", START), row("b", START, "dispute"),
        row("c", 1, "dispute", START + 1),
        row("d", START + 50, "dispute"),
    ]  # fmt: skip
    found = collected({"customers": people}, attributes={"status": "category"}, **plan)
    assert rows(found.marks) == [("b", "fraud"), ("c", "fraud"), ("d", "fraud")]
    open_ended = [{k: v for k, v in each.items() if k != "valid_to"} for each in people]
    found = collected({"customers": open_ended}, attributes={"status": "category"}, **plan)
    assert rows(found.marks) == [("b", "fraud"), ("c", "fraud"), ("d", "fraud")]


def test_objections_keep_their_channel_and_last_day():
    said = [
        {"customer_id": "a", "time": 3, "channel": "email"},
        {"customer_id": "a", "time": 5, "channel": "email"},
        {"customer_id": "a", "time": None, "channel": ""},
    ]
    found = collected({}, {"objections": said}).objections.to_pylist()
    assert {(row["channel"], row["time"]) for row in found} == {("email", 5), (None, None)}
    bare = collected({}, {"objections": [{"customer_id": "a"}]}).objections
    assert bare.to_pylist() == [{"customer_id": "a", "channel": None, "time": None}]


def test_what_cannot_be_looked_at_is_said():
    assert len(collected({}).missing) == 2
    some = {"campaigns": [{"customer_id": "a", "time": 1, "campaign": "x"}]}
    assert collected(some, complaint_types=[]).missing == ()
    assert collected({}).consents is None
