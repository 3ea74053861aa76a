"""What a project may say of who must not be contacted, and what it is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churnlab import config
from churnlab.config.suppression import Suppression, plain
from churnlab.errors import ConfigError

ORDERS = {
    "name": "orders",
    "files": ["orders.csv"],
    "times": {"format": "iso", "zone": "UTC"},
    "columns": {"customer_id": "id", "time": "date", "amount": "sum"},
}
OBJECTIONS = {"name": "refused", "files": ["no.csv"], "columns": {"customer_id": "id"}}
CONSENTS = {
    "name": "answers",
    "files": ["yes.csv"],
    "times": {"format": "iso", "zone": "UTC"},
    "columns": {"customer_id": "id", "time": "t", "channel": "c", "purpose": "p", "status": "s"},
}
PEOPLE = {
    "name": "people",
    "files": ["people.csv"],
    "columns": {"customer_id": "id"},
    "attributes": {
        "born": {"column": "born", "kind": "category", "use": "suppression"},
        "health": {"column": "health", "kind": "category", "use": "suppression"},
        "years": {"column": "years", "kind": "number", "use": "suppression"},
    },
}
BOTH = {"objections": [OBJECTIONS], "consents": [CONSENTS]}


def project(sources=None, **keys):
    raw = {"project": "shop", "time_zone": "UTC", "churn": {"horizon_days": 60}}
    return config.from_mapping({**raw, "sources": {"transactions": [ORDERS], **(sources or {})}, **keys})


def test_a_project_without_such_sources_suppresses_nobody():
    assert project().suppressing is None


def test_sources_alone_mean_the_defaults_and_both_are_required():
    plan = project(BOTH).suppressing
    assert plan == Suppression()
    assert plan.required == ("objections", "consents")


@pytest.mark.parametrize("there", ["objections", "consents"])
def test_a_required_source_that_is_missing_is_a_mistake(there):
    other = {"objections": "consents", "consents": "objections"}[there]
    with pytest.raises(ConfigError, match=rf"suppression needs sources\.{other}"):
        project({there: BOTH[there]})


def test_what_is_not_required_needs_a_reason():
    with pytest.raises(ConfigError, match="not_required"):
        project({"objections": [OBJECTIONS]}, suppression={"not_required": {"consents": "  no "}})
    why = "contracts only: nothing is advertised"
    found = project({"objections": [OBJECTIONS]}, suppression={"not_required": {"consents": why}})
    assert found.suppressing.required == ("objections",)
    assert found.suppressing.not_required == {"consents": why}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("max_quarantined", 5),
        ("max_quarantined", 0.5),
        ("expected_quarantine", {"customer_id_missing": 0.1}),
        ("since", "2025-01-01"),
        ("until", "2025-01-01"),
        ("conflicts", "latest"),
        ("allow_empty", True),
        ("id_normalise", "lower"),
    ],
)
@pytest.mark.parametrize("table", ["objections", "consents"])
def test_nothing_may_leave_a_row_out(table, key, value):
    lenient = {**BOTH, table: [{**BOTH[table][0], key: value}]}
    with pytest.raises(ConfigError, match=rf"{table}\.\w+: {key} cannot be set here"):
        project(lenient)


def test_confirmed_empty_is_for_these_sources_only():
    assert project({**BOTH, "objections": [{**OBJECTIONS, "confirmed_empty": True}]}).suppressing
    with pytest.raises(ConfigError, match="here it is allow_empty"):
        project({"customers": [{**PEOPLE, "confirmed_empty": True}]})


def test_an_attribute_for_suppression_is_neither_sensitive_nor_a_segment():
    sources = {**BOTH, "customers": [PEOPLE]}
    assert project(sources, suppression={"minors": {"birth_date": "born"}}).suppressing.minors.below == 18
    with pytest.raises(ConfigError, match="health is used as a segment, but no source has"):
        project(sources, evaluation={"segments": ["health"]})


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        ({"deceased": {"attribute": "dead", "values": ["x"]}}, "no source has an attribute dead"),
        ({"minors": {"age": "born"}}, "the attribute born must be of kind number"),
        ({"minors": {"birth_date": "years"}}, "the attribute years must be of kind category"),
        ({"minors": {"birth_date": "born", "age": "years"}}, "give either birth_date or age"),
        ({"minors": {"birth_date": "born", "format": "%d/%m/%y"}}, "format must be iso"),
        ({"given": ["Yes"], "withdrawn": [" yes "]}, "cannot mean both given and withdrawn"),
        ({"channels": {"email": ["mail"], "post": ["MAIL"]}}, "a word stands for two"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused(plan, told):
    with pytest.raises(ConfigError, match=told):
        project({**BOTH, "customers": [PEOPLE]}, suppression=plan)


def test_a_word_is_compared_without_case_spaces_and_ways_to_write_accents():
    # U+0345 folds to iota, and only the decomposed form shows that it is there.
    for one, other in [(" A ", "a"), ("e\u0301", "\u00c9"), ("\ufb03", "FFI"), ("\u1fb3", "\u0391\u0399")]:
        assert plain(one) == plain(other)
    assert len({plain(word) for word in ("a", "b", "a b", "ab", "\u0430")}) == 5


@settings(max_examples=300)
@given(st.text(max_size=12))
def test_comparing_twice_changes_nothing(text):
    assert plain(plain(text)) == plain(text)
    assert plain(f" {text.upper()} ") == plain(text.upper())
