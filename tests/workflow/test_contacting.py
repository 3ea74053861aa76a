"""A campaign from sources to published lists: who is on them, who is contacted, and what nobody may read."""

import datetime as dt
import hashlib
import hmac
import json
import os
import re
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import churnlab
import contacting_shop
from churnlab import cli
from churnlab.errors import ConfigError, GateError
from churnlab.lists import commit, last_check
from churnlab.lists.screen import Screen
from churnlab.workflow import contacting
from contacting_shop import IDS, SALT

DAY, BEFORE = dt.date(2025, 5, 1), dt.date(2025, 3, 1)


@pytest.fixture(scope="module")
def shop(tmp_path_factory, migrated_store):
    """A trained project whose lists of DAY are published."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copy(migrated_store, folder / "mlflow.db")
    contacting_shop.write(folder)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID"):
            patch.delenv(name, raising=False)
        patch.setenv("SHOP_SALT", SALT)
        churnlab.train(churnlab.load(folder / "shop.yaml"))
        yield folder


@pytest.fixture(scope="module")
def done(shop):
    return score(shop)


@pytest.fixture
def fresh(shop):
    """The same project before any list, all files in order."""
    shutil.rmtree(shop / "out" / "shop" / "lists", ignore_errors=True)
    contacting_shop.say(shop)
    yield shop
    shutil.rmtree(shop / "out" / "shop" / "lists", ignore_errors=True)
    contacting_shop.say(shop)
    score(shop)


def score(shop, *overrides, day=DAY):
    return churnlab.score(churnlab.load(shop / "shop.yaml", overrides), day)


def rows_of(folder, name="all"):
    return pq.read_table(folder / f"{name}.parquet").to_pylist()


def contents(folder):
    """Every byte of a run, but for what its manifest says of when and where."""
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    found["manifest.json"] = found["manifest.json"].split(b'"info"')[0]
    return found


def parts_of_ten_thousand(salt, purpose, name, client, word=0):
    """The draw by its definition: HMAC of the id under an HMAC of the purpose."""
    key = hmac.new(salt.encode(), f"{purpose}\0{name}".encode(), hashlib.sha256).digest()
    draw = hmac.new(key, client.encode(), hashlib.sha256).digest()
    return int.from_bytes(draw[8 * word : 8 * word + 8], "big") % 10_000


ACTIONS = {
    "mail": ("email", {"retain", "win_back", "rationalise"}),
    "call": ("phone", {"retain", "win_back"}),
}


def who_is_kept_off(client, quadrant):
    """All reasons, by the rules of the shop, read customer by customer."""
    who = IDS.index(client)
    found = ["objection"] if who % 29 == 6 else []
    found += ["deceased"] if contacting_shop.dead(who) else []
    asked = [channel for channel, quadrants in ACTIONS.values() if quadrant in quadrants]
    if asked and not contacting_shop.consents(who) & {*asked}:
        found.append("no_consent")
    return found


def test_everybody_is_on_a_list_or_kept_off_for_the_reasons_there_are(done):
    listed, out = rows_of(done.folder), rows_of(done.folder, "excluded")
    people = {row["customer_id"]: row for row in (*listed, *out)}
    assert len(people) == len(listed) + len(out)
    said = {row["customer_id"]: row["reasons"].split("+") for row in out}
    expected = {client: who_is_kept_off(client, row["quadrant"]) for client, row in people.items()}
    assert said == {client: reasons for client, reasons in expected.items() if reasons}
    assert 20 < len(said) < len(listed), "a world with both kinds"
    told = commit.verify(done.folder)["suppressed"]
    firsts = [reasons[0] for reasons in said.values()]
    every = [reason for reasons in said.values() for reason in reasons]
    assert told["first_reason"] == {
        reason: firsts.count(reason) for reason in dict.fromkeys(told["first_reason"])
    }
    assert told["any_reason"] == {reason: every.count(reason) for reason in dict.fromkeys(told["any_reason"])}
    assert sum(told["first_reason"].values()) + len(listed) == len(people)
    assert all(row["quadrant_since"] == DAY or row["quadrant_since"] is None for row in out)
    assert all(row["value_if_retained"] is not None for row in out)


def check_arms(listed, facts, salt=SALT):
    """Each arm by its own definition, from the rows of a list and nothing else."""
    for row in listed:
        client, arm, action = row["customer_id"], row["arm"], row["action_id"]
        allowed = contacting_shop.consents(IDS.index(client))
        held = parts_of_ten_thousand(salt, "holdout", "2025", client) < 1_000
        assert (arm == "holdout") == (held and bool(allowed)), client
        assert (action is not None) == (arm in {"treated", "control", "explore"}), client
        if action is not None:
            channel, quadrants = ACTIONS[action]
            assert channel in allowed, client
            assert row["quadrant"] in quadrants, client
            assert row["action_channel"] == channel, client
        share = {"treat": 2_000, "test": 3_000}.get(row["decision"])
        drawn = parts_of_ten_thousand(salt, "campaign", "spring", client)
        if arm in {"treated", "control"}:
            assert (arm == "control") == (drawn < share), client
        if arm == "explore":
            assert parts_of_ten_thousand(salt, "campaign", "spring", client, word=1) < 1_000, client
    arms = [row["arm"] or "none" for row in listed]
    assert {name: arms.count(name) for name in facts["arms"]} == facts["arms"]


def test_arms_are_those_of_the_definition(done):
    facts = commit.verify(done.folder)["campaign"]
    check_arms(rows_of(done.folder), facts)
    assert all(facts["arms"][name] for name in ("treated", "control", "explore", "holdout", "none"))


def test_law_10_and_11_nobody_beyond_budget_and_channels(done):
    listed = rows_of(done.folder)
    contacted = [row for row in listed if row["arm"] in {"treated", "explore"}]
    spent = sum(Fraction(str(row["expected_cost"])) for row in contacted)
    facts = commit.verify(done.folder)["campaign"]
    assert 0 < spent <= 60
    assert facts["expected_cost"] == float(spent)
    assert sum(row["action_id"] == "call" for row in contacted) <= 12
    tests = [row for row in contacted if row["decision"] == "test" and row["arm"] == "treated"]
    assert 0 < len(tests) <= 30
    saved = sum(Fraction(str(row["expected_saved_value"])) for row in contacted)
    assert facts["expected_saved_value"] == float(saved)
    counted = {row["action"]: (row["contacted"], row["control"]) for row in facts["actions"]}
    for action, numbers in counted.items():
        mine = [row["arm"] for row in listed if row["action_id"] == action]
        assert numbers == (sum(arm in {"treated", "explore"} for arm in mine), mine.count("control"))


def test_what_is_saved_is_the_formula_of_the_page(done):
    for row in rows_of(done.folder):
        if row["arm"] in {"treated", "control"}:
            stake, risk = row["value_at_stake"], row["churn_risk"]
            rate, cost = {"mail": (0.2, 0.5), "call": (0.4, 4)}[row["action_id"]]
            assert row["expected_saved_value"] == pytest.approx(stake * risk * rate - cost, abs=0.0051)
            assert row["expected_cost"] == cost
            assert row["expected_saved_value"] > 0
            source = {"mail": "measured autumn", "call": "assumed"}[row["action_id"]]
            assert (row["uplift_source"], row["owner"]) == (
                source,
                {"mail": "letters", "call": "sales"}[row["action_id"]],
            )


def test_law_6_one_quadrant_and_one_phase_and_the_contacted_first(done):
    names = ("retain", "rationalise", "win_back", "release", "unclassified")
    parts = {name: rows_of(done.folder, name) for name in names}
    together = [row for name in names for row in parts[name]]
    assert together == rows_of(done.folder)
    for name, rows in parts.items():
        assert all(row["quadrant"] == name and row["phase"] for row in rows)
        assert [row["rank_in_list"] for row in rows] == list(range(1, len(rows) + 1))
        turns = [{"treated": 0, "control": 0, "explore": 1}.get(row["arm"], 2) for row in rows]
        assert turns == sorted(turns)
        losses = [row["expected_loss"] for row, turn in zip(rows, turns, strict=True) if turn == 2]
        assert losses == sorted(losses, reverse=True)


def test_only_their_owner_reads_them(done):
    for path in done.folder.iterdir():
        if path.suffix in {".csv", ".parquet"}:
            assert path.stat().st_mode & 0o777 == 0o600, path.name


def test_nobody_and_no_secret_is_told_of(shop, done, capsys):
    out = shop / "out" / "shop"
    with pytest.raises(SystemExit, match="0"):
        cli.main(["score", str(shop / "shop.yaml"), "--as-of", str(DAY)])
    told = capsys.readouterr()
    written = [done.folder / "manifest.json", shop / "mlflow.db"]
    written += [path for path in (shop / "mlartifacts").rglob("*") if path.is_file()]
    written += [
        path for path in out.rglob("*") if path.is_file() and path.suffix in {".json", ".html", ".log"}
    ]
    texts = {path: path.read_bytes() for path in written}
    texts |= {Path("stdout"): told.out.encode(), Path("stderr"): told.err.encode()}
    texts |= {Path("notes"): " ".join(done.notes).encode()}
    for path, content in texts.items():
        assert b"client-" not in content, path
        assert SALT.encode() not in content, path
    assert "Campaign spring: who is contacted, money in EUR" in told.out
    assert "Kept off the lists" in told.out


def test_the_page_on_screen_says_what_the_manifest_says(done):
    pages = {page["title"]: page for page in done.told.sections("EUR")}
    facts = commit.verify(done.folder)["campaign"]
    arms = next(page for title, page in pages.items() if title == "Arms")["lines"]
    assert f"{facts['arms']['treated']:,} treated" in arms[0]
    assert f"of {60:,.2f}" in arms[1]
    kept_off = next(page for title, page in pages.items() if title.startswith("Kept off"))
    assert {row[0] for row in kept_off["rows"]} == {"objection", "deceased", "no_consent"}


def test_one_customer_is_told_what_the_lists_say(shop, done, tmp_path):
    """Of each arm, and of who is kept off: selected with the action, compared with, or not."""
    listed = rows_of(done.folder)
    treated, control = (next(row for row in listed if row["arm"] == arm) for arm in ("treated", "control"))
    out = next(row for row in rows_of(done.folder, "excluded") if row["reasons"] == "no_consent")
    project, page = churnlab.load(shop / "shop.yaml"), tmp_path / "page.html"
    told = {
        row["customer_id"]: churnlab.explain_customer(project, row["customer_id"], html=page)
        for row in (treated, control, out)
    }
    first, second, third = (each.card["campaign"] for each in told.values())
    assert {key: first[key] for key in ("state", "name", "action", "channel", "expected_cost")} == {
        "state": "selected",
        "name": "spring",
        "action": treated["action_label"],
        "channel": treated["action_channel"],
        "expected_cost": treated["expected_cost"],
    }
    assert (second["state"], second["action"]) == ("comparison", None)
    assert (third["state"], third["kept_off"][0]["reason"]) == ("kept_off", "no_consent")
    assert f"Kept off the lists of {DAY}: no consent (" in page.read_text(encoding="utf-8")
    assert any(f"selected for {treated['action_label']}" in line for line in next(iter(told.values())).lines)
    earlier = churnlab.explain_customer(project, treated["customer_id"], BEFORE)
    assert earlier.card["campaign"] is None, "no lists were published for that day"


def test_again_is_nothing_new(shop, done):
    before = contents(done.folder)
    again = score(shop)
    assert (again.existed, again.folder) == (True, done.folder)
    assert contents(done.folder) == before
    assert again.told.campaign == done.told.campaign


def test_another_salt_is_another_run_with_other_arms(shop, done, monkeypatch):
    first = {row["customer_id"]: row["arm"] for row in rows_of(done.folder)}
    monkeypatch.setenv("SHOP_SALT", SALT + "!")
    other = score(shop)
    try:
        assert other.folder.name != done.folder.name
        rows = rows_of(other.folder)
        check_arms(rows, commit.verify(other.folder)["campaign"], SALT + "!")
        assert {row["customer_id"]: row["arm"] for row in rows} != first
        assert {row["customer_id"] for row in rows} == {*first}, "who is kept off is no matter of luck"
        monkeypatch.setenv("SHOP_SALT", "short")
        with pytest.raises(ConfigError, match="shorter than 16 letters") as caught:
            score(shop)
        assert "short" not in str(caught.value).replace("shorter", "")
    finally:
        monkeypatch.setenv("SHOP_SALT", SALT)
        shutil.rmtree(other.folder.parent)
        assert contents(score(shop).folder) == contents(done.folder)


def test_a_salt_that_nobody_gave_is_drawn_once_and_kept(fresh):
    path = fresh / "out" / "shop" / contacting.SALT
    first = score(fresh, "campaign.salt=null")
    salt = path.read_text(encoding="ascii").strip()
    assert (len(salt), path.stat().st_mode & 0o777) == (64, 0o600)
    (told,) = [note for note in first.notes if "arms are drawn with the secret" in note]
    assert contacting.SALT in told
    assert salt not in told
    assert score(fresh, "campaign.salt=null").existed
    check_arms(rows_of(first.folder), commit.verify(first.folder)["campaign"], salt)
    assert salt.encode() not in (first.folder / "manifest.json").read_bytes()
    path.unlink()
    assert score(fresh, "campaign.salt=null").folder != first.folder
    assert path.read_text(encoding="ascii").strip() != salt
    path.unlink()


def test_a_salt_that_was_lost_is_told_before_others_are_held_out(fresh, monkeypatch):
    score(fresh, day=BEFORE)
    monkeypatch.setenv("SHOP_SALT", "words that nobody would guess")
    with pytest.raises(ConfigError, match=f"not the secret of the lists of {BEFORE}") as caught:
        score(fresh)
    assert "nobody would guess" not in str(caught.value)
    assert score(fresh, "campaign.epoch=2026").folder.is_dir(), "a new epoch holds out others by intention"


def test_a_past_date_again_after_later_lists_gives_the_same_bytes(fresh):
    past = score(fresh, day=BEFORE)
    kept = contents(past.folder)
    later = score(fresh)
    assert score(fresh, day=BEFORE).existed
    shutil.rmtree(past.folder.parent)
    again = score(fresh, day=BEFORE)
    assert (again.existed, again.folder) == (False, past.folder)
    assert contents(again.folder) == kept
    assert commit.current(later.folder.parent) == later.folder
    was = {
        row["customer_id"]: row["quadrant"]
        for name in ("all", "excluded")
        for row in rows_of(past.folder, name)
    }
    now = {row["customer_id"]: row["quadrant_previous"] for row in rows_of(later.folder)}
    assert now == {client: was.get(client) for client in now}


def test_who_was_kept_off_is_remembered_where_they_stood(fresh):
    # client-0001 objects at first, and no longer at the second date.
    with (fresh / "refused.csv").open("a", encoding="utf-8") as file:
        file.write("client-0001\n")
    first = score(fresh, day=BEFORE)
    [kept_off] = [row for row in rows_of(first.folder, "excluded") if row["customer_id"] == "client-0001"]
    contacting_shop.say(fresh)
    [now] = [row for row in rows_of(score(fresh).folder) if row["customer_id"] == "client-0001"]
    assert now["quadrant_previous"] == kept_off["quadrant"]
    if now["quadrant"] == kept_off["quadrant"]:
        assert now["quadrant_since"] == BEFORE


BROKEN = {
    "missing": ("answers.csv", None),
    "one bad row": (
        "answers.csv",
        contacting_shop.answers() + "client-0001,yesterday,email,marketing,given\n",
    ),
    "of nobody": ("refused.csv", "id\n"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_bad_file_is_no_list_and_the_last_one_stays(fresh, capsys, fault):
    before = score(fresh)
    kept = contents(before.folder)
    name, content = BROKEN[fault]
    if content is None:
        (fresh / name).unlink()
    else:
        (fresh / name).write_text(content, encoding="utf-8")
    check_refused(fresh, before, kept, capsys)


def test_a_stale_file_is_no_list_and_the_last_one_stays(fresh, capsys):
    before = score(fresh)
    check_refused(
        fresh,
        before,
        contents(before.folder),
        capsys,
        "--set",
        "sources.consents.0.complete_until=2025-01-01",
    )


def check_refused(shop, before, kept, capsys, *more):
    with pytest.raises(SystemExit) as ended:
        cli.main(["score", str(shop / "shop.yaml"), "--as-of", str(DAY), *more])
    told = capsys.readouterr()
    assert ended.value.code == 4
    assert "no list: " in told.err
    assert "client-" not in told.err
    day = before.folder.parent
    assert (commit.current(day), contents(before.folder)) == (before.folder, kept)
    assert sorted(path.name for path in day.iterdir()) == [".lock", "CURRENT", before.folder.name]


def test_a_wrong_catalogue_is_told_with_its_place(shop, capsys):
    text = (shop / "shop.yaml").read_text(encoding="utf-8")
    head, _, rest = text.partition("  actions:\n")
    actions, _, tail = rest.partition("churn: {")
    (shop / "actions.yaml").write_text(
        "actions:\n" + actions.replace("owner: sales", "ownr: sales"), encoding="utf-8"
    )
    (shop / "other.yaml").write_text(f"{head}  catalogue: actions.yaml\nchurn: {{{tail}", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        cli.main(["score", str(shop / "other.yaml"), "--as-of", str(DAY)])
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert "actions.1" in told
    assert "ownr" in told
    assert "actions.yaml" in told


def test_everybody_has_said_no(fresh):
    (fresh / "refused.csv").write_text("id\n" + "".join(f"{who}\n" for who in IDS), encoding="utf-8")
    nobody = score(fresh)
    told = commit.verify(nobody.folder)
    assert rows_of(nobody.folder) == []
    assert told["suppressed"]["first_reason"] == {"objection": len(rows_of(nobody.folder, "excluded"))}
    assert set(told["campaign"]["arms"].values()) == {0}
    list(nobody.told.sections("EUR"))


def test_ids_that_differ_by_case_are_two_who_may_not_both_agree(fresh):
    """A yes is of the very id: one is listed, the other kept off, and there are lists."""
    for name in ("orders.csv", "people.csv"):
        path = fresh / name
        path.write_text(
            path.read_text(encoding="utf-8").replace("client-0002", "CLIENT-0001"), encoding="utf-8"
        )
    try:
        answers = contacting_shop.answers().replace("client-0002", "client-0299")
        (fresh / "answers.csv").write_text(answers, encoding="utf-8")
        made = score(fresh)
    finally:
        contacting_shop.write(fresh)
    listed = {row["customer_id"] for row in rows_of(made.folder)}
    out = {row["customer_id"]: row["reasons"] for row in rows_of(made.folder, "excluded")}
    assert "client-0001" in listed
    assert out["CLIENT-0001"] == "no_consent"


def test_a_leak_on_the_way_is_seen_last(fresh, monkeypatch):
    """Whoever would stand on a list all the same is found in its bytes: objected, dead, or not agreed."""
    before = score(fresh)
    sift = Screen.sift

    def leaking(self, block):
        kept, bits = sift(self, block)
        missing = ~(block.customer_id[:, None] == kept.customer_id).any(axis=1)
        return block.take(~missing | (block.customer_id == leak)), bits_of(block, missing, bits)

    def bits_of(block, missing, bits):
        import numpy as np

        whole = np.zeros(len(block), dtype=np.uint64)
        whole[~missing] = bits
        return whole[~missing | (block.customer_id == leak)]

    reasons = {row["reasons"]: row["customer_id"] for row in rows_of(before.folder, "excluded")}
    monkeypatch.setattr(Screen, "sift", leaking)
    monkeypatch.setattr("churnlab.lists.audit.reconcile", lambda *_: None)
    for leak in {reasons["objection"], reasons["deceased"], reasons["no_consent"]}:
        with pytest.raises(GateError, match="suppressed customers stand in") as caught:
            score(fresh, "lists.valid_days=9")
        assert leak not in str(caught.value)
    assert commit.current(before.folder.parent) == before.folder


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_action_without_consent_is_seen_last_in_the_list_of_a_strategy(fresh, monkeypatch, form):
    check = last_check.check

    def planted(files, *more):
        files = [*files]
        for path in files:
            table = pq.read_table(path.with_suffix(".parquet"))
            rows = zip(table["customer_id"].to_pylist(), table["action_id"].to_pylist(), strict=True)
            wrong = [
                who for who, name in rows if name and "phone" not in contacting_shop.consents(IDS.index(who))
            ]
            if path.suffix == f".{form}" and path.stem != "all" and wrong:
                planted.name, planted.who = path.name, wrong[0]
                call_instead(path, table, wrong[0])
                break
        return check(files, *more)

    def call_instead(path, table, who):
        if form == "csv":
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            mine = [line.replace('"mail"', '"call"') if f'"{who}"' in line else line for line in lines]
            path.write_text("".join(mine), encoding="utf-8")
            return
        rows = zip(table["customer_id"].to_pylist(), table["action_id"].to_pylist(), strict=True)
        named = pa.array(["call" if one == who else name for one, name in rows], pa.string())
        place = table.column_names.index("action_id")
        pq.write_table(table.set_column(place, table.schema.field(place), named), path)

    monkeypatch.setattr(last_check, "check", planted)
    with pytest.raises(GateError, match=r"not allowed it in (retain|rationalise|win_back)\.") as caught:
        score(fresh)
    assert f"in {planted.name}" in str(caught.value)
    assert "got: 1 of " in str(caught.value)
    assert planted.who not in str(caught.value)
    assert not (fresh / "out" / "shop" / "lists" / str(DAY) / "CURRENT").exists()


def test_eight_at_once(fresh):
    command = [sys.executable, "-m", "churnlab.cli", "score", str(fresh / "shop.yaml"), "--as-of", str(DAY)]
    environment = {**os.environ, "SHOP_SALT": SALT, "OMP_NUM_THREADS": "1"}
    started = [
        subprocess.Popen(
            command, env=environment, cwd=fresh, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(8)
    ]
    said = [each.communicate(timeout=300) for each in started]
    codes = [each.returncode for each in started]
    assert set(codes) <= {0, 6}, said
    assert codes.count(0) >= 1
    wrote = [
        out for (out, _), code in zip(said, codes, strict=True) if code == 0 and re.search(r"Written", out)
    ]
    assert len(wrote) == 1
    day = fresh / "out" / "shop" / "lists" / str(DAY)
    run = commit.current(day)
    told = commit.verify(run)
    assert [path.name for path in day.iterdir() if path.is_dir()] == [run.name]
    check_arms(rows_of(run), told["campaign"])
    assert json.dumps(told).count("client-") == 0


def test_without_a_campaign_a_consent_that_was_withdrawn_is_seen_at_delivery(shop, tmp_path):
    folder = tmp_path / "shop"
    shutil.copytree(shop, folder)
    config = (folder / "shop.yaml").read_text(encoding="utf-8")
    plain = config[: config.index("campaign:\n")] + config[config.index("churn: {horizon_days") :]
    (folder / "shop.yaml").write_text(plain, encoding="utf-8")
    listed = {row["customer_id"] for row in rows_of(score(folder).folder)}
    agreed = sorted(client for client in listed if len(contacting_shop.consents(IDS.index(client))) == 2)
    all_gone, one_gone = agreed[0], agreed[1]
    with (folder / "answers.csv").open("a", encoding="utf-8") as file:
        for client, channel in ((all_gone, "email"), (all_gone, "phone"), (one_gone, "phone")):
            file.write(f"{client},2025-04-30,{channel},marketing,withdrawn\n")
    told = churnlab.deliver(churnlab.load(folder / "shop.yaml"), lists=["all"], today=DAY)
    assert [dict(outcome.held_back) for outcome in told.outcomes] == [{"suppressed": 1}]
    [file] = (folder / "out" / "shop" / "outbox").rglob("*.parquet")
    assert {*pq.read_table(file)["customer_id"].to_pylist()} == listed - {all_gone}
    again = {row["customer_id"] for row in rows_of(score(folder).folder)}
    assert again == listed - {all_gone}, "as if they were made today"


def test_lists_of_the_past_say_that_orders_go_on_after_them(fresh):
    told = "the transactions go on for "
    assert any(note.startswith(told) for note in score(fresh, day=BEFORE).notes)
    without = score(fresh, "suppression.recent_purchase=false", day=BEFORE)
    assert not any(note.startswith(told) for note in without.notes)
