"""How a command ends: with its exit code, and, where something went wrong, with words and no traceback."""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Callable
from typing import Any

from churnlab import mishaps
from churnlab.errors import ChurnlabError


def leave(commands: Callable[[], Any], given: list[str]) -> None:
    """Run what ``given`` asks of ``commands``, and leave with its exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = _call(commands, given)
    except KeyboardInterrupt:
        code = _say("interrupted; nothing half-written was published", 130)
    except ChurnlabError as error:
        code = _say(str(error), error.exit_code)
    except MemoryError:
        code = _say(
            "out of memory\nmend: lower engine.memory and engine.shard_events, or use a larger machine", 7
        )
    except OSError as error:
        if "--debug" in given:
            traceback.print_exc()
        code = _say(mishaps.of_the_machine(error), 7)
    except Exception as error:  # noqa: BLE001 - the last door: a bug of ours, told in a line
        code = _say(mishaps.bug(error, given), 1)
    sys.exit(code)


def _call(commands: Callable[[], Any], arguments: list[str]) -> int:
    command = commands()
    try:
        answer = command.main(args=arguments, prog_name="churnlab", standalone_mode=False)
    except ChurnlabError:
        if "--debug" in arguments:
            traceback.print_exc()
        raise
    except Exception as error:
        # Typer ships its own copy of click in some versions: known by its interface, not its class.
        if hasattr(error, "format_message"):
            return _say(str(error.format_message()), 2)
        if type(error).__name__ == "Abort":
            raise KeyboardInterrupt from None
        raise
    return answer if isinstance(answer, int) else 0


def _say(message: str, code: int) -> int:
    sys.stderr.write(message.rstrip() + "\n")
    return code


def _interrupt(_signal: int, _frame: Any) -> None:
    raise KeyboardInterrupt
