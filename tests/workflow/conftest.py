"""What the tests of reviewing, signing and the strict gate share: a shop in states that are made once."""

from signed_shop import new_shop, signed_frames, signed_shop, signed_states  # noqa: F401 - fixtures
