"""The page on laws: every test it names exists, and every law is tried on 200 drawn worlds at least."""

import re
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from hypothesis import is_hypothesis_test

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "laws.md").read_text(encoding="utf-8")
LAWS = dict(re.findall(r"^\| (\d+)\. (.*)\|$", PAGE, re.MULTILINE))
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)))


@cache
def module(file):
    made = spec_from_file_location("named_" + re.sub(r"\W", "_", file), ROOT / file)
    found = module_from_spec(made)
    made.loader.exec_module(found)
    return found


def examples(file, name):
    """How many examples a property is tried on; 0 of a test that is none."""
    test = getattr(module(file), name)
    return test._hypothesis_internal_use_settings.max_examples if is_hypothesis_test(test) else 0


def test_there_are_fifteen():
    assert [*LAWS] == [str(number) for number in range(1, 16)]


@pytest.mark.parametrize(("file", "name"), NAMED, ids=lambda part: part.rpartition("/")[2])
def test_a_test_that_the_page_names_is_there(file, name):
    assert callable(getattr(module(file), name))


# Two hundred drawn files of one load are no property of Hypothesis, and counted where they are drawn.
COUNTED_THERE = {"test_columns_in_any_order_and_blanks_among_whole_numbers"}


@pytest.mark.parametrize("number", LAWS)
def test_a_law_is_tried_on_200_worlds_at_least(number):
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", LAWS[number])
    tried = {name: examples(file, name) for file, name in named if name not in COUNTED_THERE}
    assert tried
    assert min(tried.values()) >= 200, tried


def test_every_number_of_the_second_table_stands_in_its_test():
    """As far as a number is written the same way: 1,802 on the page is 1_802 in a test."""
    for text, named in re.findall(r"^\| [\w -]+ \| ([^|]*) \| (`tests/[^|]*) \|$", PAGE, re.MULTILINE):
        files = re.findall(r"`(tests/[\w/]+\.py)::", named)
        code = "".join((ROOT / file).read_text(encoding="utf-8") for file in files).replace("_", "")
        for figure in re.findall(r"(?<![\d-])\d*\.\d+|\b\d{3,}\b", text.replace(",", "")):
            if "-" not in text:  # dates are written otherwise
                assert figure.lstrip("0") in code, (figure, named)
