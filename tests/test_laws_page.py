"""The page on laws: every test it names exists, and every law is tried on 200 drawn worlds at least."""

import ast
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


EXAMPLES = re.findall(r"^\| [\w -]+ \| ([^|]*) \| (`tests/[^|]*) \|$", PAGE, re.MULTILINE)
DATE = re.compile(r"\b(?:\d{4}-)?\d\d-\d\d\b")


def figures(text):
    """(as written, what it may be in a test) of every number of a text but dates: 60 % is 0.6 as well."""
    for written, percent in re.findall(r"(\d*\.?\d+)( %)?", DATE.sub("", text.replace(",", ""))):
        number = float(written)
        yield written + percent, {number, round(number / 100, 9)} if percent else {number}


@cache
def top_level(file):
    """Name -> the statement of a test file that defines it, a test with its decorators."""
    found = {}
    for statement in ast.parse((ROOT / file).read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.FunctionDef):
            found[statement.name] = statement
        for target in getattr(statement, "targets", ()):
            found |= {each.id: statement for each in ast.walk(target) if isinstance(each, ast.Name)}
    return found


def numbers(file, name):
    """Numbers in the code of a test, and of what it names in its own file; not of comments and texts."""
    defined, seen, waiting, found = top_level(file), set(), [name], set()
    while waiting:
        if (each := waiting.pop()) in seen:
            continue
        seen.add(each)
        for node in ast.walk(defined[each]):
            if isinstance(node, ast.Name) and node.id in defined:
                waiting.append(node.id)
            elif isinstance(node, ast.Constant) and type(node.value) in {int, float}:
                found.add(float(node.value))
    return found


def test_a_figure_is_a_whole_number_of_the_very_test():
    text = "from 2026-01-31, not 04-02: -28.2, 1,802, .04 and 60 % of 7.5"
    assert [meant for _, meant in figures(text)] == [{28.2}, {1_802}, {0.04}, {60, 0.6}, {7.5}]
    here = numbers("tests/test_laws_page.py", "test_a_law_is_tried_on_200_worlds_at_least")
    # 200 of its own, 0 of the helper it calls, 1 of a constant; nothing of the lines above, no part of 1,802.
    assert here == {200, 0, 1}


@pytest.mark.parametrize(("text", "named"), EXAMPLES)
def test_every_number_of_the_second_table_stands_in_its_test(text, named):
    there = set()
    for file, name in re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", named):
        there |= numbers(file, name)
    missing = [written for written, meant in figures(text) if not meant & there]
    assert not missing
