"""Messages about arguments of Python's, as they are about options."""

import pytest

from varying.runtime.commands.usage import typed


@pytest.mark.parametrize(
    ("python", "command"),
    [
        ("no factor: by= names the columns", "no factor: --by names the columns"),
        ("ask= says of which", "--ask says of which"),
        ("response= names one of them", "--response names one of them"),
        ("choose one by by=: g, h", "choose one by --by: g, h"),
        ("as in `means x, response=y1`", "as in `means x, response=y1`"),
        ("target_accept=0.9 is", "--target-accept 0.9 is"),
        ("with groups='new'", "with --groups new"),
        ("standby= is a word", "standby= is a word"),
    ],
)
def test_options_are_named_as_they_are_typed(python: str, command: str) -> None:
    assert typed(python) == command
