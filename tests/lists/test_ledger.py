"""The ledger: a line is added or it is not, and whatever is changed afterwards is found."""

import hashlib
import json
import os
import random
import shutil
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from children import in_child
from churnlab.errors import IntegrityError
from churnlab.lists import ledger
from churnlab.lists.ledger import FIRST, HEAD, NAME, append, opened, verify

TIME = "2025-02-03T04:05:06+00:00"


def filled(folder, count=10):
    lines = ()
    for number in range(1, count + 1):
        lines = append(folder, lines, {"kind": "delivered", "list": "retain", "rows": number}, TIME)
    return lines


def texts(folder):
    return (folder / NAME).read_text().splitlines()


def sealed(body):
    """A line that is right in itself, made without the ledger's own code."""
    plain = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    body = {**body, "hash": hashlib.sha256(plain.encode()).hexdigest()}
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_by_hand(tmp_path):
    filled(tmp_path, 2)
    first, second = (json.loads(text) for text in texts(tmp_path))
    assert (first["sequence"], first["previous"], first["time"], first["rows"]) == (1, "0" * 64, TIME, 1)
    assert (second["sequence"], second["previous"]) == (2, first["hash"])
    body = {
        "kind": "delivered",
        "list": "retain",
        "previous": "0" * 64,
        "rows": 1,
        "sequence": 1,
        "time": TIME,
    }
    assert texts(tmp_path)[0] == sealed(body)
    head = json.loads((tmp_path / HEAD).read_text())
    assert head == {"sequence": 2, "hash": second["hash"], "next": None}
    assert {oct((tmp_path / name).stat().st_mode)[-3:] for name in (NAME, HEAD)} == {"600"}


def test_what_was_appended_is_what_is_read(tmp_path):
    lines = filled(tmp_path)
    assert opened(tmp_path) == verify(tmp_path).lines == lines
    assert [line.facts["rows"] for line in lines] == list(range(1, 11))
    assert verify(tmp_path / "nowhere").lines == ()


facts = st.dictionaries(
    st.text(max_size=5).filter(lambda name: name not in ledger._SEAL and name.isprintable()),
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
    max_size=4,
)


@given(st.lists(facts, max_size=5))
def test_any_facts_come_back(tmp_path_factory, said):
    folder = tmp_path_factory.mktemp("ledger")
    lines = ()
    for each in said:
        lines = append(folder, lines, each, TIME)
    assert [dict(line.facts) for line in opened(folder)] == said


def test_the_seal_is_not_for_others_to_say(tmp_path):
    with pytest.raises(ValueError, match="the ledger itself says hash"):
        append(tmp_path, (), {"hash": "0"}, TIME)


def rewritten(change):
    """An edit of the lines as text."""

    def edit(folder):
        lines = texts(folder)
        changed = change(lines)
        (folder / NAME).write_text("".join(f"{line}\n" for line in (lines if changed is None else changed)))

    return edit


def with_fact(number, name, value, *, seal):
    """Change a fact of one line; with ``seal`` its own hash is made right again."""

    def change(lines):
        body = json.loads(lines[number])
        body[name] = value
        body.pop("hash") if seal else None
        lines[number] = (
            sealed(body)
            if seal
            else json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        )

    return rewritten(change)


def resealed_to_the_end(lines):
    """Change the first line and make every hash after it right: only the head still tells."""
    previous, made = FIRST, []
    for line in lines:
        body = {**json.loads(line), "previous": previous}
        body.pop("hash")
        body["rows"] += 100
        made.append(sealed(body))
        previous = json.loads(made[-1])["hash"]
    return made


def forged(lines):
    last = json.loads(lines[-1])
    return [
        *lines,
        sealed({"kind": "delivered", "previous": last["hash"], "sequence": 11, "time": TIME, "rows": 9}),
    ]


def flipped(seed):
    def edit(folder):
        path = folder / NAME
        content = bytearray(path.read_bytes())
        where = random.Random(seed).randrange(len(content))
        content[where] ^= 1 << random.Random(seed + 1).randrange(8)
        path.write_bytes(content)

    return edit


def head_says(**more):
    def edit(folder):
        head = {**json.loads((folder / HEAD).read_text()), **more}
        (folder / HEAD).write_bytes(ledger.canonical(head) + b"\n")

    return edit


def end(content):
    def edit(folder):
        with (folder / NAME).open("ab") as file:
            file.write(content)

    return edit


EDITS = {
    **{f"bit {seed}": flipped(seed) for seed in range(16)},
    **{f"line {n} gone": rewritten(lambda lines, n=n: lines[:n] + lines[n + 1 :]) for n in (0, 1, 5, 8, 9)},
    **{f"last {n} gone": rewritten(lambda lines, n=n: lines[:-n]) for n in (2, 3, 9)},
    **{f"line {n} twice": rewritten(lambda lines, n=n: lines[: n + 1] + lines[n:]) for n in (0, 4, 9)},
    **{f"rows of {n}": with_fact(n, "rows", 999, seal=False) for n in (0, 4, 9)},
    **{f"rows of {n}, sealed": with_fact(n, "rows", 999, seal=True) for n in (0, 4, 9)},
    "time, sealed": with_fact(3, "time", "2024-01-01T00:00:00+00:00", seal=True),
    "sequence, sealed": with_fact(3, "sequence", 5, seal=True),
    "a fact more": with_fact(3, "reason", "because", seal=False),
    "a fact more, sealed": with_fact(9, "reason", "because", seal=True),
    "two lines swapped": rewritten(lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]]),
    "all reversed": rewritten(lambda lines: lines[::-1]),
    "all sealed again": rewritten(resealed_to_the_end),
    "a forged line": rewritten(forged),
    "an empty line": rewritten(lambda lines: [*lines, ""]),
    "a space": rewritten(lambda lines: [*lines[:-1], lines[-1].replace('":', '": ', 1)]),
    "no last line end": lambda folder: (folder / NAME).write_text("\n".join(texts(folder))),
    "half a line more": end(b'{"as_of"'),
    "nothing left": lambda folder: (folder / NAME).write_bytes(b""),
    "no ledger": lambda folder: (folder / NAME).unlink(),
    "no head": lambda folder: (folder / HEAD).unlink(),
    "an empty head": lambda folder: (folder / HEAD).write_bytes(b""),
    "a head with a space": lambda folder: (folder / HEAD).write_bytes(b" " + (folder / HEAD).read_bytes()),
    "head one back": head_says(sequence=9),
    "head one ahead": head_says(sequence=11),
    "head of another": head_says(hash="0" * 64),
}


def test_there_are_edits_enough():
    assert len(EDITS) >= 50


@pytest.mark.parametrize("name", EDITS)
def test_a_planted_edit_is_found(tmp_path, name):
    filled(tmp_path)
    before = (tmp_path / NAME).read_bytes(), (tmp_path / HEAD).read_bytes()
    EDITS[name](tmp_path)
    files = [tmp_path / each for each in (NAME, HEAD)]
    after = tuple(path.read_bytes() if path.exists() else None for path in files)
    assert after != before, "the edit must change something"
    for look in (verify, opened):
        with pytest.raises(IntegrityError, match="the ledger of deliveries was changed") as caught:
            look(tmp_path)
        assert caught.value.exit_code == 5
    assert tuple(path.read_bytes() if path.exists() else None for path in files) == after, "nothing is mended"


@pytest.mark.parametrize("how", ["kill", "enospc", "eio"])
@pytest.mark.parametrize("where", ["ledger.append", "ledger.fsync", "whole.rename"])
def test_a_run_that_dies_while_it_writes_a_line(tmp_path, where, how):
    lines = filled(tmp_path, 3)

    def dying():
        os.environ["CHURNLAB_FAILPOINT"] = f"{where}:{how}"
        append(tmp_path, lines, {"rows": 4}, TIME)

    assert in_child(dying) == (-signal.SIGKILL if how == "kill" else 7)
    survived = opened(tmp_path)
    assert survived[:3] == lines
    assert len(survived) == (4 if where == "ledger.fsync" else 3)
    more = append(tmp_path, survived, {"rows": 5}, TIME)
    assert verify(tmp_path).lines == more


def announced(folder):
    """A ledger of three lines, and the bytes of a fourth that a killed run was about to write."""
    lines = filled(folder, 3)
    shutil.copytree(folder, folder.parent / "next")
    append(folder.parent / "next", lines, {"rows": 4}, TIME)
    fourth = texts(folder.parent / "next")[3]
    head_says(next=json.loads(fourth)["hash"])(folder)
    return lines, f"{fourth}\n".encode()


def test_half_a_line_is_cut_off_wherever_the_kill_came(tmp_path):
    folder = tmp_path / "now"
    folder.mkdir()
    lines, fourth = announced(folder)
    whole, head = (folder / NAME).read_bytes(), (folder / HEAD).read_bytes()
    for cut in range(len(fourth)):
        (folder / NAME).write_bytes(whole + fourth[:cut])
        (folder / HEAD).write_bytes(head)
        assert verify(folder).torn == cut
        assert opened(folder) == lines
        assert (folder / NAME).read_bytes() == whole
    (folder / NAME).write_bytes(whole + fourth)
    (folder / HEAD).write_bytes(head)
    assert len(opened(folder)) == 4
    assert json.loads((folder / HEAD).read_text())["next"] is None


def test_half_a_line_after_an_edit_is_not_mended(tmp_path):
    folder = tmp_path / "now"
    folder.mkdir()
    _, fourth = announced(folder)
    with_fact(1, "rows", 999, seal=False)(folder)
    end(fourth[:50])(folder)
    content = (folder / NAME).read_bytes()
    with pytest.raises(IntegrityError, match="line 2 is not as it was written"):
        opened(folder)
    assert (folder / NAME).read_bytes() == content


def test_another_line_than_the_announced_one_is_an_edit(tmp_path):
    folder = tmp_path / "now"
    folder.mkdir()
    lines, _ = announced(folder)
    other = sealed({"previous": lines[-1].hash, "rows": 5, "sequence": 4, "time": TIME})
    end(f"{other}\n".encode())(folder)
    with pytest.raises(IntegrityError, match="it ends with line 4"):
        opened(folder)


def trusting(_folder, number, raw, _previous):
    read = json.loads(raw)
    return ledger.Line(number, read["time"], read, read["hash"])


MUTANTS = {
    "no look at the end": ("_check_end", lambda *_: None, "last 2 gone"),
    "no look at a line": ("_line", trusting, "rows of 4"),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(tmp_path, monkeypatch, name):
    attribute, mutant, edit = MUTANTS[name]
    filled(tmp_path)
    EDITS[edit](tmp_path)
    with pytest.raises(IntegrityError, match="was changed"):
        verify(tmp_path)
    monkeypatch.setattr(ledger, attribute, mutant)
    assert verify(tmp_path).lines
