from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from .command_line import varying, write_example


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command in an empty folder."""

    def call(*arguments: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return varying(*arguments, cwd=tmp_path, stdin=stdin)

    return call


@pytest.fixture
def example(tmp_path: Path) -> Path:
    return write_example(tmp_path)
