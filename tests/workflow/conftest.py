"""What the tests of the gate, of reports and of sign-offs share: a shop in states that are made once."""

from signed_shop import (  # noqa: F401 - fixtures
    again,
    candidate,
    new_shop,
    one,
    signed_frames,
    signed_shop,
    signed_states,
    two,
)
