"""Files by path, pattern and package: found in a fixed order, named without where they lie."""

import os

import pytest

from churnlab.errors import DataError
from churnlab.tables.locate import find


def found(folder, *files, data_roots=()):
    return [each.label for each in find(files, root=folder, data_roots=data_roots)]


@pytest.fixture
def folder(tmp_path):
    for name in ("b.csv", "a.csv", "deep/c.csv", "deep/er/d.csv", "[x].csv", "deep/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def test_order(folder):
    assert found(folder, "b.csv", "a.csv") == ["b.csv", "a.csv"], "as given"
    assert found(folder, "[ab].csv") == ["a.csv", "b.csv"], "by name"
    assert found(folder, "deep/**/*.csv") == ["deep/c.csv", "deep/er/d.csv"]
    assert found(folder, "deep/**") == ["deep/c.csv", "deep/er/d.csv", "deep/notes.txt"], (
        "folders are no files"
    )


def test_a_name_that_looks_like_a_pattern(folder):
    assert found(folder, "[x].csv") == ["[x].csv"]


def test_a_root_that_looks_like_a_pattern(tmp_path):
    root = tmp_path / "data [2024]"
    root.mkdir()
    (root / "a.csv").write_text("a")
    assert found(root, "*.csv") == ["a.csv"]


def test_a_package_is_found_without_being_imported(tmp_path, monkeypatch):
    package = tmp_path / "site" / "sample_rows"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    (package / "rows.csv").write_text("id\n")
    monkeypatch.syspath_prepend(str(package.parent))
    assert found(tmp_path / "elsewhere", "package:sample_rows/rows.csv") == ["package:sample_rows/rows.csv"]
    with pytest.raises(
        DataError, match=r"package:sample_rows/row.csv: no such file; did you mean 'rows.csv'\?"
    ):
        found(tmp_path, "package:sample_rows/row.csv")


@pytest.mark.parametrize(
    "given", ["package:", "package:os.path/x", "package:../x", "package:a-b/x", "package:this/x"]
)
def test_what_is_no_package(tmp_path, given):
    with pytest.raises(DataError, match=r"no such package is installed"):
        found(tmp_path, given)


def test_data_roots_start_at_the_root_or_are_absolute(tmp_path):
    for name in ("project", "lake/day"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "lake/day/a.csv").write_text("a")
    project = tmp_path / "project"
    for roots in (["../lake"], [str(tmp_path / "lake")]):
        assert found(project, "../lake/day/a.csv", data_roots=roots) == ["../lake/day/a.csv"]
        assert found(project, "../lake/*/*.csv", data_roots=roots) == ["../lake/day/a.csv"]


def test_a_root_reached_by_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.csv").write_text("a")
    (tmp_path / "link").symlink_to("real")
    assert found(tmp_path / "link", "a.csv") == ["a.csv"]


def test_a_file_that_may_not_be_read(folder, monkeypatch):
    def refused(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("churnlab.tables.locate.os.open", refused)
    with pytest.raises(DataError, match=r"a.csv: cannot be opened\ngot: Permission denied"):
        found(folder, "a.csv")


def test_names_that_would_break_a_message(tmp_path):
    for name in (b"a\nb.csv", b"\xe9.csv", "é\u202e.csv".encode()):
        (tmp_path / os.fsdecode(name)).write_bytes(name)
    assert found(tmp_path, "*.csv") == ["a\\nb.csv", "é\\u202e.csv", "\\udce9.csv"]


@pytest.mark.parametrize("wanted", [("a/x.csv", "b/x.csv"), ("*/x.csv",)])
def test_files_of_one_name_stay_apart_behind_a_link(tmp_path, wanted):
    for name in "ab":
        (tmp_path / "real" / name).mkdir(parents=True)
        (tmp_path / "real" / name / "x.csv").write_text(name)
    (tmp_path / "link").symlink_to("real")
    given = [str(tmp_path / "link" / name) for name in wanted]
    assert found(tmp_path / "link", *given) == ["a/x.csv", "b/x.csv"]


def test_no_label_stands_for_two_files(tmp_path):
    for name in ("project", "lake"):
        (tmp_path / name / "a").mkdir(parents=True)
        (tmp_path / name / "a" / "x.csv").write_text(name)
    lake = tmp_path / "lake"
    assert found(tmp_path / "project", "a/x.csv", str(lake / "a/x.csv"), data_roots=[str(lake)]) == [
        "a/x.csv",
        "a/x.csv (2)",
    ]
