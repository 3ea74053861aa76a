"""Whole files: replaced at once, private where asked, and one line with exit code 7 when the disk refuses."""

import errno
import os
import stat

import pytest

from churnlab import durable
from churnlab.durable import digest, on_disk, write_whole
from churnlab.errors import ConfigError, MachineError


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_and_replaced(tmp_path):
    path = tmp_path / "model.json"
    write_whole(path, b"one")
    write_whole(path, b"two, longer")
    assert path.read_bytes() == b"two, longer"
    assert names(tmp_path) == ["model.json"]


def test_a_private_file_is_for_its_owner_only(tmp_path):
    write_whole(tmp_path / "ids", b"00042", private=True)
    assert stat.S_IMODE((tmp_path / "ids").stat().st_mode) == 0o600


def test_digest_is_sha256_of_the_bytes(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1.
    assert digest(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize("step", ["write", "fsync", "rename"])
@pytest.mark.parametrize(("code", "mend"), [("ENOSPC", "free some space"), ("EIO", "check that disk")])
def test_when_the_disk_refuses_the_old_file_stays(tmp_path, monkeypatch, step, code, mend):
    path = tmp_path / "model.json"
    write_whole(path, b"old")

    def refuse(*_, **__):
        raise OSError(getattr(errno, code), os.strerror(getattr(errno, code)))

    if step == "write":
        monkeypatch.setattr(durable, "create", refuse)
    elif step == "fsync":
        monkeypatch.setattr(durable.os, "fsync", refuse)
    else:
        monkeypatch.setenv("CHURNLAB_FAILPOINT", f"whole.rename:{code.lower()}")
    with pytest.raises(MachineError, match=f"model.json: {os.strerror(getattr(errno, code))}") as caught:
        write_whole(path, b"new")
    assert caught.value.exit_code == 7
    assert mend in str(caught.value)
    assert "bytes free" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 3
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["model.json"]


def test_no_permission_names_the_path(tmp_path, monkeypatch):
    def refuse(path, *_, **__):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(durable.os, "open", refuse)
    with pytest.raises(MachineError, match="Permission denied") as caught:
        write_whole(tmp_path / "model.json", b"new")
    assert "model.json" in str(caught.value)
    assert "give this user the right" in str(caught.value)


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(MachineError, match="No such file or directory"):
        write_whole(tmp_path / "nowhere" / "model.json", b"new")


def test_other_errors_pass_unchanged(tmp_path):
    with pytest.raises(ConfigError, match="mine"), on_disk(tmp_path):
        raise ConfigError("mine")


def test_an_interruption_leaves_no_temporary_file(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt("in the middle")

    monkeypatch.setattr(durable.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt, match="in the middle"):
        write_whole(tmp_path / "model.json", b"new")
    assert names(tmp_path) == []


def test_the_name_is_forced_to_the_disk_after_the_bytes(tmp_path, monkeypatch):
    # Without the first the name may come before the bytes; without the second it may be lost.
    steps = []
    fsync, replace = os.fsync, durable.Path.replace

    def kind(descriptor):
        return "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"

    monkeypatch.setattr(durable.os, "fsync", lambda fd: (steps.append(kind(fd)), fsync(fd))[1])
    monkeypatch.setattr(durable.Path, "replace", lambda *paths: (steps.append("rename"), replace(*paths))[1])
    write_whole(tmp_path / "model.json", b"new")
    assert steps == ["file", "rename", "folder"]
