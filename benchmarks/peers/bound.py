"""The least anyone can do, in DuckDB: read every column once (``scan``), or read it into one hash
aggregate a customer and file (``aggregate``: the bound that goals are measured by).
"""

from __future__ import annotations

import sys

from benchmarks.peers.asked import Asked, asked


def scan(con, question: Asked) -> None:
    for path in (question.transactions, question.interactions):
        con.execute(f"SELECT count(COLUMNS(*)) FROM '{path}'").fetchall()


def aggregate(con, question: Asked) -> None:
    for path in (question.transactions, question.interactions):
        columns = [name for name, *_ in con.execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall()]
        others = ", ".join(f"count({name})" for name in columns if name not in {"customer_id", "time"})
        times = "count(*), sum(time), min(time), max(time)"
        relation = con.execute(f"SELECT customer_id, {times}, {others} FROM '{path}' GROUP BY 1")
        for _ in relation.to_arrow_reader(100_000):
            pass


def main() -> None:
    import duckdb

    question = asked()
    con = duckdb.connect(config={"threads": 2})
    {"scan": scan, "aggregate": aggregate}[sys.argv[4]](con, question)
    print("{}")


if __name__ == "__main__":
    main()
