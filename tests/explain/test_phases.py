"""The picture of phases: both languages, and an area where the rules put each customer."""

import pytest

from churnlab.config.lifecycle import Lifecycle
from churnlab.explain import phases
from churnlab.explain.wording import words
from churnlab.strategy.lifecycle import Phase
from churnlab.strategy.moments import Moment


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_it_names_the_customers_and_is_the_same_each_time(locale):
    people = {"Amel": (1.5, -0.13)}
    drawn = phases.phase_map(Lifecycle(), people, locale)
    assert "Amel" in drawn.alt
    assert drawn == phases.phase_map(Lifecycle(), people, locale)
    assert drawn != phases.phase_map(Lifecycle(decline_gaps=2.5), people, locale)


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_pages_and_lists_use_the_same_names(locale):
    say = words(locale)
    assert {say[f"phase_{each}"] == each.label(locale) for each in Phase} == {True}
    assert {say[f"moment_{each}"] == each.label(locale) for each in Moment} == {True}
