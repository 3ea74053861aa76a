"""`backtest`: every model at dates of the past, as it would have been then, beside every baseline.

origins     which dates, and which rows each learns from and judges
candidates  all the models that are compared, fitted at one origin
kept        what they said, on disk, so that an interrupted backtest goes on
figures     per origin and pooled, per group, with paired intervals; what the earlier origins choose
drawing     the pictures
answer      what the verb answers
"""

from churnlab.workflow.backtesting.running import backtest

__all__ = ["backtest"]
