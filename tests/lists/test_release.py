"""The release gate: both sides of every bound, what cannot be compared, and who may let what pass."""

from fractions import Fraction
from statistics import median

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from churnlab.config.release import Release as Bounds
from churnlab.errors import ConfigError, GateError, HeldError
from churnlab.lists import release
from churnlab.lists.release import Approval, Candidate, Released, judge

SAME = "the same terms and cuts"
NAMES = ("retain", "rationalise", "win_back", "release", "unclassified")


def sizes(*each):
    """Customers of the strategies, in the order of NAMES, and of all."""
    given = dict(zip(NAMES, [*each, *[0] * (len(NAMES) - len(each))], strict=True))
    return {**given, "all": sum(given.values())}


def before(*releases, comparable=SAME):
    """Releases of earlier dates, the last one first."""
    days = [f"2025-05-{20 - back:02d}" for back in range(len(releases))]
    return [Released(day, comparable, sizes(*each)) for day, each in zip(days, releases, strict=True)]


USUAL = Bounds()


def outcomes(new, earlier=(), bounds=USUAL, approvals=()):
    """Name -> how it came out; nothing where there was nothing to judge."""
    return {each.name: each.outcome for each in judge(new, earlier, bounds, approvals).checks}


def new(*each, **more):
    return Candidate(SAME, sizes(*each), **more)


@pytest.mark.parametrize(
    ("here", "outcome"),
    [
        (49, "failed"),  # the median of 80, 100, 100 and 120 is 100
        (50, "warned"),
        (74, "warned"),
        (75, "passed"),
        (150, "passed"),
        (151, "warned"),
        (200, "warned"),
        (201, "failed"),
    ],
)
def test_the_size_of_a_list_beside_the_median_of_the_last_four(here, outcome):
    earlier = before((100,), (80,), (120,), (100,), (9_000,))  # the fifth is too long ago
    assert outcomes(new(here), earlier)["size.retain"] == outcome
    assert outcomes(new(here), earlier)["size.all"] == outcome


def test_three_releases_give_no_median_and_configured_sizes_hold_always():
    three = before((1_000,), (1_000,), (1_000,))
    assert "size.retain" not in outcomes(new(10), three)
    bounds = Bounds(sizes={"retain": (20, 500), "all": (0, 500)})
    for earlier in ((), three, three + before((1_000,))[:1]):
        assert outcomes(new(19), earlier[:3], bounds)["size.retain"] == "failed"
        assert outcomes(new(20), earlier[:3], bounds)["size.retain"] == "passed"
    assert outcomes(new(500), (), bounds) == {"size.retain": "passed", "size.all": "passed"}
    assert outcomes(new(501), (), bounds) == {"size.retain": "failed", "size.all": "failed"}


@pytest.mark.parametrize(
    ("was", "here", "judged"), [(49, 3, False), (50, 3, True), (3, 49, False), (0, 50, True)]
)
def test_a_list_of_a_handful_is_not_judged_but_one_that_was_long_is(was, here, judged):
    found = outcomes(new(here), before(*[(was,)] * 4))
    assert found.get("size.retain") == ("failed" if judged else None)


@pytest.mark.parametrize(
    ("here", "outcome"),
    [(300, "passed"), (350, "passed"), (351, "warned"), (400, "warned"), (401, "failed"), (199, "failed")],
)
def test_the_share_of_a_strategy_beside_the_last_release(here, outcome):
    # Then 300 of 1,000 = 30 %. To exactly 40 % is 10 points: not more than 10.
    earlier = before((300, 700), (900, 100))  # the one before the last does not count
    assert outcomes(new(here, 1_000 - here), earlier)["share.retain"] == outcome


@pytest.mark.parametrize(("now", "then", "judged"), [(200, 200, True), (199, 200, False), (200, 199, False)])
def test_shares_of_a_tiny_shop_are_not_judged(now, then, judged):
    found = outcomes(new(now, 0), before((0, then)))
    assert found.get("share.retain") == ("failed" if judged else None)


@given(
    st.lists(st.lists(st.integers(0, 900), min_size=5, max_size=5), min_size=4, max_size=6),
    st.lists(st.integers(0, 900), min_size=5, max_size=5),
)
@settings(max_examples=300, deadline=None)
@example([[100, 300, 0, 0, 0]] * 4, [140, 260, 0, 0, 0])
def test_sizes_and_shares_are_those_of_the_definition(earlier, here):
    found = outcomes(new(*here), before(*earlier))
    last, total, then = earlier[0], sum(here), sum(earlier[0])
    for place, name in enumerate(NAMES):
        usual = Fraction(median([Fraction(each[place]) for each in earlier[:4]]))
        expected = None
        if max(usual, here[place]) >= 50:
            ratio = here[place] / usual if usual else None
            blocked = ratio is None or not Fraction(1, 2) <= ratio <= 2
            told = ratio is None or not Fraction(3, 4) <= ratio <= Fraction(3, 2)
            expected = "failed" if blocked else "warned" if told else "passed"
        assert found.get(f"size.{name}") == expected
        expected = None
        if min(total, then) >= 200:
            shift = abs(Fraction(here[place], total) - Fraction(last[place], then))
            if shift > Fraction(1, 10):
                expected = "failed"
            else:
                expected = "warned" if shift > Fraction(1, 20) else "passed"
        assert found.get(f"share.{name}") == expected


@pytest.mark.parametrize(
    ("index", "customers", "outcome"),
    [
        (0.199, 10_000, "warned"),
        (0.200, 10_000, "failed"),
        (0.050, 10_000, "warned"),
        (0.049, 10_000, "passed"),
        (0.064, 1_000, "passed"),  # three times what luck alone explains of 1,000: .065
        (0.066, 1_000, "warned"),
        (0.9, 199, None),
        (0.9, 200, "failed"),
        (0.19, 200, "passed"),  # three times what luck alone explains of 200 lies above what stops
    ],
)
def test_how_far_scores_are_from_training(index, customers, outcome):
    some = new(10, indexes={"churn_risk": (index, customers)})
    assert outcomes(some, before((10,))).get("psi.churn_risk") == outcome


def test_the_luck_allowed_is_what_was_measured():
    # 99 % of indices of tenths lie below .117 for 200 customers, .022 for 1,000, .0056 for 5,000.
    for customers, measured in ((200, 0.117), (1_000, 0.022), (5_000, 0.0056)):
        assert release.NULL_P99 / customers == pytest.approx(measured, rel=0.3)


def test_the_first_lists_of_a_project_pass():
    moved = {"churn_risk": (0.9, 5_000), "value_if_retained": (0.01, 5_000)}
    found = outcomes(new(9, 900, indexes=moved))
    assert found == {"psi.churn_risk": "warned", "psi.value_if_retained": "passed"}
    assert outcomes(new(9, 900, indexes=moved), before((1,)))["psi.churn_risk"] == "failed"


@pytest.mark.parametrize(
    ("cost", "outcome"), [(90.0, "passed"), (90.01, "warned"), (100.0, "warned"), (100.01, "failed")]
)
def test_a_campaign_beside_its_budget_also_the_first_one(cost, outcome):
    assert outcomes(new(10, cost=(cost, 100.0)))["cost"] == outcome


@pytest.mark.parametrize(
    ("found", "customers", "outcome"),
    [(49.9, 5_000, "warned"), (50.0, 5_000, "passed"), (4.0, 100, "warned"), (5.0, 100, "passed")],
)
def test_few_different_risks_are_told(found, customers, outcome):
    assert outcomes(new(10, distinct=(found, customers)))["distinct"] == outcome


@pytest.mark.parametrize(("share", "outcome"), [(0.29, "warned"), (0.30, "passed"), (1.0, "passed")])
def test_other_customers_than_the_last_time_are_told(share, outcome):
    assert outcomes(new(10, overlap=share))["overlap"] == outcome


def test_lists_of_other_terms_or_cuts_are_not_compared_and_that_is_told():
    other = before(*[(900, 100)] * 4, comparable="other cuts")
    verdict = judge(new(100, 900), other, Bounds())
    assert [(each.name, each.outcome) for each in verdict.checks] == [("comparable", "warned")]
    # Older lists do not say what they are comparable with.
    assert "comparable" in outcomes(new(100, 900), before((900, 100), comparable=None))
    # Back to the old cuts: beside the releases that were made with them, though others came in between.
    mixed = [*before((500, 500), comparable="other cuts"), *before(*[(900, 100)] * 4)]
    found = outcomes(new(100, 900), mixed)
    assert found["share.retain"] == found["size.retain"] == "failed"


FAR = {"churn_risk": (0.5, 5_000)}


def test_each_failed_check_has_a_line_with_its_figures():
    verdict = judge(new(100, 900, indexes=FAR), before(*[(900, 100)] * 4), Bounds())
    with pytest.raises(HeldError, match="unlike the last releases") as caught:
        verdict.require("out/shop/lists/2025-06-01/staged/0123", "2025-06-01")
    assert isinstance(caught.value, GateError)
    assert caught.value.exit_code == 4
    lines = str(caught.value).splitlines()
    assert len(lines) == 2 + len(verdict.failed) == 2 + 5
    assert (
        "  size.retain: 100 customers, 0.11 times the median of the last 4 releases (900); "
        "0.5 to 2 times is allowed" in lines
    )
    assert (
        "  share.retain: 10.0% of the customers, 90.0% on 2025-05-20: moved by 80.0 points, 10 are allowed"
        in lines
    )
    assert any("stability index 0.500 against training (5,000 customers)" in line for line in lines)
    assert "--approve size.retain" in lines[-1]
    assert "staged/0123" in lines[-1]


def test_an_approval_lets_its_own_check_pass_and_no_other():
    some, earlier = new(100, 900, indexes=FAR), before(*[(900, 100)] * 4)
    named = [each.name for each in judge(some, earlier, Bounds()).failed]
    for name in named:
        verdict = judge(some, earlier, Bounds(), [Approval(name, "Ann", "the sale ended")])
        assert [each.name for each in verdict.failed] == [each for each in named if each != name]
        with pytest.raises(HeldError, match="unlike the last releases"):
            verdict.require("staged", "2025-06-01")
    verdict = judge(some, earlier, Bounds(), [Approval(name, "Ann", "the sale ended") for name in named])
    assert verdict.outcome == "approved"
    verdict.require("staged", "2025-06-01")
    assert len([note for note in verdict.notes() if note.endswith("approved by Ann: the sale ended")]) == 5
    assert verdict.as_dict()["approvals"][0] == {
        "check": "psi.churn_risk",
        "by": "Ann",
        "reason": "the sale ended",
    }


def test_an_approval_that_nothing_needs_is_not_kept():
    verdict = judge(new(10), (), Bounds(), [Approval("cost", "Ann", "for once")])
    assert (verdict.outcome, verdict.approvals) == ("passed", ())


@pytest.mark.parametrize("check", ["scores", "ids", "suppression", "identity"])
def test_what_nobody_may_approve(check):
    with pytest.raises(ConfigError, match="no approval lets that pass") as caught:
        Approval(check, "Ann", "please")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("size.retian", "Ann", "why"), r"did you mean 'size\.retain'"),
        (("share.all", "Ann", "why"), "no check has that name"),
        (("overlap", "Ann", "why"), "no check has that name"),
        (("cost", " ", "why"), "needs --by"),
        (("cost", "Ann", ""), "needs --by"),
        (("cost", "Ann", "x" * 501), "at most 500"),
    ],
)
def test_an_approval_says_what_who_and_why(given, told):
    with pytest.raises(ConfigError, match=told):
        Approval(*given)


def test_every_check_that_can_fail_can_be_named():
    bounds = Bounds(sizes=dict.fromkeys(release.LISTS, (1, 2)))
    some = new(
        900, 1, 400, 0, 0, indexes=dict.fromkeys(release.SCORES, (1.0, 900)), cost=(2.0, 1.0), overlap=0.0
    )
    verdict = judge(some, before(*[(0, 900, 0, 0, 900)] * 4), bounds)
    assert {each.name for each in verdict.failed} <= set(release.NAMES)
    assert {"size.all", "share.win_back", "psi.churn_risk", "cost"} <= {each.name for each in verdict.failed}


def test_a_manifest_says_what_is_compared():
    rows = [{"strategy": name, "customers": number} for name, number in sizes(3, 4).items()]
    found = Released.of({"as_of": "2025-05-01", "strategies": rows, "comparable": "abc"})
    assert found == Released("2025-05-01", "abc", sizes(3, 4))
    assert Released.of({"as_of": "2025-05-01", "strategies": rows}).comparable is None
