"""Which registered version somebody means: its number, or the id of the run that trained it.

An id may be cut short, to four characters at least, as long as it is the beginning of one run alone. What
is the number of a version means that version, even where the id of a run begins so.
"""

from __future__ import annotations

from collections.abc import Sequence

from churnlab.errors import ConfigError, DataError, did_you_mean
from churnlab.tracking import Store, Version, changes

_SHORTEST = 4  # of a run's id: fewer characters are a typing mistake rather than a name


def found(store: Store, versions: Sequence[Version], named: str) -> Version:
    """The version of ``versions`` (the newest first) that ``named`` means.

    Raises ``DataError`` (exit 3) where there is none, ``ConfigError`` (exit 2) where there are several.
    """
    wanted = changes.line(named).removeprefix("v").lower()
    for each in versions:
        if wanted in {each.version, each.run_id}:
            return each
    begins = [each for each in versions if each.run_id.startswith(wanted)] if len(wanted) >= _SHORTEST else []
    if len(begins) > 1:
        raise ConfigError(
            f"{wanted} is the beginning of {len(begins)} runs",
            got=", ".join(f"{each.run_id} (version {each.version})" for each in begins[:3]),
            mend="write more of it, or the number of the version",
        )
    if not begins:
        raise _none(store, versions, wanted)
    return begins[0]


def _none(store: Store, versions: Sequence[Version], wanted: str) -> DataError:
    known = [each.version for each in versions]
    hint = did_you_mean(wanted, [each.run_id for each in versions])
    what = f"no training of {store.project} that registered a version is called {wanted[:80]!r}{hint}"
    if not known:
        return DataError(what, got="no versions", mend="train one first: churnlab train CONFIG")
    listed = ", ".join([*known[:10], *(["..."] if len(known) > 10 else [])])
    return DataError(what, got=f"the versions {listed}", mend="churnlab models CONFIG shows every version")
