"""A piece of work in a process of its own: it may be killed, or have its disk taken away."""

import contextlib
import os

from churnlab.errors import ChurnlabError


def in_child(work):
    """Run ``work`` in a forked process; how it ended: the exit code, or minus the signal."""
    child = os.fork()
    if child == 0:
        code = 1
        with contextlib.suppress(BaseException):
            try:
                work()
                code = 0
            except ChurnlabError as error:
                code = error.exit_code
        os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)
