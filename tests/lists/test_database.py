"""Delivery into Postgres: rows and the word of it in one transaction, once, whatever is killed."""

import contextlib
import os
import random
import shutil
import signal

import psycopg
import pyarrow.parquet as pq
import pytest

import churnlab
from children import in_child
from churnlab.errors import ConfigError, GateError, IntegrityError, MachineError
from churnlab.lists import database, ledger
from deliveries import deliver, laid_out, lines, project, publish, states
from scored_people import scored, texts

pytestmark = pytest.mark.postgres

FOUR = ("retain", "rationalise", "win_back", "release")
SCHEDULES = int(os.environ.get("CHURNLAB_SCHEDULES", "50")) // 5
EXPORT = {"destination": {"postgres": {"dsn": "${env:CRM}", "table": "crm.lists", "deliveries": "crm.sent"}}}


@pytest.fixture
def crm(postgres_dsn, monkeypatch):
    """An empty schema; what to ask of it."""
    monkeypatch.setenv("CRM", postgres_dsn)
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS crm CASCADE")
        connection.execute("CREATE SCHEMA crm")

        def ask(statement):
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

        yield ask


@pytest.fixture
def shop(tmp_path):
    publish(tmp_path)
    return tmp_path


def run(root):
    return root / "out" / "shop" / "lists" / "2025-02-01" / ("run=" + "1" * 16)


def once_each(root, ask):
    found = {line["list_id"]: line for line in lines(root)}
    assert sorted(line["list"] for line in found.values()) == sorted(FOUR)
    assert len(lines(root)) == 4
    sent = ask("SELECT list_id, delivery, list, rows FROM crm.sent")
    assert sorted(sent) == sorted((i, 1, line["list"], line["rows"]) for i, line in found.items())
    counted = dict(ask("SELECT list_id, count(*) FROM crm.lists GROUP BY 1"))
    assert counted == {i: line["rows"] for i, line in found.items()}
    assert churnlab.verify_ledger(project(root, **EXPORT)).there == 4


def test_rows_arrive_with_their_types_and_once(shop, crm):
    assert states(deliver(shop, export=EXPORT)) == dict.fromkeys(FOUR, "delivered")
    once_each(shop, crm)
    types = dict(
        crm(
            "SELECT column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'crm' AND table_name = 'lists'"
        )
    )
    assert {types[name] for name in ("list_id", "customer_id", "segment")} == {"text"}
    assert (types["scored_at"], types["churn_risk"], types["rank_in_list"]) == (
        "date",
        "double precision",
        "bigint",
    )
    assert states(deliver(shop, export=EXPORT)) == dict.fromkeys(FOUR, "was delivered before")
    once_each(shop, crm)
    assert not list((shop / "out" / "shop" / "outbox").iterdir()), "no copy stays here"


def test_every_value_arrives_as_it_is(tmp_path, crm):
    words = ['say "hi", you', "two\nlines", "=1+1", "", "\\N", "é€", None, "'", "tab\tbed"]
    people = scored([f"{i:05d}" for i in range(90)], segment=texts([words[i % 9] for i in range(90)]))
    publish(tmp_path, people=people)
    deliver(tmp_path, export=EXPORT, lists=["all"])
    table = pq.read_table(run(tmp_path) / "all.parquet")
    names = ", ".join(table.column_names)
    found = crm(f"SELECT {names} FROM crm.lists")
    assert sorted(map(repr, found)) == sorted(repr(tuple(row.values())) for row in table.to_pylist())


def test_names_of_the_profile_become_columns(shop, crm):
    export = {**EXPORT, "leave_out": ["run_id"], "columns": {"churn_risk": "Risk"}, "id": "KEY"}
    deliver(shop, export=export, lists=["retain"])
    (how,) = [laid_out(pq.read_table(run(shop) / "retain.parquet"), **export)]
    names = [n for (n,) in crm("SELECT attname FROM pg_attribute WHERE attrelid = 'crm.lists'::regclass"
                               " AND attnum > 0 ORDER BY attnum")]  # fmt: skip
    assert names == ["list_id", *how.headers]
    assert "KEY" in names
    assert "run_id" not in names


@pytest.mark.parametrize("where", ["database.commit", "ledger.append", "ledger.fsync", "whole.rename"])
def test_a_run_that_dies_is_finished_by_the_next(shop, crm, where):
    def dying():
        os.environ["CHURNLAB_FAILPOINT"] = f"{where}:kill"
        deliver(shop, export=EXPORT)

    assert in_child(dying) == -signal.SIGKILL
    if where == "database.commit":
        assert crm("SELECT to_regclass('crm.sent') IS NULL") == [(True,)], "nothing half of a transaction"
    else:
        assert len(crm("SELECT * FROM crm.sent")) == 1, "committed before its line"
    told = deliver(shop, export=EXPORT)
    once_each(shop, crm)
    assert ("its line was missing" in states(told).values()) == (where in {"ledger.append", "whole.rename"})


@pytest.mark.parametrize("seed", range(SCHEDULES))
def test_a_schedule_of_kills(shop, crm, seed):
    chance = random.Random(seed)

    def dying(point, after, names):
        passed = [0]
        real = database.failpoint

        def counted(name):
            passed[0] += name == point
            if passed[0] > after:
                os.environ["CHURNLAB_FAILPOINT"] = f"{point}:kill"
            real(name)

        database.failpoint = ledger.failpoint = counted
        deliver(shop, export=EXPORT, lists=names)

    for _ in range(chance.randint(2, 5)):
        point = chance.choice(["database.commit", "ledger.append", "ledger.fsync"])
        after, names = chance.randint(0, 3), chance.sample(FOUR, chance.randint(1, 4))
        ended = in_child(lambda: dying(point, after, names))  # noqa: B023 - run at once
        assert ended in {0, -signal.SIGKILL}
    deliver(shop, export=EXPORT)
    once_each(shop, crm)


def test_without_a_ledger_the_database_still_knows(shop, crm):
    deliver(shop, export=EXPORT)
    for name in ("ledger.jsonl", "ledger.head"):
        (shop / "out" / "shop" / name).unlink()
    assert states(deliver(shop, export=EXPORT)) == dict.fromkeys(FOUR, "its line was missing")
    once_each(shop, crm)


def test_two_machines_at_once_deliver_once(shop, crm, tmp_path_factory):
    """Each has a lock and a ledger of its own: only the database can tell that they do the same."""
    deliver(shop, export=EXPORT, lists=["release"])  # the tables are there
    other = tmp_path_factory.mktemp("other") / "shop"
    shutil.copytree(shop, other)
    gate, children = shop / "go", []
    for root in (shop, other):
        child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                while not gate.exists():
                    pass
                deliver(root, export=EXPORT)
                os._exit(0)
            os._exit(1)
        children.append(child)
    gate.write_bytes(b"")
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]
    for root in (shop, other):
        once_each(root, crm)


def test_delivered_again_rows_are_replaced(shop, crm):
    deliver(shop, export=EXPORT, lists=["retain"])
    before = crm("SELECT count(*) FROM crm.lists")
    crm("DELETE FROM crm.lists")
    again = deliver(shop, export=EXPORT, lists=["retain"], redeliver="somebody emptied it")
    assert states(again) == {"retain": "delivered again"}
    assert crm("SELECT count(*) FROM crm.lists") == before
    assert crm("SELECT delivery FROM crm.sent ORDER BY 1") == [(1,), (2,)]


def test_another_run_of_the_date_takes_the_place_of_the_rows_before(shop, crm):
    deliver(shop, export=EXPORT, lists=["retain", "release"])
    before = {line["list"]: line["list_id"] for line in lines(shop)}
    publish(shop, key="2" * 64, people=scored([f"{n:04d}" for n in range(9)]))

    def dying():
        os.environ["CHURNLAB_FAILPOINT"] = "database.commit:kill"
        deliver(shop, export=EXPORT, lists=["retain"], redeliver="scored anew")

    assert in_child(dying) == -signal.SIGKILL
    there = "SELECT DISTINCT list_id FROM crm.lists"
    assert set(crm(there)) == {(list_id,) for list_id in before.values()}, "together, or not at all"
    with pytest.raises(GateError, match="lists of another run of this date were delivered there before"):
        deliver(shop, export=EXPORT, lists=["retain"])
    (told,) = deliver(shop, export=EXPORT, lists=["retain"], redeliver="scored anew").outcomes
    assert set(crm(there)) == {(told.list_id,), (before["release"],)}
    assert crm(f"SELECT count(*) FROM crm.lists WHERE list_id = '{told.list_id}'") == [(told.rows,)]
    assert len(crm("SELECT * FROM crm.sent")) == 3, "that they were delivered stays"


def test_tables_that_do_not_fit_are_refused_and_nothing_is_kept(shop, crm):
    crm("CREATE TABLE crm.lists (list_id text, customer_id bigint)")
    with pytest.raises(ConfigError, match=r"crm\.lists has no column 'customer_id' of the type"):
        deliver(shop, export=EXPORT)
    assert crm("SELECT to_regclass('crm.sent') IS NULL") == [(True,)]
    assert lines(shop) == []


def test_columns_of_theirs_may_stand_beside(shop, crm):
    deliver(shop, export=EXPORT, lists=["retain"])
    crm("ALTER TABLE crm.lists ADD COLUMN called boolean")
    deliver(shop, export=EXPORT)
    once_each(shop, crm)


def test_another_record_under_the_same_name_is_found(shop, crm):
    deliver(shop, export=EXPORT, lists=["retain"])
    crm("UPDATE crm.sent SET record = replace(record, '\"rows\": ', '\"rows\": 1')")
    with pytest.raises(IntegrityError, match=r"delivery\.json was changed"):
        churnlab.verify_ledger(project(shop, **EXPORT))


def test_the_address_and_what_the_server_says_are_not_repeated(shop, crm, monkeypatch):
    crm("CREATE TABLE crm.sent (LIKE pg_class)")
    with pytest.raises(ConfigError, match="no column 'list_id'"):
        deliver(shop, export=EXPORT)
    monkeypatch.setenv("CRM", "postgresql://canary:secret@/nowhere?host=/nonexistent")
    with pytest.raises(MachineError, match="cannot connect") as caught:
        deliver(shop, export=EXPORT)
    assert "canary" not in str(caught.value)
    assert "${env:CRM}" in str(caught.value)
    monkeypatch.delenv("CRM")
    with pytest.raises(ConfigError, match="CRM is not set"):
        deliver(shop, export=EXPORT)


def test_without_rights_nothing_is_delivered(shop, crm, postgres_dsn, monkeypatch):
    crm("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'reader') THEN"
        " CREATE ROLE reader LOGIN; END IF; END $$")  # fmt: skip
    monkeypatch.setenv("CRM", postgres_dsn.replace("tester@", "reader@"))
    with pytest.raises(MachineError, match="nothing of it was kept") as caught:
        deliver(shop, export=EXPORT)
    assert "SQLSTATE" in str(caught.value)
    assert lines(shop) == []


def test_the_driver_that_is_missing_is_told(shop, monkeypatch):
    monkeypatch.setattr(database.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"delivering there needs psycopg") as caught:
        deliver(shop, export=EXPORT)
    assert "pip install 'churnlab[postgres]'" in str(caught.value)
