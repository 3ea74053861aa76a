"""Model files: the same bytes twice, the same scores after loading, and nothing foreign is parsed."""

import json
from dataclasses import replace

import numpy as np
import pytest

from churnlab.errors import IntegrityError
from churnlab.models import boosted, files
from churnlab.models.churn import fit_churn
from churnlab.models.files import Models
from churnlab.models.value import fit_value
from customers import QUICK, drawn, on


@pytest.fixture(scope="module")
def panel():
    return drawn(300)


@pytest.fixture(scope="module")
def models(panel):
    train, later = on(panel, 0), on(panel, 30)
    churn = fit_churn(panel, train | later, QUICK)
    value = fit_value(panel, train | later, QUICK, same_horizon=True)
    return Models(churn, value, {"value_basis": "margin", "thresholds": {"value": 0.1 + 0.2, "é": None}})


@pytest.fixture
def kept(models, tmp_path):
    return tmp_path, files.save(tmp_path, models)


def test_what_is_loaded_scores_the_same_to_the_bit(models, kept, panel):
    folder, digests = kept
    loaded = files.load(folder, digests)
    assert loaded.extra == models.extra
    assert loaded.churn.risk(panel).tobytes() == models.churn.risk(panel).tobytes()
    assert loaded.value.if_retained(panel).tobytes() == models.value.if_retained(panel).tobytes()
    ours, theirs = loaded.churn.explained(panel), models.churn.explained(panel)
    for part in ("risk", "margin", "base", "contributions"):
        assert np.asarray(getattr(ours, part)).tobytes() == np.asarray(getattr(theirs, part)).tobytes()
    assert (loaded.churn.features, loaded.churn.reference) == (models.churn.features, models.churn.reference)


def test_the_same_training_gives_the_same_bytes(panel, kept, tmp_path_factory):
    train, later = on(panel, 0), on(panel, 30)
    again = Models(
        fit_churn(panel, train | later, QUICK.model_copy(update={"threads": 2})),
        fit_value(panel, train | later, QUICK, same_horizon=True),
        {"thresholds": {"é": None, "value": 0.1 + 0.2}, "value_basis": "margin"},
    )
    folder = tmp_path_factory.mktemp("again")
    assert files.save(folder, again) == kept[1]
    loaded = files.load(*kept)
    assert files.save(folder, loaded) == kept[1]  # a text of floats loses nothing


def test_only_json_is_written(kept):
    folder, digests = kept
    assert sorted(path.name for path in folder.iterdir()) == sorted(digests)
    for name in digests:
        json.loads((folder / name).read_text(encoding="utf-8"))


def test_a_model_without_value(models, tmp_path, panel):
    digests = files.save(tmp_path, replace(models, value=None))
    assert sorted(digests) == ["churn.json", "meta.json"]
    loaded = files.load(tmp_path, digests)
    assert loaded.value is None
    assert loaded.churn.risk(panel).tobytes() == models.churn.risk(panel).tobytes()


@pytest.mark.parametrize("name", ["churn.json", "value.json", "meta.json"])
@pytest.mark.parametrize("place", [0.0, 0.5, 0.999])
def test_a_flipped_bit_is_found_before_anything_is_parsed(kept, monkeypatch, name, place):
    folder, digests = kept
    content = bytearray((folder / name).read_bytes())
    content[int(place * len(content))] ^= 1
    (folder / name).write_bytes(content)
    monkeypatch.setattr(json, "loads", _never)
    monkeypatch.setattr(boosted.Trees, "require_readable", _never)
    with pytest.raises(IntegrityError, match=f"{name} has other bytes than were registered") as caught:
        files.load(folder, digests)
    assert caught.value.exit_code == 5


def _never(*args):
    raise AssertionError("parsed before it was verified")


def test_a_missing_file_or_one_elsewhere_is_refused(kept):
    folder, digests = kept
    (folder / "value.json").rename(folder / "elsewhere.json")
    with pytest.raises(IntegrityError, match=r"value\.json is missing"):
        files.load(folder, digests)
    (folder / "value.json").symlink_to(folder / "elsewhere.json")
    with pytest.raises(IntegrityError, match=r"value\.json is missing"):
        files.load(folder, digests)
    for path in ("../meta.json", "/etc/passwd", "model.pkl"):
        with pytest.raises(IntegrityError, match=r"is none of churn\.json"):
            files.load(folder, {**digests, path: "0" * 64})


def test_files_nobody_registered_are_not_opened(kept, panel, models):
    folder, digests = kept
    (folder / "model.pkl").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    assert files.load(folder, digests).churn.risk(panel).tobytes() == models.churn.risk(panel).tobytes()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("meta.json", b"{"),
        ("meta.json", b"[]"),
        ("meta.json", b'{"format": 1}'),
        ("meta.json", b'{"format": 99, "churn": {}, "value": null, "extra": {}}'),
        ("meta.json", b"\xff\xfe"),
        ("churn.json", b'{"learner": 3}'),
        ("churn.json", b""),
    ],
)
def test_registered_files_that_say_nothing_are_refused(kept, name, text):
    """Digests of the registry are right here: whoever registered them registered nonsense."""
    folder, digests = kept
    (folder / name).write_bytes(text)
    with pytest.raises(IntegrityError, match=r"(not those that were registered|a model file cannot be read)"):
        files.load(folder, {**digests, name: files.hashlib.sha256(text).hexdigest()})


def test_an_incomplete_record_is_refused(kept):
    folder, digests = kept
    with pytest.raises(IntegrityError, match=r"(?s)not those that were registered.*KeyError"):
        files.load(folder, {name: digest for name, digest in digests.items() if name != "churn.json"})


def test_without_digests_the_folder_is_taken_as_it_is(kept, panel, models):
    loaded = files.load(kept[0], None)
    assert loaded.value.if_retained(panel).tobytes() == models.value.if_retained(panel).tobytes()
