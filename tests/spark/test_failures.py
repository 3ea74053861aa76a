"""What a user is told of a cluster's failure: three lines, and nothing of anybody's rows."""

import pytest

from churnlab import errors
from churnlab.errors import DataError, MachineError
from churnlab.spark import failures

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type)
    and issubclass(kind, errors.ChurnlabError)
    # One holds the whole result of a training, which is the driver's own.
    and kind not in {errors.ChurnlabError, errors.NotPromotedError}
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lines", [("what", "got", "mend"), ("what", None, None)])
def test_an_error_of_ours_arrives_as_it_left(kind, lines):
    error = kind(*lines)
    back = failures.from_record(failures.as_record(error))
    assert (type(back), str(back), back.exit_code) == (kind, str(error), error.exit_code)


def test_what_nobody_meant_is_told_without_its_text():
    try:
        {}["customer 0042"]
    except KeyError as error:
        told = str(failures.nameless(error))
    assert told.startswith(f"{failures.BUG}: KeyError, test_failures.py line ")
    assert "0042" not in told


@pytest.fixture
def _spark():
    pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'churnlab[spark]'")


@pytest.mark.usefixtures("_spark")
@pytest.mark.parametrize(
    ("text", "got"),
    [
        (
            "churnlab worker failed: KeyError, own.py line 3\nrow of 0042",
            "KeyError in a worker, own.py line 3",
        ),
        ("Job aborted: ExecutorLostFailure (executor 3 exited) 0042", "an executor was lost"),
        ("java.lang.OutOfMemoryError: Java heap space 0042", "an executor ran out of memory"),
        ("something else of customer 0042", "PySparkException"),
    ],
)
def test_failures_of_spark_are_three_lines(text, got):
    from pyspark.errors import PySparkException

    with pytest.raises(MachineError, match=got) as told, failures.told():
        raise PySparkException(text)
    assert len(str(told.value).splitlines()) == 3
    assert "0042" not in str(told.value)
    assert told.value.__suppress_context__


@pytest.mark.usefixtures("_spark")
def test_errors_of_ours_pass():
    with pytest.raises(DataError, match="as it is"), failures.told():
        raise DataError("as it is")
