"""CDNOW as the literature has it: 39 weeks of purchases and the 39 after, those of a day merged."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

END, WEEK = np.datetime64("1997-09-30"), 7.0


@dataclass
class Cohort:
    """(n, 3) histories, (n, 2) repeats and their mean value, (n,) days with a purchase later on."""

    histories: np.ndarray
    values: np.ndarray
    later: np.ndarray


@pytest.fixture(scope="session")
def cdnow(public_data):
    """{"sample": the classic one in ten, "full": everyone}."""
    folder = public_data / "cdnow"
    if not folder.is_dir():
        pytest.skip("CHURNLAB_DATA has no folder cdnow")
    orders = pd.read_parquet(folder / "transactions.parquet")
    orders["date"] = pd.to_datetime(orders["date"])
    days = orders.groupby(["customer_id", "date"], as_index=False)["amount"].sum()
    sample = set(pd.read_parquet(folder / "sample_2357_ids.parquet")["customer_id"])
    return {"full": _cohort(days), "sample": _cohort(days[days["customer_id"].isin(sample)])}


def _cohort(days):
    past = days[days["date"] <= END]
    dates = past.groupby("customer_id")["date"].agg(["min", "max", "count"])
    repeated = past[past["date"] > past["customer_id"].map(dates["min"])]
    value = repeated.groupby("customer_id")["amount"].mean().reindex(dates.index)
    later = days[days["date"] > END].groupby("customer_id").size().reindex(dates.index).fillna(0)
    repeats = dates["count"].to_numpy() - 1.0
    recency = (dates["max"] - dates["min"]).dt.days.to_numpy() / WEEK
    age = (END - dates["min"]).dt.days.to_numpy() / WEEK
    return Cohort(np.c_[repeats, recency, age], np.c_[repeats, value.to_numpy()], later.to_numpy())
