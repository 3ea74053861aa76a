"""Which ids stand for the same person: a no is taken from any spelling, a yes from the very id only.

" Ab-1", "AB-1", "ab-1"   one person, where somebody says no
"AB-1" alone              where somebody agrees: another spelling may be another person

Declared aliases are the same person both ways.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from churnlab.config.suppression import plain

_SPACES = " \t\n\x0b\x0c\r\x1c\x1d\x1e\x1f"  # what Python calls so, in ASCII


def normal(ids: Any) -> Any:
    r"""Each id as it is compared: canonical form, without case and outer spaces. Arrow texts, (n,).

    >>> import pyarrow as pa
    >>> normal(pa.array([" Ab-1", "AB-1 ", "\u00c9t\u00e9", "E\u0301te\u0301"])).to_pylist()
    ['ab-1', 'ab-1', 'été', 'été']
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    ids = ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids
    forms = pc.ascii_trim(pc.ascii_lower(ids), characters=_SPACES)
    unusual = pc.invert(pc.string_is_ascii(ids))
    if not pc.any(unusual).as_py():
        return forms
    treated = pa.array([plain(text) for text in ids.filter(unusual).to_pylist()], pa.string())
    return pc.replace_with_mask(forms, unusual.fill_null(False), treated)


@dataclass(frozen=True, eq=False)
class Identities:
    """The same key for ids of the same person: ``loose`` to say no with, ``exact`` to say yes."""

    _exact: _Groups
    _loose: _Groups

    @classmethod
    def of(cls, aliases: Any) -> Identities:
        """``aliases``: an Arrow table of customer_id and alias; chains and loops of them are one person.

        >>> import pyarrow as pa
        >>> same = Identities.of(pa.table({"customer_id": ["A", "B"], "alias": ["b2", "B2"]}))
        >>> same.loose(pa.array(["a", "B", "c"])).to_pylist(), same.exact(pa.array(["A", "B"])).to_pylist()
        (['a', 'a', 'c'], ['A', 'B'])
        """
        left, right = aliases["customer_id"], aliases["alias"]
        return cls(_Groups.of(left, right), _Groups.of(normal(left), normal(right)))

    def loose(self, ids: Any) -> Any:
        """(n,) keys that ids share with any spelling and alias of theirs."""
        return self._loose.keys(normal(ids))

    def exact(self, ids: Any) -> Any:
        """(n,) keys that ids share with their declared aliases only."""
        return self._exact.keys(ids)


@dataclass(frozen=True, eq=False)
class _Groups:
    """``members``: Arrow texts that have another name; ``names``: the least text of each one's group."""

    members: Any
    names: Any

    @classmethod
    def of(cls, left: Any, right: Any) -> _Groups:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        members = pc.unique(pa.chunked_array([*_chunks(left), *_chunks(right)], pa.string()))
        members = members.take(pc.sort_indices(members))
        if not len(members):
            return cls(members, members)
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        ends = [pc.index_in(side, value_set=members).to_numpy() for side in (left, right)]
        links = coo_array((np.ones(len(ends[0]), np.int8), tuple(ends)), shape=(len(members),) * 2)
        _, group = connected_components(links, directed=False)
        _, first = np.unique(group, return_index=True)  # members are sorted, so this is the least
        return cls(members, members.take(first[group]))

    def keys(self, ids: Any) -> Any:
        import pyarrow.compute as pc

        if not len(self.members):
            return ids
        place = pc.index_in(ids, value_set=self.members)
        return pc.coalesce(self.names.take(place), ids)


def _chunks(texts: Any) -> list[Any]:
    return list(getattr(texts, "chunks", [texts]))
