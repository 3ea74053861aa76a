"""One module a side, each run in a process of its own: ``python -m benchmarks.peers.NAME ARGUMENTS``.

Arguments: the folder of the world, how many dates (the last ones of ``worlds.DATES``), and the file
to keep answers in. Every side answers for the same customers: those with an order before the date
whose lines, refunds known by then among them, sum to more than zero.
"""
