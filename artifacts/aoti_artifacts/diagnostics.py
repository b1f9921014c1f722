# SPDX-License-Identifier: BSD-2-Clause
"""Messages on standard error, exit statuses, and death by signals."""

from __future__ import annotations

import argparse
import atexit
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import IO, Any, NoReturn

EXIT_RUNTIME = 1
EXIT_USAGE = 2
EXIT_BAD_INPUT = 3
EXIT_DEVICE = 5

DEADLY_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_program = "aoti"


class Failure(Exception):
    """A reason to stop: the object, the problem and the exit status."""

    def __init__(self, status: int, what: str, why: str = "") -> None:
        super().__init__(f"{what}: {why}" if why else what)
        self.status = status


class Interrupted(BaseException):
    """A deadly signal arrived; raised so that everything unfinished is cleaned up."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def usage(why: str) -> Failure:
    """Return the failure of an invalid command line."""
    return Failure(EXIT_USAGE, why)


def bad_input(what: str, why: str) -> Failure:
    """Return the failure of invalid input."""
    return Failure(EXIT_BAD_INPUT, what, why)


def failed(what: str, why: str) -> Failure:
    """Return the failure of an operation."""
    return Failure(EXIT_RUNTIME, what, why)


def first_line(error: BaseException) -> str:
    """Return an exception's message, on one line and shortened."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    return text if len(text) <= 300 else text[:297] + "..."


def say(message: str) -> None:
    """Write one line, progress or an error, to standard error."""
    print(f"{_program}: {message}", file=sys.stderr, flush=True)


class _PrintOptions(argparse.Action):
    """Writes the option table as the C programs do, see src/common/options.h."""

    def __call__(self, parser: argparse.ArgumentParser, *_arguments: object) -> NoReturn:
        """Write one line for the program and one for each option, and exit."""
        formatter = argparse.HelpFormatter(parser.prog)
        options = [action for action in parser._actions if action.option_strings]
        operands = [str(action.metavar) for action in parser._actions if action not in options]
        lines = [(parser.prog, " ".join(operands), parser.description or "")]
        for action in options:
            if action.help is argparse.SUPPRESS:
                continue
            help_text = formatter._expand_help(action) if action.help else ""
            letter = [form[1:] for form in action.option_strings if not form.startswith("--")]
            argument = "" if action.nargs == 0 else str(action.metavar or action.dest.upper())
            choices = " ".join(map(str, action.choices or ()))
            for form in action.option_strings:
                if form.startswith("--"):
                    shown = letter.pop() if letter else ""
                    lines.append((shown, form[2:], argument, choices, help_text))
        parser._print_message("".join("\t".join(line) + "\n" for line in lines), sys.stdout)
        parser.exit()


class OptionParser(argparse.ArgumentParser):
    """An argument parser whose errors are one line with the status of invalid usage."""

    def __init__(self, **arguments: Any) -> None:
        """Add the option that the generator of shell completions uses."""
        super().__init__(**arguments)
        self.add_argument("--print-options", action=_PrintOptions, nargs=0, help=argparse.SUPPRESS)

    def error(self, message: str) -> NoReturn:
        """Report an invalid command line and point to the help."""
        say(f"{message} (try --help)")
        raise SystemExit(EXIT_USAGE)

    def _print_message(self, message: str, file: IO[str] | None = None) -> None:
        """Write help or version; argparse's own method ignores a full disk."""
        try:
            (file or sys.stderr).write(message)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise failed("standard output", error.strerror or str(error)) from error


def _interrupt(number: int, _frame: FrameType | None) -> None:
    for deadly in DEADLY_SIGNALS:
        signal.signal(deadly, signal.SIG_IGN)
    raise Interrupted(number)


@contextmanager
def signals_held_back() -> Iterator[None]:
    """Block deadly signals between the steps of the block."""
    held = signal.pthread_sigmask(signal.SIG_BLOCK, DEADLY_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


def _die_of(number: int) -> NoReturn:
    """Die of the signal after temporary files have been removed."""
    atexit._run_exitfuncs()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    raise SystemExit(128 + number)


def _flush_output() -> None:
    """Flush standard output, so that a full disk is an error."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise failed("standard output", error.strerror or str(error)) from error


def _silence_output() -> None:
    """Keep the interpreter from flushing standard output again while it exits."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


def _report(error: Exception) -> int:
    """Report why the program stops, and return its exit status."""
    if os.environ.get("AOTI_TRACEBACK"):
        traceback.print_exception(error)
    if isinstance(error, Failure):
        say(str(error))
        return error.status
    if isinstance(error, MemoryError):
        say("out of memory")
    elif isinstance(error, OSError) and error.strerror:
        say(f"{error.filename}: {error.strerror}" if error.filename else error.strerror)
    else:
        say(
            f"unexpected {type(error).__name__}: {first_line(error)} (AOTI_TRACEBACK=1 shows where)"
        )
    return EXIT_RUNTIME


def _run(main: Callable[[list[str]], None]) -> int:
    """Run the main function and return the exit status."""
    try:
        main(sys.argv[1:])
        status = 0
    except SystemExit as request:  # by --help, --version and invalid usage
        status = int(request.code or 0)
    _flush_output()
    return status


def run_program(name: str, main: Callable[[list[str]], None]) -> NoReturn:
    """Run a program's main function on the command line, and exit."""
    global _program
    _program = name
    for number in DEADLY_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    try:
        status = _run(main)
    except Interrupted as error:
        _die_of(error.number)
    except BrokenPipeError:
        _die_of(signal.SIGPIPE)
    except Exception as error:  # noqa: BLE001 (the last resort of a program)
        status = _report(error)
        _silence_output()
    sys.exit(status)
