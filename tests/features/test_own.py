"""A project's own family: found, or told clearly why not."""

import sys

import numpy as np
import pytest

from churnlab.config import FeaturePlan
from churnlab.errors import ConfigError
from churnlab.features import own
from churnlab.features.catalogue import FAMILIES, compute, select
from pasts import DAY, past

GOOD = """
import numpy as np
from churnlab.features.feature import Feature

def points(past):
    yield Feature("points", np.arange(len(past.as_of)), "points", "Points", "economic", "{value}", "{value}")
"""

HISTORY = [{"customer": 0, "time": 0, "amount": 500}]


@pytest.fixture
def project(tmp_path):
    (tmp_path / "loyalty.py").write_text(GOOD)
    return tmp_path


def run(folder, body, name="family"):
    """What comes of a family with this body."""
    head = "import numpy as np\nfrom churnlab.features.feature import Feature\n"
    (folder / "mine.py").write_text(f"{head}def {name}(past):\n    {body}\n")
    family = own.load(f"mine.py:{name}", folder)
    return compute(past([(0, DAY), (0, 2 * DAY)], transactions=HISTORY), {name: family})


def test_a_function_of_a_file(project):
    families = select(FeaturePlan(families=("recency",), own=("loyalty.py:points",)), project)
    made = compute(past([(0, DAY), (0, 2 * DAY)], transactions=HISTORY), families)
    assert list(families) == ["recency", "points"]
    assert made[-1][0] == "points"
    np.testing.assert_array_equal(made[-1][1].values, [0, 1])


def test_a_function_of_a_module(project, monkeypatch):
    monkeypatch.syspath_prepend(project)
    monkeypatch.delitem(sys.modules, "loyalty", raising=False)
    assert list(select(FeaturePlan(own=("loyalty:points",)), project))[-1] == "points"


def test_two_projects_may_have_files_of_one_name(project, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "loyalty.py").write_text(
        GOOD.replace("np.arange(len(past.as_of))", "7 + np.arange(len(past.as_of))")
    )
    history = past([(0, DAY)], transactions=HISTORY)
    first, second = own.load("loyalty.py:points", project), own.load("loyalty.py:points", other)
    assert [next(first(history)).values[0], next(second(history)).values[0]] == [0, 7]


MISTAKES = [
    ("nothing.py:points", "there is no file nothing.py"),
    ("loyalty.py:point", "has no point; did you mean 'points'"),
    ("loyalty.py:np", "np is not a function"),
    ("loyalty.py:", "names no function"),
    ("../outside.py:points", "outside the project's root"),
    ("no_such_module_here:points", "module no_such_module_here cannot be imported"),
    ("broken.py:points", r"does not run\ngot: SyntaxError"),
    ("raises.py:points", r"does not run\ngot: ZeroDivisionError, raises.py line 1"),
]


@pytest.mark.parametrize(("spec", "told"), MISTAKES)
def test_a_family_that_cannot_be_loaded(project, spec, told):
    (project / "broken.py").write_text("def points(past:\n")
    (project / "raises.py").write_text("1 / 0\n")
    (project.parent / "outside.py").write_text(GOOD)
    with pytest.raises(ConfigError, match=told):
        own.load(spec, project)


def test_a_name_that_is_taken(project):
    (project / "other.py").write_text(GOOD.replace("def points", "def recency"))
    with pytest.raises(ConfigError, match="a family named recency exists already"):
        select(FeaturePlan(own=("other.py:recency",)), project)
    with pytest.raises(ConfigError, match="a family named points exists already"):
        select(FeaturePlan(own=("loyalty.py:points", "loyalty.py:points")), project)


ONE = 'Feature("one", {values}, "items", "One", "{dimension}", {en!r}, "{{value}}")'


def one(values="np.zeros(2)", dimension="economic", en="{value}"):
    return ONE.format(values=values, dimension=dimension, en=en)


FAULTS = [
    (f"return [{one()}, {one()}]", "family family makes one, which exists already"),
    (
        f"return [{one(values='np.zeros(3)')}]",
        r"one of family family needs one value per snapshot\ngot: shape \(3,\)",
    ),
    (f"return [{one(values='[0, 0]')}]", r"needs one value per snapshot\ngot: list"),
    (f"return [{one(values='np.array([0, np.inf])')}]", "one of family family is infinite"),
    (f"return [{one(values='np.zeros(2, dtype=bool)')}]", "values of a kind that is not known"),
    (f"return [{one(dimension='moral')}]", "has an unknown dimension"),
    (f"return [{one(en='{worth}')}]", "a sentence that cannot be filled"),
    (f"return [{one(en='a few')}]", "a sentence without {value}"),
    ('return ["one"]', r"yields something else than a Feature\ngot: str"),
    ("return None", r"the family fails\ngot: TypeError"),
    ('raise KeyError("customer 4711")', r"the family fails\ngot: KeyError, mine.py line 4"),
    (f"return [{one().replace('one', 'Orders 1', 1)}]", "has no plain name"),
]


@pytest.mark.parametrize(("body", "told"), FAULTS)
def test_a_family_that_makes_no_features(tmp_path, body, told):
    with pytest.raises(ConfigError, match=told) as raised:
        run(tmp_path, body)
    assert "4711" not in str(raised.value), "an error never shows a customer's id"


def test_a_faultless_family_of_text(tmp_path):
    text = one(values="np.array(['a', None], dtype=object)")
    made = run(tmp_path, f"return [{text}]")
    assert made[0][1].described("family").kind == "category"


def test_every_built_in_family_is_a_choice():
    assert tuple(FAMILIES) == FeaturePlan().families
