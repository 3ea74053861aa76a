"""A generated world whose truth is known: who left, when, and how often they used to buy.

Customers buy at a rate of their own until a day they leave; the dissatisfied complain more before
they go. The files look like a French shop's export: ``;``, ``1 234,56``, ``31/12/2025``, late
records, refunds, a few lines entered twice and a few broken ones. Same seed, same bytes.

    orders.csv.gz  echanges.csv.gz  clients.csv.gz  truth.csv.gz  accords.csv.gz  refus.csv.gz

About 70 % agree to be contacted, channel by channel; some agreed once and no longer do; 1 % object to
any contact.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

from churnlab.durable import write_whole

BEGIN = datetime(2023, 1, 1)  # noqa: DTZ001 - local wall clock, as an export writes it
DAYS = 912  # to 2025-07-01
FAMILIES = ("maison", "jardin", "mode", "loisirs", "épicerie")
CHANNELS = ("web", "magasin", "téléphone")
FILES = (
    "orders.csv.gz", "echanges.csv.gz", "clients.csv.gz", "truth.csv.gz", "accords.csv.gz", "refus.csv.gz"
)  # fmt: skip
AGREED_BY = ("email", "téléphone", "application")
AGREED_TO = ("marketing", "relation")
AGREE, WITHDRAW, OBJECT = 0.7, 0.1, 0.01


def write_world(folder: Path, customers: int = 3_000, seed: int = 7) -> None:
    """Write the files of a world of ``customers`` into ``folder``."""
    chance = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    clients, orders, contacts, truth = [], [], [], []
    for number in range(customers):
        person = _person(chance, f"{number:06d}")
        clients.append((person["id"], _day(person["joined"]), person["segment"], person["region"]))
        truth.append((person["id"], f"{person['rate']:.6f}", _day(person["left"])))
        bought = _orders(chance, person)
        orders += bought
        contacts += _contacts(chance, person)
    _enter_twice(chance, orders)
    _write(folder / "orders.csv.gz", ORDER_COLUMNS, orders)
    _write(folder / "echanges.csv.gz", CONTACT_COLUMNS, contacts)
    _write(folder / "clients.csv.gz", ("client", "arrivee", "segment", "region"), clients)
    _write(folder / "truth.csv.gz", ("client", "achats_par_jour", "depart"), truth)
    _write_answers(folder, [(who, datetime.strptime(day, "%d/%m/%Y")) for who, day, *_ in clients], seed)  # noqa: DTZ007


def _write_answers(folder: Path, joined: Iterable[tuple[str, datetime]], seed: int) -> None:
    """Who agreed to what, and who objects; drawn apart, so that the other files stay what they were."""
    chance = np.random.default_rng([seed, 1])
    agreed, objections = [], []
    for who, day in joined:
        since = (day - BEGIN).days
        for channel in AGREED_BY:
            for purpose in AGREED_TO:
                draw, later = chance.random(), float(chance.uniform(since, DAYS))
                if draw < AGREE + WITHDRAW:
                    agreed.append((who, _moment(since), channel, purpose, "oui"))
                if AGREE <= draw < AGREE + WITHDRAW:
                    agreed.append((who, _moment(later), channel, purpose, "non"))
        if chance.random() < OBJECT:
            objections.append((who, _day(float(chance.uniform(since, DAYS)))))
    _write(folder / "accords.csv.gz", ("client", "date", "canal", "finalite", "accord"), agreed)
    _write(folder / "refus.csv.gz", ("client", "date"), objections)


CONTACT_COLUMNS = ("contact", "client", "date", "nature", "sens", "canal", "famille")
ORDER_COLUMNS = (
    "ligne", "commande", "client", "date", "date_saisie", "montant", "marge", "famille", "canal"
)  # fmt: skip


def _person(chance: Generator, name: str) -> dict[str, Any]:
    segment = str(chance.choice(["particulier", "professionnel"], p=[0.8, 0.2]))
    joined = float(chance.uniform(0, DAYS - 60))
    stays = chance.exponential(900 if segment == "professionnel" else 500)
    return {
        "id": name,
        "segment": segment,
        "region": str(chance.choice(["nord", "sud", "est", "ouest"])),
        "joined": joined,
        "left": joined + stays,
        "rate": float(chance.gamma(1.6, 1 / 60)),  # orders a day
        "basket": float(np.exp(chance.normal(3.6, 0.6)) * (3 if segment == "professionnel" else 1)),
        "margin": float(chance.uniform(0.15, 0.45)),
        "channel": int(chance.integers(len(CHANNELS))),
    }


def _orders(chance: Generator, person: dict[str, Any]) -> list[Sequence[str]]:
    """The first order on joining, then a Poisson stream until leaving; some are refunded."""
    last = min(person["left"], DAYS)
    more = chance.uniform(person["joined"], last, chance.poisson(person["rate"] * (last - person["joined"])))
    lines: list[Sequence[str]] = []
    for position, day in enumerate(sorted([person["joined"], *more])):
        order = f"C{person['id']}-{position:03d}"
        season = 1.4 if int(day) % 365 > 330 else 1.0
        for line in range(int(chance.integers(1, 4))):
            cents = max(99, round(100 * person["basket"] * season * float(np.exp(chance.normal(0, 0.4)))))
            margin = round(cents * person["margin"])
            family = FAMILIES[int(chance.integers(len(FAMILIES)))]
            channel = CHANNELS[person["channel"] if chance.random() < 0.8 else int(chance.integers(3))]
            late = float(chance.choice([0, 0.2, 5], p=[0.9, 0.08, 0.02]))
            lines.append(
                _line(f"{order}-{line}", order, person["id"], day, late, cents, margin, family, channel)
            )
            back = day + float(chance.uniform(1, 25))
            if chance.random() < 0.02 and back < DAYS:
                lines.append(
                    _line(f"{order}-{line}R", order, person["id"], back, 0, -cents, -margin, family, channel)
                )
    return lines


def _line(
    key: str,
    order: str,
    who: str,
    day: float,
    late: float,
    cents: int,
    margin: int,
    family: str,
    channel: str,
) -> Sequence[str]:
    return (
        key, order, who, _moment(day), _moment(day + late), _french(cents), _french(margin), family, channel
    )  # fmt: skip


def _contacts(chance: Generator, person: dict[str, Any]) -> list[Sequence[str]]:
    """Mailings at an even pace; questions and reviews of the close; complaints before leaving."""
    last = min(person["left"], DAYS)
    span = last - person["joined"]
    kinds = [
        (
            "email",
            "outbound",
            chance.uniform(person["joined"], DAYS, chance.poisson((DAYS - person["joined"]) / 30)),
        ),
        (
            "question",
            "inbound",
            chance.uniform(person["joined"], last, chance.poisson(span * person["rate"] / 4)),
        ),
        (
            "review",
            "inbound",
            chance.uniform(person["joined"], last, chance.poisson(span * person["rate"] / 6)),
        ),
    ]
    unhappy = person["left"] < DAYS and chance.random() < 0.45
    kinds.append(("complaint", "inbound", last - chance.uniform(0, min(60, span), int(unhappy) * 2)))
    rows: list[Sequence[str]] = []
    for kind, direction, days in kinds:
        for position, day in enumerate(sorted(days)):
            channel = "email" if kind == "email" else CHANNELS[person["channel"]]
            key = f"{kind[0].upper()}{person['id']}-{position:03d}"
            about = _about(int(person["id"]) + position) if kind == "complaint" else ""
            rows.append((key, person["id"], _moment(float(day)), kind, direction, channel, about))
    return rows


def _about(number: int) -> str:
    """What a complaint is about, not always said: without a draw, so that all else stays what it was."""
    return "" if number % 7 == 0 else FAMILIES[min(number % 7, number % 5)]


def _enter_twice(chance: Generator, orders: list[Sequence[str]]) -> None:
    """A few lines come twice, and a few are broken: what every real export has."""
    for position in chance.choice(len(orders), size=max(1, len(orders) // 2_000), replace=False):
        orders.append(orders[position])
    for position, fault in enumerate(["douze euros", "", "1e400"]):
        line = list(orders[int(chance.integers(len(orders)))])
        line[0], line[5] = f"X{position:06d}", fault
        orders.append(line)


def _moment(day: float) -> str:
    # Whole seconds: what an export shows.
    return (BEGIN + timedelta(seconds=int(day * 86_400))).strftime("%d/%m/%Y %H:%M:%S")


def _day(day: float) -> str:
    return (BEGIN + timedelta(days=int(day))).strftime("%d/%m/%Y")


def _french(cents: int) -> str:
    whole = f"{abs(cents) // 100:,}".replace(",", " ")
    return f"{'-' if cents < 0 else ''}{whole},{abs(cents) % 100:02d}"


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    text = "".join(";".join(row) + "\n" for row in [header, *rows])
    # mtime 0: the same world has the same bytes.
    write_whole(path, gzip.compress(text.encode("utf-8"), compresslevel=6, mtime=0))
