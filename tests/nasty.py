"""Texts that are trouble, as ids, times, amounts, types and numbers: one odd cell a row, or several."""

import random

IDS = [
    "00017",
    "17",
    " 18",
    "19 ",
    "\u00a020",
    "C1",
    "c1",
    "é",
    "e\u0301",
    "Ω",
    "😀",
    "a b",
    "a\u00a0b",
    "a\u200bb",
    "\u202eb",
]
IDS += [
    "",
    "   ",
    "a\tb",
    "x" * 256,
    "x" * 257,
    None,
    "😀" * 256,
    "\u2028",
    "a\u0085",
    "z\n",
    "O'Brien",
    'a"b',
    "a\\b",
]
TIMES = ["2025-01-03", "2025-03-30", "2025-03-30T02:30", "2025-03-30 03:00:00", "2025-10-26 02:30:00.123456"]
TIMES += [
    "2025-10-26T02:30:00+02:00",
    "2025-10-26T02:30:00+0100",
    "2025-10-26T00:30:00Z",
    "2025-02-30",
    "2025-02-29",
]
TIMES += [
    "2024-02-29",
    "1900-02-29",
    "2025-13-01",
    "2025-00-10",
    "2025-1-3",
    "03/01/2025",
    "2025-01-03T24:00",
    "now",
]
TIMES += [
    "1969-12-31T23:00:00Z",
    "1970-01-01T00:00:00Z",
    "2099-12-31T23:59:59.999999Z",
    "2100-01-01",
    "0000-02-29",
]
TIMES += [
    "0000-02-30",
    "9999-12-31",
    "2025-01-03T10:00:00.1234567",
    "2025-01-03T10:00:00.1234560",
    "",
    None,
    "2025-06-01\n",
]
AMOUNTS = [
    "12,50",
    "1 234,56",
    "1\u00a0234,5",
    "1\u202f234",
    "-3,00",
    "0",
    "-0",
    "0,005",
    "12,500",
    "12.50",
    "1e3",
    "abc",
]
AMOUNTS += [
    "00012,5",
    "9" * 13 + ",99",
    "92233720368547758,07",
    "1 23,4",
    "",
    None,
    "12,5 ",
    "+1",
    "٣",
    "1,",
    ",5",
    "NaN",
]
TYPES = [
    "purchase",
    "Refund",
    "RETURN",
    "CREDİT",
    "refund\x01",
    "tab\tis fine",
    "",
    None,
    "cancelled",
    "\u212a",
]
NUMBERS = ["1,5", "2", "-0", "1 000", "x", "9" * 400, "0," + "0" * 350 + "1", None, "", "3.5"]


def nasty_texts(count):
    draw = random.Random(11)
    cells = (IDS, TIMES, AMOUNTS, TYPES, NUMBERS)
    plain = ("C7", "2025-05-01", "10,00", "purchase", "1")
    for _ in range(count):
        # Mostly plain, or hardly any row would get past its first fault.
        yield [
            draw.choice(odd) if draw.random() < 0.25 else fine for odd, fine in zip(cells, plain, strict=True)
        ]
    for place, odd in enumerate(cells):
        for cell in odd:
            yield [*plain[:place], cell, *plain[place + 1 :]]
