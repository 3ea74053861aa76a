"""Which ids are one person: as written down for one text at a time, for columns of them."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from churnlab.config.suppression import plain
from churnlab.lists.identities import Identities, normal
from refusing import folded, same_person

texts = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    ["AB-1", " ab-1", "ab-1\t", "\x1cAB-1", "ß", "ẞ", "SS", "ss", "İ", "ı", "Σ", "ς", "\u1fb3", "\u00a0AB-1"]
)


@settings(max_examples=400)
@given(st.lists(texts, max_size=6))
def test_columns_are_compared_as_single_texts_are(ids):
    assert normal(pa.array(ids, pa.string())).to_pylist() == [folded(text) for text in ids]
    assert [plain(text) for text in ids] == [folded(text) for text in ids]


@settings(max_examples=200)
@given(st.lists(st.tuples(texts, texts), max_size=4), st.lists(texts, min_size=2, max_size=5))
def test_aliases_make_one_person_of_chains_and_loops(links, ids):
    aliases = pa.table(
        {
            "customer_id": pa.array([one for one, _ in links], pa.string()),
            "alias": pa.array([other for _, other in links], pa.string()),
        }
    )
    same, column = Identities.of(aliases), pa.array(ids, pa.string())
    for keys, loosely in ((same.loose(column), True), (same.exact(column), False)):
        for one, key in zip(ids, keys.to_pylist(), strict=True):
            for other, its in zip(ids, keys.to_pylist(), strict=True):
                assert (key == its) == same_person(one, other, links, loosely=loosely)
