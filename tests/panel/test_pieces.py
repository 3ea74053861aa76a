"""One file of arrays: read as written, or not at all."""

import errno
import os
import stat
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from churnlab.panel import pieces
from churnlab.panel.pieces import Piece, write

KEY = "k" * 64
FACTS = {"texts": {"city": ["é", "\ud800"]}, "none": None}


def arrays():
    wide = np.arange(35, dtype=np.float32).reshape(7, 5)
    wide[2, 1] = np.nan
    return {
        "numbers": wide[:, 1:4],  # not one block of memory
        "nothing": wide[:, :0],
        "churned": np.array([0.0, 1.0, np.nan]),
        "as_of": np.array([-(2**62), 2**62]),
        "text city": np.array([0, -1, 1], np.int32),
        "ids": np.frombuffer(b"00042", np.uint8),
        "empty": np.zeros(0, np.int64),
    }


@pytest.fixture
def path(tmp_path):
    write(tmp_path / "a.piece", KEY, FACTS, arrays())
    return tmp_path / "a.piece"


@pytest.mark.parametrize("step", [1, 24, 1 << 24])
def test_what_is_read_is_what_was_written(path, monkeypatch, step):
    monkeypatch.setattr(pieces, "_BYTES", step)
    write(path, KEY, FACTS, arrays())
    piece = Piece.opened(path, KEY)
    assert piece.facts == FACTS
    for name, values in arrays().items():
        found = piece.array(name)
        assert (found.dtype, found.shape, piece.shape(name)) == (values.dtype, values.shape, values.shape)
        assert found.tobytes() == values.tobytes()
    target = np.zeros((7, 5), np.float32)
    piece.read_into("numbers", target[:, 1:4])
    piece.close()
    assert target[:, 1:4].tobytes() == arrays()["numbers"].tobytes()
    assert (target[:, [0, 4]] == 0).all()


def test_only_its_owner_may_read_it(path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["a.piece"]


def test_the_size_is_told(path):
    assert write(path, KEY, FACTS, arrays()) == path.stat().st_size


def test_of_another_key_is_nothing(path):
    assert Piece.opened(path, "other") is None
    assert Piece.opened(path.with_name("none.piece"), KEY) is None
    assert Piece.opened(path.parent, KEY) is None


def test_every_changed_byte_is_noticed(path):
    content = path.read_bytes()
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
        assert Piece.opened(path, KEY) is None, place


def test_every_cut_and_every_addition_is_noticed(path):
    content = path.read_bytes()
    for other in [content[:end] for end in range(len(content))] + [content + b"\0", content * 2, b"\0" * 99]:
        path.write_bytes(other)
        assert Piece.opened(path, KEY) is None, len(other)


@pytest.mark.parametrize("kind", ["|O", "<U5", "|b1", ">f4"])
def test_a_type_that_is_not_plain_numbers_is_refused(path, monkeypatch, kind):
    monkeypatch.setattr(pieces, "_told", lambda _: [{"name": "a", "type": kind, "shape": [2]}])
    write(path, KEY, FACTS, {"a": np.zeros(2)})
    assert Piece.opened(path, KEY) is None


@pytest.mark.parametrize(
    "told",
    [
        [{"name": "a", "type": "<f8", "shape": [3]}],
        [{"name": "a", "type": "<f8", "shape": [-1]}],
        [{"name": "a", "type": "<f8"}],
        "text",
        None,
    ],
)
def test_a_header_that_does_not_fit_is_refused(path, monkeypatch, told):
    monkeypatch.setattr(pieces, "_told", lambda _: told)
    write(path, KEY, FACTS, {"a": np.zeros(2)})
    assert Piece.opened(path, KEY) is None


def test_an_open_piece_stays_whole_when_its_name_gets_another(path):
    piece = Piece.opened(path, KEY)
    write(path, "other", {}, {"churned": np.ones(9)})
    assert piece.array("as_of").tolist() == [-(2**62), 2**62]
    path.unlink()
    assert piece.array("ids").tobytes() == b"00042"
    piece.close()


@pytest.mark.parametrize("point", ["piece.write", "piece.rename"])
def test_when_the_disk_is_full_the_old_file_stays(path, monkeypatch, point):
    before = path.read_bytes()
    monkeypatch.setenv("CHURNLAB_FAILPOINT", f"{point}:enospc")
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        write(path, KEY, {}, arrays())
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == ["a.piece"]


KILLED = """
import sys
import tracemalloc
from pathlib import Path
import numpy as np
from churnlab.panel.pieces import write
write(Path(sys.argv[1]), "k" * 64, {}, {"a": np.ones(100_000)})
"""


@pytest.mark.parametrize("point", ["piece.write", "piece.rename"])
def test_a_killed_writer_leaves_the_old_file(path, point):
    before = path.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)],
        env=os.environ | {"CHURNLAB_FAILPOINT": f"{point}:kill"},
        check=False,
    )
    assert done.returncode == -9
    assert path.read_bytes() == before
    Piece.opened(path, KEY).close()


def test_some_rows_are_held_while_a_piece_is_written(tmp_path, monkeypatch):
    """Bytes that were written are let go before the next ones are made."""
    monkeypatch.setattr(pieces, "_BYTES", 1_000)
    tracemalloc.start()
    write(tmp_path / "a.piece", KEY, {}, {"numbers": np.zeros((1_000, 600), np.float32)[:, :500]})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000 * 600 * 4 + 300_000
