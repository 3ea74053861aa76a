"""Nobody who said no stands in a list, whoever said it how, when and in which spelling.

A schedule is one customer with all that is said of them: consents given and withdrawn in any order and
at the same instant, objections, by their id, another spelling of it or an alias. A world has many of
them, and something may happen to its files while the lists are made. CHURNLAB_SCHEDULES says how many
schedules are drawn (make suppression-campaign: 10,000).
"""

import contextlib
import csv
import dataclasses
import datetime as dt
import io
import os
import random
import unicodedata

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churnlab.config.meanings import SUPPRESSION
from churnlab.config.sources import Sources
from churnlab.config.suppression import Suppression
from churnlab.errors import GateError
from churnlab.lists import audit, last_check, suppression
from churnlab.lists.last_check import Refused
from churnlab.lists.suppression import Contact, Permissions
from churnlab.tables import facts, load, refusals
from loading import engine, source
from refusing import AS_OF, ZONE, folded
from scored_people import files_of, scored

A_WORLD = 100  # schedules
SCHEDULES = int(os.environ.get("CHURNLAB_SCHEDULES", "500"))
CHANNELS = ("email", "phone")
ASKED = [Contact(channel, "marketing") for channel in CHANNELS]
BEGIN = dt.datetime(2025, 3, 1)
PLAN = Suppression(channels={"email": ("courriel",), "phone": ()}, min_match=0.3)


class LeftOutError(AssertionError):
    """Somebody who said yes last is not on the list."""


@dataclasses.dataclass
class Schedule:
    """``said``: (what, id, channel or None, second)."""

    who: str
    alias: str | None
    said: list[tuple[str, str, str | None, int]]

    def opted_out(self, channel):
        """By the definition: no consent that is later than every no, or an objection."""
        mine = {folded(self.who), *([folded(self.alias)] if self.alias else [])}
        exact = {self.who, *([self.alias] if self.alias else [])}
        named = {"email": "email", "courriel": "email", "phone": "phone", None: None}
        yes, no = [], []
        for what, who, word, second in self.said:
            if folded(who) not in mine:
                continue
            meant = named.get(word if word is None else folded(word), "anything")
            if what == "objection" and meant in {None, "anything", channel}:
                return True
            if what == "withdrawn" and meant in {"anything", channel}:
                no.append(second)
            if what == "given" and who in exact and meant == channel:
                yes.append(second)
        return not yes or max(no, default=-1) >= max(yes)


def spelled(draw, text):
    """The text as another system may write it."""
    ways = [
        lambda t: t,
        str.upper,
        str.lower,
        lambda t: f" {t}",
        lambda t: f"{t}  ",
        lambda t: unicodedata.normalize("NFD", t),
        lambda t: unicodedata.normalize("NFC", t).upper(),
    ]
    return draw.choice(ways)(draw.choice(ways)(text))


def drawn(draw, number):
    """One schedule; half of its consents are given by the very id, so that many may be contacted."""
    who = draw.choice(["Cé{}", "ab-{}", "É{}ß", "{:06d}"]).format(number)
    if draw.random() < 0.2:
        who = unicodedata.normalize("NFD", who)
    alias = f"Crm-{number}" if draw.random() < 0.3 else None
    said = []
    for _ in range(draw.randrange(6)):
        what = draw.choice(["given", "given", "given", "withdrawn", "withdrawn", "objection"])
        base = alias if alias and draw.random() < 0.3 else who
        name = base if draw.random() < 0.5 else spelled(draw, base)
        word = draw.choice(["email", "email", "phone", "phone", " EMAIL", "Courriel", "pigeon"])
        if what == "objection" and draw.random() < 0.5:
            word = None
        said.append((what, name, word, draw.randrange(4)))
    if draw.random() < 0.5:
        said.insert(draw.randrange(len(said) + 1), ("given", who, draw.choice(CHANNELS), draw.randrange(5)))
    return Schedule(who, alias, said)


def cells(header, *rows):
    """A CSV of which every cell is quoted: spaces at the ends stay."""
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return ",".join(header) + "\n" + text.getvalue()


def written(folder, draw, schedules):
    """The sources of a world, their rows in any order."""
    said = [each for schedule in schedules for each in schedule.said]
    draw.shuffle(said)
    objections = [(who, word or "") for what, who, word, _ in said if what == "objection"]
    consents = [
        (who, (BEGIN + dt.timedelta(seconds=second)).isoformat(), word, "marketing", what)
        for what, who, word, second in said
        if what != "objection"
    ]
    aliases = [(each.who, each.alias)[:: draw.choice([1, -1])] for each in schedules if each.alias]
    content = {
        "transactions": cells(("customer_id", "time"), *((each.who, "2025-01-01") for each in schedules)),
        "objections": cells(("customer_id", "channel"), *objections),
        "consents": cells(("customer_id", "time", "channel", "purpose", "status"), *consents),
        "aliases": cells(("customer_id", "alias"), *aliases),
    }
    keys = {"complete_until": AS_OF}
    return Sources.model_validate(
        {
            table: [
                source(
                    folder,
                    text,
                    table=table,
                    **keys,
                    **({"confirmed_empty": True} if table != "transactions" else {}),
                )
            ]
            for table, text in content.items()
        }
    )


def nothing(folder, draw):
    """All stays as it is."""


def written_again(folder, draw):
    """The same bytes once more: a delivery repeated changes nothing."""
    path = folder / "consents.csv"
    path.write_bytes(path.read_bytes())


def one_more_no(folder, draw):
    with (folder / "objections.csv").open("a", encoding="utf-8") as file:
        file.write('"somebody",""\n')


def one_more_answer(folder, draw):
    with (folder / "consents.csv").open("a", encoding="utf-8") as file:
        file.write('"somebody","2025-03-01","email","marketing","withdrawn"\n')


def cut_short(folder, draw):
    # Inside the last row: without a manifest nobody can tell that a whole row is missing.
    path = folder / draw.choice(["objections.csv", "consents.csv", "aliases.csv"])
    path.write_bytes(path.read_bytes()[: -draw.randrange(1, 8)])


def taken_away(folder, draw):
    (folder / draw.choice(["objections.csv", "consents.csv", "aliases.csv"])).unlink()


def emptied(folder, draw):
    (folder / draw.choice(["objections.csv", "consents.csv"])).write_bytes(b"")


HARMLESS = (nothing, written_again)
HAPPENINGS = (*HARMLESS, nothing, nothing, one_more_no, one_more_answer, cut_short, taken_away, emptied)
MOMENTS = ("before", "during")


def permissions(folder, sources, happens):
    """What may be sent, from the sources as they are; ``happens`` while the lists are made."""
    around = {
        "root": folder,
        "data_roots": (),
        "zone": ZONE,
        "currency": "EUR",
        "con": engine(),
        "frames": {},
    }

    def refusing():
        with refusals.no_list():
            return load(sources, wanted=SUPPRESSION, **around)

    histories = load(sources, **around)
    read = refusing()
    refusals.dated(read, sources, PLAN, AS_OF, ZONE)
    made = Permissions(facts.collect(histories, read, PLAN, AS_OF, ZONE), PLAN)
    ids = facts.known_ids(histories)
    verdicts = made.verdicts(ids, ASKED)
    happens()
    refusals.confirm(sources, read.digests, root=folder, data_roots=(), again=refusing)
    return made, ids, verdicts


def lists(folder, ids, verdicts, place):
    """The list of a channel, as files of ``folder``, and everybody in the bytes of its CSV and Parquet."""
    allowed = ids.filter(pa.array(verdicts.allowed[:, place]))
    for name, content in files_of(scored(allowed.to_pylist()), formula_policy="escape").items():
        (folder / name).write_bytes(content)
    rows = csv.DictReader(io.StringIO((folder / "all.csv").read_text(encoding="utf-8"), newline=""))
    return {row["customer_id"] for row in rows} | {
        *pq.read_table(folder / "all.parquet")["customer_id"].to_pylist()
    }


def run(folder, seed):
    """One world: its opted-out customers that stand in a list, and how many were listed."""
    draw = random.Random(seed)
    schedules = [drawn(draw, number) for number in range(A_WORLD)]
    sources = written(folder, draw, schedules)
    happening, moment = draw.choice(HAPPENINGS), draw.choice(MOMENTS)
    if moment == "before":
        happening(folder, draw)
    stopped = made = None
    try:
        made, ids, verdicts = permissions(
            folder, sources, lambda: happening(folder, draw) if moment == "during" else None
        )
    except GateError as error:
        stopped = error
    if made is None:
        assert happening not in HARMLESS, f"no list, though nothing happened: {stopped}"
        assert stopped.exit_code == 4
        return [], 0
    appended = happening in {one_more_no, one_more_answer} and moment == "before"
    assert happening in HARMLESS or appended, f"a list in spite of {happening.__name__} {moment}"
    leaks, listed = [], 0
    for place, channel in enumerate(CHANNELS):
        out = folder / f"lists_{channel}"
        out.mkdir()
        there = lists(out, ids, verdicts, place)
        listed += len(there)
        leaks += [each for each in schedules if each.who in there and each.opted_out(channel)]
        unasked = [each for each in schedules if each.who not in there and not each.opted_out(channel)]
        if unasked:
            raise LeftOutError(f"seed {seed}: left out without a reason: {unasked[:2]}")
        refused = Refused(
            pa.concat_arrays([made.refused(), ids.filter(pa.array(~verdicts.allowed[:, place]))])
        )
        last_check.check(out.iterdir(), refused, made.same)
    table = audit.joined([audit.rows(ids, ["retain"] * len(ids), verdicts, ZONE)])
    neither = len(ids) - int(verdicts.allowed.any(axis=1).sum())
    audit.reconcile(len(ids), len(ids) - neither, audit.counts(table)["first"], 0)
    return leaks, listed


def test_no_opted_out_customer_stands_in_any_list(tmp_path):
    leaks, listed = [], 0
    for seed in range(-(-SCHEDULES // A_WORLD)):
        folder = tmp_path / str(seed)
        folder.mkdir()
        found, there = run(folder, seed)
        leaks += [(seed, each) for each in found]
        listed += there
    assert leaks[:3] == []
    assert listed > SCHEDULES / 20, "lists were made at all"


@pytest.mark.parametrize("happening", [each for each in HAPPENINGS if each not in HARMLESS])
def test_what_happens_to_the_files_during_the_run_stops_it(tmp_path, happening):
    draw = random.Random(1)
    sources = written(tmp_path, draw, [drawn(draw, number) for number in range(8)])
    with pytest.raises(GateError, match="no list"):
        permissions(tmp_path, sources, lambda: happening(tmp_path, draw))


def yes_wins(self, agreeing, person, contact, channel, purpose):
    given, withdrawn = self._answers.last(channel, purpose)
    return given[agreeing] < withdrawn[person]


MUTANTS = {
    "suppression.Permissions._without_consent": yes_wins,
    "identities.normal": lambda ids: ids,
    "identities._Groups.keys": lambda self, ids: ids,
    "suppression.Permissions._objections": lambda self, channels: {
        None: suppression.latest(
            len(self._people), self._rows["contacts"], suppression.numbers(self.facts.contacts["last"])
        )
    },
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_leaks(tmp_path, monkeypatch, name):
    monkeypatch.setattr(f"churnlab.lists.{name}", MUTANTS[name])
    monkeypatch.setitem(globals(), "HAPPENINGS", (nothing,))
    monkeypatch.setattr(last_check, "check", lambda *arguments: 0)
    with contextlib.suppress(LeftOutError):
        leaks, _ = run(tmp_path, 0)
        assert leaks
