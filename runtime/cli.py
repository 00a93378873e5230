"""The command ``varying``: arguments in, exit codes out.

What a command takes is declared in ``arguments``; each imports what it needs when it
runs, so that `varying check` starts without PyMC, pandas or ArviZ.
"""

from __future__ import annotations

import gc
import os
import sys

try:
    # each file adds its commands to the app, in the order in which `--help` lists them
    from .arguments import specs, fits, criticism, studies  # noqa: F401, I001
    from .arguments.app import app
except KeyboardInterrupt:  # while Python loads what the command is made of
    print("interrupted", file=sys.stderr)
    exec("")  # as in `main`
    sys.exit(130)

__all__ = ["app", "main"]


def main() -> None:
    """Run the command; no traceback reaches the user for a user's fault."""
    # Looking for garbage among the thousands of objects that imports make, none of
    # which is any, is a tenth of what `check` takes.
    gc.set_threshold(_GARBAGE)
    try:
        code = _guarded()
    finally:
        # As it ends, Python looks through all objects several times more: a fifth of
        # a second after `fit`. What is set aside, it does not look at.
        gc.freeze()
    # Where an interrupt came in code that was made of a text (dataclasses are), Python
    # ends `python -m` by SIGINT, though it was caught, unless such code ran since.
    exec("")
    sys.exit(code)


#: New objects between two searches for garbage: Python's own is 2,000 or fewer.
_GARBAGE = 50_000


def _guarded() -> int:
    from varying.grammar.diagnostics import ModelError

    from .commands.outcome import (
        ENVIRONMENT,
        INTERNAL,
        INTERRUPTED,
        OK,
        EnvironmentFault,
        exit_code,
    )
    from .interface.interrupts import ignore_signals, take_signals

    debug = os.environ.get("VARYING_DEBUG") == "1"
    # a batch system ends a process by it: as Ctrl-C does, draws are kept
    take_signals()
    _open_streams()
    _prepare_streams(debug)
    try:
        app(prog_name="varying")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else OK
        if code == INTERRUPTED:
            ignore_signals()
            print("interrupted", file=sys.stderr)
        return code
    except KeyboardInterrupt:
        ignore_signals()
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except ModelError as error:
        from .commands.terminal import warn

        warn(error.diagnostics)
        return exit_code(error.diagnostics)
    except EnvironmentFault as error:
        return _complain(str(error), ENVIRONMENT)
    except OSError as error:
        if debug:
            raise
        reason = error.strerror or str(error)
        # what is written to a file has its name: see `replacing`
        what = error.filename or "standard output cannot be written"
        return _complain(f"{what}: {reason[:1].lower()}{reason[1:]}", ENVIRONMENT)
    except MemoryError:
        return _complain("there is not enough memory", ENVIRONMENT)
    except Exception as error:
        if debug:
            raise
        missing = isinstance(error, ModuleNotFoundError) and error.name or ""
        if missing and not missing.startswith("varying"):
            return _complain(f"the package `{missing}` is not installed", ENVIRONMENT)
        return _complain(
            f"internal error: {type(error).__name__}: {error}\n"
            "This is a bug of Varying, not of your model. Please report it"
            f"{_where()}, with the spec; VARYING_DEBUG=1 shows the traceback.",
            INTERNAL,
        )
    return OK


def _open_streams() -> None:
    """Put something in the place of streams that are closed.

    The next file that is opened would be taken for one of them.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))


def _prepare_streams(debug: bool) -> None:
    """Let no character that a terminal cannot show end the program."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    if not debug:
        # Libraries warn of what a user of the command cannot act on.
        import warnings

        warnings.simplefilter("ignore")
        # Nor of an interrupt in a finalizer, where Python can only complain.
        sys.unraisablehook = lambda found: None


def _complain(text: str, code: int) -> int:
    from varying.grammar.render.safe import visible_lines

    print(f"varying: {visible_lines(text)}", file=sys.stderr)
    return code


def _where() -> str:
    """Return where to report, if the package says so."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        urls = metadata("varying").get_all("Project-URL") or []
    except PackageNotFoundError:
        urls = []
    known = dict(url.split(", ", 1) for url in urls)
    found = known.get("Issues") or known.get("Repository")
    return f" at {found}" if found else ""


if __name__ == "__main__":
    main()
