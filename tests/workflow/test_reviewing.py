"""Reports of any version, and the model card: named in every way, and of what training kept only."""

import pytest

import churnlab
from churnlab import tracking
from churnlab.errors import ConfigError, DataError, IntegrityError
from signed_shop import DAY, ann, store


def test_a_report_of_any_version_beside_that_of_the_champion(two, signed_states):
    project = two()
    champion, challenger = churnlab.list_models(project).versions[::-1]
    first = churnlab.review(project).report
    assert first == signed_states.root / "out" / "shop" / "report.html"
    page = first.read_bytes()
    assert b"is not the champion" not in page
    assert b"No shops in May" in page
    assert b"at least one order before the date" in page
    for named in ("2", "v2", challenger.run_id, challenger.run_id[:12], f" {challenger.run_id.upper()}"):
        found = churnlab.review(project, run=named).report
        assert found == signed_states.root / "out" / "shop" / "report-2.html"
        assert b"Version 2 is not the champion: the lists are made by version 1." in found.read_bytes()
    assert churnlab.review(project, run=champion.run_id).report == first
    assert first.read_bytes() == page


def test_what_is_no_version_is_told_in_words(two):
    project = two()
    run_id = churnlab.list_models(project).versions[0].run_id
    typo = run_id[:10] + ("0" if run_id[10] != "0" else "1") + run_id[11:]
    with pytest.raises(DataError, match=f"is called '{typo}'; did you mean '{run_id}'") as caught:
        churnlab.review(project, run=typo)
    assert str(caught.value).splitlines()[1:] == [
        "got: the versions 2, 1",
        "mend: churnlab models CONFIG shows every version",
    ]
    for named in ("9", run_id[:3], "", "../etc"):
        with pytest.raises(DataError, match="that registered a version is called"):
            churnlab.review(project, run=named)
    with pytest.raises(ConfigError, match="no such format; did you mean 'html'"):
        churnlab.review(project, format="htm")
    with pytest.raises(DataError, match="version 2 has made no lists for 2025-05-01"):
        churnlab.review(project, DAY, "2")


def test_nothing_is_registered_yet(new_shop):
    with pytest.raises(DataError, match="no training of shop that registered a version is called '1'"):
        churnlab.review(new_shop(), run="1")
    with pytest.raises(ConfigError, match="which version is signed"):
        ann(new_shop())


def test_two_runs_that_begin_alike_are_asked_about(two, monkeypatch):
    project = two()
    listed = tracking.versions(store(project))
    alike = [
        churnlab.tracking.Version(v.version, f"abcd{v.version}", v.made, v.gate, v.reason) for v in listed
    ]
    monkeypatch.setattr(tracking, "versions", lambda _store: tuple(alike))
    with pytest.raises(ConfigError, match="abcd is the beginning of 2 runs"):
        churnlab.review(project, run="abcd")


def test_evidence_that_was_changed_or_is_gone_makes_no_report(one, signed_states):
    paths = list((signed_states.root / "mlartifacts").rglob("evidence.json"))
    for path in paths:
        path.write_text(path.read_text("utf-8").replace("<svg", "<svg onload=alert(1)"), encoding="utf-8")
    with pytest.raises(IntegrityError, match="what training kept of version 1 cannot be read"):
        churnlab.review(one(), run="1")
    for path in paths:
        path.unlink()
    with pytest.raises(IntegrityError, match="what training kept of version 1 cannot be read"):
        churnlab.review(one(), run="1")


def test_the_model_card_is_a_file_a_description_and_an_artifact(two, signed_states):
    project = two()
    path = churnlab.review(project, format="md").report
    card = path.read_text("utf-8")
    assert path == signed_states.root / "out" / "shop" / "model-card.md"
    assert card.startswith("# Model card: shop, version 1\n\n## What it decides\n\nWhich customers to keep")
    for told in ("* No shops in May\n", "**not signed**", "Settings tried by searches of this project: 0"):
        assert told in card
    assert "has been looked at 2 times" in card
    assert len(card) > 5_000
    told = store(project).client.get_model_version("shop", "1").description
    assert told.startswith(card[:2_000])
    assert "The whole card is the artifact `model-card.md` of the run `" in told
    assert len(told) <= 5_000
    (artifact,) = (signed_states.root / "mlartifacts").rglob("model-card.md")
    assert artifact.read_text("utf-8") == card
    assert churnlab.review(project, run="2", format="md").report.name == "model-card-2.md"
    with pytest.raises(ConfigError, match="no report of version 1 was written yet"):  # a card is not enough
        ann(project)
