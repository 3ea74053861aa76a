"""Who may be contacted: by hand, against a decision row by row, and by laws."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from churnlab.config.suppression import Suppression
from churnlab.lists import matching, suppression
from churnlab.lists.suppression import BIT, REASONS, Contact, Permissions
from refusing import DAY, facts, folded, instant, same_person

EMAIL = Contact("email", "marketing")
PHONE = Contact("phone", "marketing")
SERVICE = Contact("phone", "delivery", kind="service")
MAY, JUNE = instant(2025, 5, 1), instant(2025, 6, 1)
YES = [(who, "email", "marketing", MAY, None) for who in ("a", "b")]


def verdicts(ids, asked, plan=None, **tables):
    return Permissions(facts(**tables), plan or Suppression()).verdicts(pa.array(ids, pa.string()), asked)


def reasons(ids, asked, plan=None, **tables):
    """customer -> reasons of who cannot be contacted at all."""
    masks = verdicts(ids, asked, plan, **tables).reasons()
    return {who: [r for r in REASONS if mask & BIT[r]] for who, mask in zip(ids, masks, strict=True) if mask}


def test_unknown_consent_is_no_and_given_is_yes():
    assert reasons(["a", "c"], [EMAIL], consents=YES) == {"c": ["no_consent"]}
    assert verdicts(["a", "c"], [EMAIL, PHONE], consents=YES).allowed.tolist() == [
        [True, False],
        [False, False],
    ]


@pytest.mark.parametrize(
    ("given", "withdrawn", "allowed"),
    [(MAY, None, True), (MAY, JUNE, False), (JUNE, MAY, True), (MAY, MAY, False), (None, MAY, False)],
)
def test_the_last_word_counts_and_at_the_same_instant_it_is_no(given, withdrawn, allowed):
    found = verdicts(["a"], [EMAIL], consents=[("a", "email", "marketing", given, withdrawn)])
    assert found.allowed.tolist() == [[allowed]]


def test_a_no_is_taken_from_any_spelling_and_a_yes_from_the_very_id_only():
    said = [("AB", "email", "marketing", MAY, None)]
    assert reasons(["ab", "AB"], [EMAIL], consents=said) == {"ab": ["no_consent"]}
    said += [("ab ", "email", "marketing", None, JUNE)]
    assert reasons(["AB"], [EMAIL], consents=said) == {"AB": ["no_consent"]}
    said += [("AB", "email", "marketing", JUNE + 1, None)]  # and once more yes, later
    assert reasons(["AB"], [EMAIL], consents=said) == {}


def test_a_declared_alias_speaks_for_its_person_both_ways():
    linked = [("crm-1", "a"), ("crm-2", "crm-1")]
    said = [("crm-2", "email", "marketing", MAY, None)]
    assert reasons(["a", "b"], [EMAIL], consents=said, aliases=linked) == {"b": ["no_consent"]}
    refused = [("CRM-2", None, None)]
    assert reasons(["a"], [EMAIL], consents=said, aliases=linked, objections=refused) == {"a": ["objection"]}


def test_an_objection_to_a_channel_closes_that_channel_and_to_a_strange_word_all_of_them():
    both = [*YES, ("a", "phone", "marketing", MAY, None)]
    found = verdicts(["a", "b"], [EMAIL, PHONE], consents=both, objections=[("a", " E-Mail", None)])
    assert found.whole.tolist() == [BIT["objection"], 0], "nobody uses that word: it may mean anything"
    plan = Suppression(channels={"email": ("e-mail",), "phone": ()})
    found = verdicts(["a", "b"], [EMAIL, PHONE], plan, consents=both, objections=[("a", " E-Mail", None)])
    assert found.whole.tolist() == [0, 0]
    assert found.closed.tolist() == [[BIT["channel_opt_out"], 0], [0, BIT["no_consent"]]]


def test_a_withdrawal_in_a_strange_word_counts_for_everything():
    said = [*YES, ("a", "all", "marketing", None, JUNE), ("b", "email", "everything", None, JUNE)]
    assert set(reasons(["a", "b"], [EMAIL], consents=said)) == {"a", "b"}
    known = Suppression(purposes={"marketing": (), "everything": ()}, channels={"email": (), "all": ()})
    assert reasons(["a", "b"], [EMAIL], known, consents=said) == {}


def test_service_needs_no_consent_but_stops_where_it_was_withdrawn_or_the_person_objects():
    said = [("b", "phone", "delivery", None, MAY)]
    open_ = [("a", JUNE)]
    assert reasons(["a", "b"], [SERVICE], consents=said, complaints=open_) == {"b": ["no_consent"]}
    found = reasons(
        ["a", "c"], [SERVICE], consents=said, objections=[("a", None, None), ("c", "phone", None)]
    )
    assert found == {"a": ["objection"], "c": ["channel_opt_out"]}


def test_an_open_complaint_and_a_purchase_since_stop_marketing():
    found = reasons(["a", "b"], [EMAIL], consents=YES, complaints=[("A", JUNE)], purchases=[("b", JUNE)])
    assert found == {"a": ["open_complaint"], "b": ["recent_purchase"]}


@pytest.mark.parametrize(
    ("last", "allowed"),
    # As of 1 July, 30 days reach back to the first instant of 1 June, which is inside.
    [((2025, 6, 1), False), ((2025, 5, 31, 23, 59, 59), True), ((2025, 7, 15), False)],
)
def test_a_cooldown_of_thirty_days_begins_with_the_day_thirty_days_ago(last, allowed):
    contacted = [("a", "call", instant(*last), 1)]
    assert verdicts(["a"], [EMAIL], consents=YES, contacts=contacted).allowed.tolist() == [[allowed]]


def test_an_action_may_wait_longer_or_shorter_than_the_plan():
    contacted = [("a", "call", instant(2025, 6, 20), 1)]
    asked = [EMAIL, Contact("email", "marketing", cooldown_days=5), Contact("email", "marketing", "service")]
    found = verdicts(["a"], asked, consents=YES, contacts=contacted)
    assert found.allowed.tolist() == [[False, True, True]]


def test_the_yearly_cap_counts_all_contacts_and_that_of_an_action_its_own_and_the_unknown():
    contacted = [("a", "call", MAY, 2), ("a", None, MAY, 1), ("a", "mail", MAY, 4)]
    asked = [
        Contact("email", "marketing", action="call", yearly_cap=4),
        Contact("email", "marketing", action="call", yearly_cap=3),
        Contact("email", "marketing", action="letter", yearly_cap=1),
    ]
    found = verdicts(["a"], asked, consents=YES, contacts=contacted)
    assert found.allowed.tolist() == [[True, False, False]]
    assert reasons(["a"], [EMAIL], Suppression(yearly_cap=7), consents=YES, contacts=contacted) == {
        "a": ["yearly_cap"]
    }
    assert reasons(["a"], [EMAIL], Suppression(yearly_cap=8), consents=YES, contacts=contacted) == {}


def test_marks_close_everything_and_an_unknown_age_where_that_is_asked():
    marked = [("A", "deceased"), ("a", "staff"), ("b", "minor")]
    assert reasons(["a", "b"], [EMAIL, SERVICE], consents=YES, marks=marked) == {
        "a": ["deceased", "staff"],
        "b": ["minor"],
    }
    assert reasons(["a", "b"], [EMAIL], consents=YES, adults=["a"]) == {"b": ["minor"]}


def test_where_consents_are_not_required_only_a_no_counts():
    plan = Suppression(not_required={"consents": "contracts only, nothing is sold"})
    assert reasons(["a", "b"], [EMAIL], plan, consents=None) == {}
    said = [("a", "email", "marketing", None, MAY)]
    assert reasons(["a", "b"], [EMAIL], plan, consents=said) == {"a": ["no_consent"]}
    assert set(reasons(["a", "b"], [EMAIL], consents=None)) == {"a", "b"}, "required, and nothing is known"


def test_who_has_one_contact_left_is_not_suppressed_and_candidates_decide_which_count():
    found = verdicts(["a", "c"], [EMAIL, PHONE], consents=YES)
    assert (found.reasons() > 0).tolist() == [False, True]
    only_phone = np.array([[False, True], [False, False]])
    assert (found.reasons(only_phone) > 0).tolist() == [True, False], "who has no candidate is not selected"


ids = st.sampled_from(["a", "A", " a", "é", "e\u0301", "É", "b", "B", "ß", "SS", "crm-1", "CRM-1"])
people = ["a", "A", "é", "É", "b", "ß", "SS", "z"]
times = st.none() | st.sampled_from([MAY, MAY + 1, JUNE])
channels = st.sampled_from(["email", "Email ", "phone", "post"])
worlds = st.fixed_dictionaries(
    {
        "objections": st.lists(st.tuples(ids, st.none() | channels, times), max_size=2),
        "consents": st.lists(
            st.tuples(ids, channels, st.sampled_from(["marketing", "all"]), times, times), max_size=9
        ),
        "aliases": st.lists(st.tuples(ids, ids), max_size=2),
        "marks": st.lists(st.tuples(ids, st.sampled_from(["deceased", "test"])), max_size=1),
        "complaints": st.lists(st.tuples(ids, st.just(JUNE)), max_size=1),
    }
)


def may(who, contact, world):
    """Whether a person may be contacted so, row by row."""
    linked = world["aliases"]

    def mine(row, *, loosely=True):
        return same_person(who, row[0], linked, loosely=loosely)

    used = {"email", "phone"} | {folded(row[1]) for row in world["consents"] if row[3] is not None}
    meant = {"marketing"} | {folded(row[2]) for row in world["consents"] if row[3] is not None}
    if any(mine(row) for row in (*world["marks"], *world["complaints"])):
        return False
    for row in filter(mine, world["objections"]):
        if row[1] is None or folded(row[1]) == contact.channel or folded(row[1]) not in used:
            return False
    no = [
        row[4]
        for row in filter(mine, world["consents"])
        if row[4] is not None
        and (folded(row[1]) == contact.channel or folded(row[1]) not in used)
        and (folded(row[2]) == contact.purpose or folded(row[2]) not in meant)
    ]
    yes = [
        row[3]
        for row in world["consents"]
        if row[3] is not None
        and mine(row, loosely=False)
        and (folded(row[1]), folded(row[2])) == (contact.channel, contact.purpose)
    ]
    return bool(yes) and (not no or max(yes) > max(no))


def check_against_the_plain_way(world):
    found = verdicts(people, [EMAIL, PHONE], **world).allowed
    expected = [[may(who, contact, world) for contact in (EMAIL, PHONE)] for who in people]
    assert found.tolist() == expected, "not as decided row by row"


agreed = [(who, "email", "marketing", MAY, None) for who in people]


@settings(max_examples=400, deadline=None)
@given(worlds)
@example({"objections": [], "aliases": [], "marks": [], "complaints": [], "consents": agreed})
def test_the_decision_is_that_of_the_definition_row_by_row(world):
    check_against_the_plain_way(world)


@settings(max_examples=200, deadline=None)
@given(worlds, st.data())
def test_order_and_blocks_change_nothing_and_one_more_no_never_opens_anything(world, data):
    before = verdicts(people, [EMAIL, PHONE], **world).allowed
    mixed = {name: data.draw(st.permutations(rows)) for name, rows in world.items()}
    made = Permissions(facts(**mixed), Suppression())
    blocks = [made.verdicts(pa.array(people[at : at + 3]), [EMAIL, PHONE]).allowed for at in range(0, 8, 3)]
    assert np.array_equal(np.concatenate(blocks), before)
    more = data.draw(st.sampled_from(["objections", "consents", "marks"]))
    one = {
        "objections": (data.draw(ids), "email", None),
        "consents": (data.draw(ids), "email", "marketing", None, JUNE),
        "marks": (data.draw(ids), "deceased"),
    }[more]
    after = verdicts(people, [EMAIL, PHONE], **{**world, more: [*world[more], one]}).allowed
    assert not (after & ~before).any()


def at_the_same_instant_yes(self, agreeing, person, contact, channel, purpose):
    given, withdrawn = self._answers.last(channel, purpose)
    return given[agreeing] < withdrawn[person]


MUTANTS = {
    "suppression.Permissions._without_consent": at_the_same_instant_yes,
    "identities.normal": lambda ids: ids,
    "identities._Groups.keys": lambda self, ids: ids,
    "suppression.latest": lambda n, place, times, rows=None: matching.latest(n, place, times, None),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(monkeypatch, name):
    tied = [("a", "email", "marketing", MAY, MAY), ("b", "phone", "marketing", MAY, None)]
    said = [*tied, ("SS", "email", "marketing", MAY, None), ("z", "email", "marketing", MAY, None)]
    objections = [("ß", None, None), ("crm-1", None, None), ("b", "email", None)]
    world = {"consents": said, "objections": objections, "aliases": [("crm-1", "z")], "marks": []}
    world |= {"complaints": []}
    check_against_the_plain_way(world)
    monkeypatch.setattr(f"churnlab.lists.{name}", MUTANTS[name])
    with pytest.raises(AssertionError, match="not as decided"):
        check_against_the_plain_way(world)


def test_ids_whose_marks_are_equal_are_told_apart(monkeypatch):
    monkeypatch.setattr(matching, "_marks", lambda texts: np.zeros(len(texts), dtype=np.int64))
    assert reasons(["a", "c"], [EMAIL], consents=YES) == {"c": ["no_consent"]}
    single = matching.Index.of(pa.array(["a"]))
    assert single.places(pa.array(["b", "a"])).tolist() == [-1, 0]


def test_a_lot_of_days_is_a_whole_day_each():
    assert facts().since(30) == instant(2025, 6, 1) == facts().since(0) - 30 * DAY
    assert suppression.WHOLE[0] == "objection"
