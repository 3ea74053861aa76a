"""pandas: `benchmarks.pandas_features` on frames read from the files, text as codes, times split once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import pandas_features
from benchmarks.answers import Answers, finish
from benchmarks.peers.asked import asked
from benchmarks.worlds import DAY, TYPES

HOUR = DAY // 24


def read(path: Path, customers: pd.Index | None) -> tuple[pd.DataFrame, pd.Index]:
    """A file with codes for its texts, and the customers behind theirs."""
    import pyarrow.parquet as pq

    texts = [
        field.name
        for field in pq.read_schema(path)
        if str(field.type) == "string" and field.name != "order_id"
    ]
    frame = pq.read_table(path, read_dictionary=texts).to_pandas(split_blocks=True, self_destruct=True)
    if customers is None:
        frame["customer"], found = pd.factorize(frame.pop("customer_id"), sort=True)
        customers = pd.Index(found.astype(object))
    else:
        frame["customer"] = customers.get_indexer(frame.pop("customer_id").astype(object))
        frame = frame[frame["customer"] >= 0].copy()
    for name in set(texts) & {"product", "family", "channel", "store", "campaign", "type", "direction"}:
        frame[name] = frame[name].cat.reorder_categories(sorted(frame[name].cat.categories)).cat.codes
    if "order_id" in frame:
        frame["order_id"] = pd.factorize(frame["order_id"])[0]
    time = frame["time"].to_numpy()
    frame["day"] = time // DAY
    frame["month"] = time.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)
    frame["weekday"] = (frame["day"] + 3) % 7
    frame["hour"] = time % DAY // HOUR
    return frame, customers


def main() -> None:
    question = asked()
    transactions, customers = read(question.transactions, None)
    interactions, _ = read(question.interactions, customers)
    frames = pandas_features.Frames(transactions, interactions, list(TYPES))
    answers, count = Answers(question.customers), 0
    for number, date in enumerate(question.dates):
        made = {
            name: np.asarray(values, dtype=np.float32)
            for name, values in pandas_features.features(frames, date, len(customers))
        }
        asked_about = np.flatnonzero(made["orders_ever"] > 0)
        count = len(made)
        answers.add(
            number,
            customers.to_numpy()[asked_about],
            ((name, values[asked_about]) for name, values in made.items()),
        )
    finish(answers, question.out, features=count)


if __name__ == "__main__":
    main()
