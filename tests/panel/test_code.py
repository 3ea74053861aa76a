"""Digests of code: every change of what is run changes them, and nothing else does."""

import shutil

import pytest

from churnlab.features import catalogue
from churnlab.panel import code


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A copy of the package that may be edited."""
    root = tmp_path / "churnlab"
    shutil.copytree(code.ROOT, root, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(code, "ROOT", root)
    return root


def edit(path):
    path.write_text(path.read_text(encoding="utf-8") + "\n# edited\n", encoding="utf-8")


def of_families():
    return {name: code.of_module(family.__module__) for name, family in catalogue.FAMILIES.items()}


def changed(before):
    return {name for name, found in of_families().items() if found != before[name]}


def test_an_edited_family_is_another_and_no_other_is(copied):
    before = of_families()
    edit(copied / "features" / "season.py")
    assert changed(before) == {"season"}


def test_what_a_family_imports_is_its_code(copied):
    before = of_families()
    edit(copied / "features" / "trend.py")
    assert changed(before) == {"trend", "breadth"}  # breadth takes from trend
    edit(copied / "features" / "feature.py")
    assert changed(before) == set(catalogue.FAMILIES)


def test_a_module_named_in_a_string_is_its_code(copied):
    (copied / "features" / "twin.py").write_text("x = 1\n")
    season = copied / "features" / "season.py"
    season.write_text(season.read_text() + '\nTWIN = "churnlab.features.twin"\n')
    before = of_families()
    edit(copied / "features" / "twin.py")
    assert changed(before) == {"season"}


def test_packages_are_all_their_files(copied):
    before = code.of_packages(["history", "labels"])
    edit(copied / "features" / "season.py")
    assert code.of_packages(["history", "labels"]) == before
    edit(copied / "labels.py")
    labelled = code.of_packages(["history", "labels"])
    (copied / "history" / "new.py").write_text("")
    assert len({before, labelled, code.of_packages(["history", "labels"])}) == 3


def test_every_family_has_code():
    found = of_families()
    assert len(set(found.values())) == len(found)


OWN = "from helper import half\nimport numpy as np\ndef busy(past):\n    from deep.inner import x\n"


def test_an_own_family_is_its_file_and_what_lies_beside_it(tmp_path):
    for name, text in {
        "own.py": OWN,
        "helper.py": "import further\n",
        "further.py": "",
        "deep/__init__.py": "",
        "deep/inner.py": "x = 1\n",
        "unrelated.py": "",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    before = code.of_own("own.py", tmp_path)
    edit(tmp_path / "unrelated.py")
    assert code.of_own("own.py", tmp_path) == before
    seen = {before}
    for name in ("own.py", "helper.py", "further.py", "deep/__init__.py", "deep/inner.py"):
        edit(tmp_path / name)
        seen.add(code.of_own("own.py", tmp_path))
    assert len(seen) == 6


def test_an_own_module_is_what_its_package_imports(tmp_path, monkeypatch):
    package = tmp_path / "shopfeatures"
    package.mkdir()
    for name, text in {
        "__init__": "",
        "points": "from shopfeatures import base\n",
        "base": "",
        "other": "",
    }.items():
        (package / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    before = code.of_own("shopfeatures.points", tmp_path / "elsewhere")
    edit(package / "other.py")
    assert code.of_own("shopfeatures.points", tmp_path / "elsewhere") == before
    edit(package / "base.py")
    assert code.of_own("shopfeatures.points", tmp_path / "elsewhere") != before


def test_a_file_that_is_no_python_counts_by_its_bytes(tmp_path):
    (tmp_path / "own.py").write_text("def (")
    before = code.of_own("own.py", tmp_path)
    edit(tmp_path / "own.py")
    assert code.of_own("own.py", tmp_path) != before
