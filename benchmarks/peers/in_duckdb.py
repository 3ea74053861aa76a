"""DuckDB: the features as SQL, as someone who knows it well writes it.

Orders are gathered once, refunds kept beside them, so that a date needs no second look at the lines
for money; conditional aggregates carry all windows in one pass over orders and one over contacts;
different values are counted as bits of one number where there are at most 64, and by a first
grouping on (customer, product) where there are more. What needs the intervals between orders one
by one (their median, spread and longest) is left out: it would take a sort of all orders.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.answers import Answers, finish
from benchmarks.peers.asked import Asked, asked
from benchmarks.worlds import CAMPAIGNS

DAY = 86_400_000_000
WINDOWS = (7, 30, 90, 180, 365)
LONG = WINDOWS[1:]
AGES = (7, 14, 28, 56, 112, 224, 448)
MONTH = "1::UBIGINT << ((year(stamp) * 12 + month(stamp)) % 60)::UBIGINT"
BITS = {"family": "families", "store": "stores", "channel": "channels"}

PREPARED = """
CREATE TEMP {kind} lines AS SELECT customer_id, order_id, time, amount, product, f.bit AS family,
    s.bit AS store, c.bit AS channel
FROM '{transactions}' t JOIN family_bits f USING (family) JOIN store_bits s USING (store)
    JOIN channel_bits c USING (channel)
WHERE amount > 0;
CREATE TEMP TABLE orders AS SELECT customer_id, order_id, min(time) AS time,
    sum(amount) FILTER (amount > 0)::BIGINT AS paid, sum(discount)::BIGINT AS discount,
    count(*) FILTER (amount > 0) AS lines
FROM '{transactions}' GROUP BY 1, 2;
CREATE TEMP TABLE refunds AS SELECT customer_id, order_id, time, amount
FROM '{transactions}' WHERE amount < 0;
CREATE TEMP {kind} contacts AS SELECT customer_id, time, direction = 'inbound' AS own, type, y.bit AS kind,
    m.word, m.bit AS campaign
FROM '{interactions}' i LEFT JOIN type_bits y USING (type) LEFT JOIN campaign_bits m USING (campaign);
"""


def ago(days: float) -> str:
    return f"($asof - {round(days * DAY)})"


def prepare(con, question: Asked) -> None:
    # A table pays off from the second date on; for one, the rows go straight through.
    kind = "TABLE" if len(question.dates) > 1 else "VIEW"
    for column in (*BITS, "type", "campaign"):
        path = question.interactions if column in {"type", "campaign"} else question.transactions
        con.execute(
            f"CREATE TEMP TABLE {column}_bits AS SELECT {column}, (place // 64)::INTEGER AS word, "
            "1::UBIGINT << (place % 64)::UBIGINT AS bit FROM (SELECT *, row_number() OVER () - 1 AS place "
            f"FROM (SELECT DISTINCT {column} FROM '{path}' WHERE {column} IS NOT NULL))"
        )
    con.execute(
        PREPARED.format(kind=kind, transactions=question.transactions, interactions=question.interactions)
    )


def sums() -> Iterator[str]:
    """Of orders: what every later expression is made of."""
    for days in sorted({*WINDOWS, *(2 * days for days in WINDOWS[:-1])}):
        recent = f"FILTER (time >= {ago(days)})"
        yield f"count(*) {recent} AS n{days}, coalesce(sum(net) {recent}, 0)::DOUBLE AS net{days}"
    for days in WINDOWS:
        yield f"coalesce(sum(paid) FILTER (time >= {ago(days)}), 0)::DOUBLE AS paid{days}"
    for days in LONG:
        yield f"sum(discount) FILTER (time >= {ago(days)})::DOUBLE AS discount{days}"
    for days in (90, 365):
        yield f"sum(lines) FILTER (time >= {ago(days)})::DOUBLE AS lines{days}"
    # Windows begin at midnight here, so the days of a window are whole calendar days: bits of numbers.
    day = f"1::UBIGINT << ((($asof - 1 - time) // {DAY}) % 45)::UBIGINT"
    for name, older, newer in (("days30", 30, 0), ("days45", 45, 0), ("days45_90", 90, 45)):
        yield (
            f"coalesce(bit_count(bit_or({day}) FILTER (time >= {ago(older)} AND time < {ago(newer)})), 0) "
            f"AS {name}"
        )
    yield f"bit_count(bit_or({MONTH}) FILTER (time >= {ago(365)})) AS months365"
    yield f"bit_count(bit_or({MONTH})) AS months"
    week = f"1::UBIGINT << ((($asof - 1 - time) // {7 * DAY}) % 64)::UBIGINT"
    yield f"bit_count(bit_or({week}) FILTER (time >= {ago(84)})) AS weeks84"
    yield f"count(*) FILTER (time >= {ago(365)} AND isodow(stamp) >= 6) AS weekend"
    yield f"count(*) FILTER (time >= {ago(365)} AND hour(stamp) >= 18) AS evening"
    yield f"count(*) FILTER (time >= {ago(365)} AND time < {ago(275)}) AS last_year"
    yield f"max(net) FILTER (time >= {ago(365)}) AS largest"
    yield f"stddev_pop(net) FILTER (time >= {ago(365)}) AS spread"
    weight = " ".join(f"WHEN time >= {ago(days)} THEN {0.5**n}" for n, days in enumerate(AGES))
    yield f"sum(CASE {weight} ELSE 0 END) AS weighted, sum(net * CASE {weight} ELSE 0 END) AS weighted_net"
    yield "count(*) AS n, sum(net)::DOUBLE AS net, sum(paid)::DOUBLE AS paid"
    yield "min(time) AS first, max(time) AS last, max(time, 10) AS latest"
    yield "arg_min(net, time) AS first_net, arg_max(net, time) AS last_net"


def from_orders() -> Iterator[tuple[str, str]]:
    days_since = f"($asof - {{}}) / {DAY}"
    silence, tenure = days_since.format("last"), days_since.format("first")
    yield "days_since_last_order", silence
    for rank in (2, 3, 5, 10):
        yield f"days_since_order_{rank}", days_since.format(f"latest[{rank}]")
    mean, recent = (
        f"((last - first) / {DAY} / nullif(n - 1, 0))",
        f"((last - latest[least(n, 6)]) / {DAY} / nullif(least(n, 6) - 1, 0))",
    )
    gap_last = f"((last - latest[2]) / {DAY})"
    yield "gaps", "n - 1"
    yield "gap_mean", mean
    yield "gap_last", gap_last
    yield "gap_last_to_mean", f"{gap_last} / nullif({mean}, 0)"
    yield "gap_mean_last_5", recent
    yield "gap_stretch", f"{recent} / nullif({mean}, 0)"
    # greatest(NULL, 1) is 1 in DuckDB: a customer without an interval would get one.
    yield "silence_to_mean_gap", f"CASE WHEN n > 1 THEN {silence} / greatest({mean}, 1) END"
    yield "missed_orders", f"{silence} * n / nullif({tenure}, 0)"
    yield "tenure_days", tenure
    yield "active_span_days", f"(last - first) / {DAY}"
    yield "silence_share", f"{silence} / nullif({tenure}, 0)"
    yield "orders_per_month", f"n / greatest({tenure} / 30.4375, 1)"
    yield "spend_per_month", f"(paid + back) / greatest({tenure} / 30.4375, 1)"
    yield "active_month_share", f"months / ({tenure} / 30.4375 + 1)"
    yield "orders_ever", "n"
    yield "spend_ever", "paid + back"
    yield "active_months_365d", "coalesce(months365, 0)"
    yield "active_weeks_84d", "coalesce(weeks84, 0)"
    yield "orders_recent_weighted", "weighted"
    yield "spend_recent_weighted", "weighted_net"
    yield "weekend_share_365d", "weekend / nullif(n365, 0)"
    yield "evening_share_365d", "evening / nullif(n365, 0)"
    yield "orders_same_season_last_year", f"CASE WHEN {tenure} >= 365 THEN last_year END"
    yield "first_order_value", "first_net"
    yield "last_order_value", "last_net"
    yield "last_order_to_average", "last_net / nullif(net / n, 0)"
    yield "largest_order_365d", "largest"
    yield "order_value_spread_365d", "spread / nullif(net365 / nullif(n365, 0), 0)"
    yield "refunds_365d", "coalesce(refunds, 0)"
    yield "refund_share_365d", "-back365 / nullif(paid365, 0)"
    yield "active_days_30d", "days30"
    yield "active_days_90d", "days45 + days45_90"
    for days in (90, 365):
        yield f"lines_per_order_{days}d", f"lines{days} / nullif(n{days}, 0)"
    yield from over_windows(tenure)


def over_windows(tenure: str) -> Iterator[tuple[str, str]]:
    for days in WINDOWS:
        yield f"orders_{days}d", f"n{days}"
        yield f"spend_{days}d", f"paid{days} + back{days}"
    for days in LONG:
        yield f"average_order_{days}d", f"net{days} / nullif(n{days}, 0)"
        yield f"discount_share_{days}d", f"discount{days} / nullif(discount{days} + net{days}, 0)"
    for days in WINDOWS[:-1]:
        then, money = f"(n{2 * days} - n{days})", f"(net{2 * days} - net{days})"
        yield f"orders_trend_{days}d", f"ln((n{days} + 1) / ({then} + 1))"
        yield f"spend_now_share_{days}d", f"net{days} / nullif(net{2 * days}, 0)"
        pace, usual = f"n{days} / least({days}, {tenure})", f"(n365 / least(365, {tenure}))"
        yield f"pace_{days}d", f"({pace}) / nullif({usual}, 0)"
        if days > WINDOWS[0]:
            yield (
                f"average_order_change_{days}d",
                f"(net{days} / nullif(n{days}, 0)) / nullif({money} / nullif({then}, 0), 0)",
            )


def breadth() -> tuple[list[str], list[str], list[tuple[str, str]]]:
    """Aggregates of lines, aggregates of (customer, product), and the features made of both."""
    of_lines = [f"count(*) FILTER (time >= {ago(days)}) AS bought{days}" for days in LONG]
    of_products = [f"count(*) FILTER (last >= {ago(days)}) AS products{days}" for days in LONG]
    of_products += [
        "count(*) FILTER (between_180_90) AS products_then",
        f"count(*) FILTER (first >= {ago(90)}) AS products_new",
    ]
    for column, plural in BITS.items():
        for name, condition in {
            **{f"{days}": f"time >= {ago(days)}" for days in LONG},
            "_then": f"time >= {ago(180)} AND time < {ago(90)}",
            "_old": f"time < {ago(90)}",
        }.items():
            of_lines.append(
                f"coalesce(bit_count(bit_or({column}) FILTER ({condition})), 0) AS {plural}{name}"
            )
        of_lines.append(f"bit_count(bit_or({column})) - {plural}_old AS {plural}_new")
    made = []
    for plural in ("products", *BITS.values()):
        made += [(f"{plural}_{days}d", f"{plural}{days}") for days in LONG]
        made.append((f"{plural}_trend_90d", f"ln(({plural}90 + 1) / ({plural}_then + 1))"))
        made.append((f"new_{plural}_90d", f"{plural}_new"))
    made += [(f"repeat_share_{days}d", f"1 - products{days} / nullif(bought{days}, 0)") for days in LONG]
    return of_lines, of_products, made


def contacts() -> tuple[list[str], list[tuple[str, str]]]:
    """Aggregates of contacts, and the features made of them."""
    kinds = {
        "contacts": ("own", WINDOWS, "last_contact"),
        "messages": ("NOT own", WINDOWS, "last_message"),
        "requests": ("type IN ('complaint', 'ticket')", LONG, "last_request"),
        "review": ("type = 'review'", LONG, "last_review"),
        "open": ("type = 'open'", LONG, "last_open"),
    }
    found, made = [], []
    for name, (which, windows, last) in kinds.items():
        found += [f"count(*) FILTER ({which} AND time >= {ago(days)}) AS {name}_{days}d" for days in windows]
        found.append(f"max(time) FILTER ({which}) AS {last}")
        made += [(f"{name}_{days}d", f"coalesce({name}_{days}d, 0)") for days in windows]
        made.append((f"days_since_{last}", f"($asof - {last}) / {DAY}"))
    year = f"time >= {ago(365)}"
    found += [
        "count(*) FILTER (own) AS contacts_ever",
        f"bit_count(bit_or(kind) FILTER (own AND {year})) AS contact_types_365d",
        f"bit_count(bit_or({MONTH}) FILTER (own AND {year})) AS contact_months_365d",
        f"{campaigns(f'own AND {year}')} AS campaigns_answered_365d",
        f"{campaigns(f'NOT own AND {year}')} AS message_campaigns_365d",
    ]
    made += [(part.split(" AS ")[-1], f"coalesce({part.split(' AS ')[-1]}, 0)") for part in found[-5:]]
    for days in (90, 365):
        made.append((f"answers_per_message_{days}d", f"contacts_{days}d / nullif(messages_{days}d, 0)"))
        made.append((f"messages_per_order_{days}d", f"coalesce(messages_{days}d, 0) / nullif(n{days}, 0)"))
    return found, made


def campaigns(which: str) -> str:
    """Different campaigns: bits of four numbers, since there are more than 64."""
    words = range(-(-CAMPAIGNS // 64))
    return " + ".join(
        f"coalesce(bit_count(bit_or(campaign) FILTER ({which} AND word = {word})), 0)::INTEGER"
        for word in words
    )


def query() -> tuple[str, list[str]]:
    of_lines, of_products, bought = breadth()
    of_contacts, contacted = contacts()
    features = [*from_orders(), *bought, *contacted]
    backs = [
        f"coalesce(sum(amount) FILTER (time >= {ago(days)}), 0)::DOUBLE AS back{days}" for days in WINDOWS
    ]
    joined = [f"coalesce(r.back{days}, 0) AS back{days}" for days in WINDOWS]
    chosen = ", ".join(f"({expression})::FLOAT AS {name}" for name, expression in features)
    sql = f"""
WITH back AS (SELECT customer_id, order_id, sum(amount)::BIGINT AS amount, count(*) AS lines
        FROM refunds WHERE time < $asof GROUP BY 1, 2),
known AS (SELECT o.customer_id, o.order_id, o.time, make_timestamp(o.time) AS stamp, o.discount, o.paid,
        o.paid + coalesce(back.amount, 0) AS net, o.lines + coalesce(back.lines, 0) AS lines
    FROM orders o LEFT JOIN back USING (customer_id, order_id) WHERE o.time < $asof),
gone AS (SELECT o.customer_id, o.order_id FROM orders o JOIN back USING (customer_id, order_id)
    WHERE o.paid + back.amount = 0),
o AS (SELECT customer_id, {", ".join(sums())} FROM known WHERE net > 0 GROUP BY 1),
r AS (SELECT customer_id, sum(amount)::DOUBLE AS back, {", ".join(backs)},
        count(*) FILTER (time >= {ago(365)}) AS refunds
    FROM refunds ANTI JOIN gone USING (customer_id, order_id) WHERE time < $asof GROUP BY 1),
bought AS (SELECT * FROM lines ANTI JOIN gone USING (customer_id, order_id) WHERE time < $asof),
b AS (SELECT customer_id, {", ".join(of_lines)} FROM bought GROUP BY 1),
products AS (SELECT customer_id, product, min(time) AS first, max(time) AS last,
        bool_or(time >= {ago(180)} AND time < {ago(90)}) AS between_180_90
    FROM bought GROUP BY 1, 2),
p AS (SELECT customer_id, {", ".join(of_products)} FROM products GROUP BY 1),
c AS (SELECT customer_id, {", ".join(of_contacts)}
    FROM (SELECT *, make_timestamp(time) AS stamp FROM contacts WHERE time < $asof) GROUP BY 1),
everything AS (SELECT o.*, coalesce(r.back, 0) AS back, {", ".join(joined)}, r.refunds FROM o
    LEFT JOIN r USING (customer_id))
SELECT customer_id, {chosen}
FROM everything o JOIN b USING (customer_id) JOIN p USING (customer_id) LEFT JOIN c USING (customer_id)"""
    return sql, [name for name, _ in features]


def main() -> None:
    import duckdb

    question = asked()
    config = {"threads": 2}
    if question.rows >= 50_000_000:
        config |= {"memory_limit": "4GB", "temp_directory": str(question.out.parent / "spill")}
    con = duckdb.connect(config=config)
    con.execute("SET preserve_insertion_order = false")
    prepare(con, question)
    answers, (sql, names) = Answers(question.customers), query()
    for number, date in enumerate(question.dates):
        reader = con.execute(sql.replace("$asof", str(date))).to_arrow_reader(100_000)
        for batch in reader:
            columns = ((name, batch[name].to_numpy(zero_copy_only=False)) for name in names)
            answers.add(number, batch["customer_id"], columns)
    finish(answers, question.out, features=len(names))


if __name__ == "__main__":
    main()
