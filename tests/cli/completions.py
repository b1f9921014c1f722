# SPDX-License-Identifier: BSD-2-Clause
"""The completions of bash, zsh and fish do in each shell, at a terminal, what the help promises.

Each shell is asked by the tab key. The programs are replaced by functions that print their
arguments. If a shell is not installed, its part is left out and the test counts as skipped.
"""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BUILD = Path(os.environ["AOTI_BUILD_DIR"])
COMPLETIONS = BUILD / "completions"
PROGRAMS = ("aoti-tokenize", "aoti-decode", "aoti-forward", "aoti-time", "aoti-build", "aoti-eager")
PATIENCE = 60  # seconds; ends a shell that hangs, not a slow one

SHELLS = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        (
            "bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; PS1='? '\n"
            "for file in {folder}/*.bash; do source $file; done\n"
            "{program}() {{ printf '<%s>' \"$@\"; echo '{done}'; }}\n"
        ),
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        (
            "unsetopt beep zle_bracketed_paste prompt_sp; PS1='? '; fpath=({folder}/zsh $fpath)\n"
            "autoload -U compinit; compinit -u -d {folder}/zcompdump\n"
            "{program}() {{ printf '<%s>' \"$@\"; echo '{done}'; }}\n"
        ),
    ),
    "fish": (
        ["fish", "--no-config", "--private", "-i"],
        (
            "function fish_prompt; echo '? '; end\n"
            "for file in {folder}/*.fish; source $file; end\n"
            "function {program}; printf '<%s>' $argv; echo '{done}'; end\n"
        ),
    ),
}


def options_of(program: str) -> dict[str, tuple[str, list[str]]]:
    """Return each long option of a program with the name and the choices of its argument."""
    table = subprocess.run(
        [BUILD / program, "--print-options"], capture_output=True, text=True, check=True
    ).stdout.splitlines()[1:]
    rows = [line.split("\t") for line in table]
    return {row[1]: (row[2], row[3].split()) for row in rows}


def options_in_help(program: str) -> set[str]:
    """Return the long options in --help."""
    text = subprocess.run(
        [BUILD / program, "--help"], capture_output=True, text=True, check=True
    ).stdout
    options = text[text.lower().index("\noptions:") :]
    return set(re.findall(r"(?:^  |, )+ *--([a-z][a-z-]*)", options, re.MULTILINE))


def unique_prefix(option: str, options: list[str]) -> str | None:
    """Return the shortest unique prefix of an option, if it is not the option itself."""
    for length in range(1, len(option)):
        if sum(other.startswith(option[:length]) for other in options) == 1:
            return option[:length]
    return None


class Shell:
    """A shell at a pseudoterminal."""

    def __init__(self, name: str, program: str, folder: Path) -> None:
        self.heard = b""
        command, setup = SHELLS[name]
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            environment = {
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                "TERM": "dumb",
                "LC_ALL": "C",
                "PWD": str(folder),
            }
            os.chdir(folder)
            os.execvpe(command[0], command, environment)
        self.program = program
        # Written so that the terminal's echo differs from the output.
        self.tell(setup.format(folder=folder, program=program, done="E''ND"))
        self.ask("ready")

    def tell(self, text: str) -> None:
        """Type text."""
        os.write(self.terminal, text.encode())

    def ask(self, words: str) -> list[str]:
        """Type the program's name and these words, and return its arguments."""
        self.heard = b""
        self.tell(f"{self.program} {words}\n")
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(rb"((?:<[^<>]*>)+)END", self.heard)):
            if not select.select([self.terminal], [], [], deadline - time.monotonic())[0]:
                raise TimeoutError(f"{words!r}: {self.heard.decode(errors='replace')}")
            self.heard += os.read(self.terminal, 4096)
        return re.findall(r"<([^<>]*)>", found[1].decode())

    def close(self) -> None:
        """Hang up."""
        os.close(self.terminal)
        os.waitpid(self.child, 0)


def check_shell(name: str, program: str, folder: Path) -> list[str]:
    """Return what a shell completes incorrectly."""
    options = options_of(program)
    wrong = []
    cases = [
        (f"--{prefix}\t", [f"--{option}"])
        for option in options
        if (prefix := unique_prefix(option, list(options))) is not None
    ]
    for option, (argument, choices) in options.items():
        words = choices or [w for w in argument.split("|") if "|" in argument and w.islower()]
        for word in words:
            if (prefix := unique_prefix(word, words)) is not None:
                cases.append((f"--{option} {prefix}\t", [f"--{option}", word]))
        if "FILE" in argument:
            cases.append((f"--{option} some-f\t", [f"--{option}", "some-file"]))
    if program not in ("aoti-time", "aoti-build"):  # which take a command, and nothing
        cases.append(("some-f\t", ["some-file"]))
    shell = Shell(name, program, folder)
    for typed, wanted in cases:
        # Shells differ in whether --option and its argument are one word.
        got = [part for word in shell.ask(typed) for part in word.split("=", 1) if part]
        if got != wanted:
            wrong.append(f"{name}: {program} {typed!r} became {got}, not {wanted}")
    shell.close()
    print(f"{name}: {len(cases)} words of {program} completed", flush=True)
    return wrong


def check_tables() -> list[str]:
    """Return the differences between --help and the tables that completions are made from."""
    return [
        f"{program}: --help and --print-options differ in {sorted(difference)}"
        for program in PROGRAMS
        if (difference := options_in_help(program) ^ set(options_of(program)))
    ]


def check_pages() -> list[str]:
    """Return the differences between pages and tables of the Python programs."""
    wrong = []
    for program in PROGRAMS[4:]:
        page = (Path(os.environ["AOTI_SOURCE_DIR"]) / "man" / f"{program}.1").read_text()
        named = set(
            re.findall(r"Fl -([a-z-]+)", "".join(re.findall(r"^\.It.*", page, re.MULTILINE)))
        )
        if difference := named ^ set(options_of(program)):
            wrong.append(f"{program}: page and program differ in {sorted(difference)}")
    return wrong


def refuses(program: str, option: str, word: str) -> bool:
    """Return true if the program rejects this word."""
    with tempfile.NamedTemporaryFile() as rank_file:
        rank_file.write(b"IQ== 0\n")
        rank_file.flush()
        result = subprocess.run(
            [BUILD / program, f"--{option}", word, "-t", rank_file.name],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    return f"'{word}'" in result.stderr


def check_choices() -> list[str]:
    """Return the choices that the program rejects."""
    wrong = []
    for program in PROGRAMS[:4]:
        for option, (_, choices) in options_of(program).items():
            if not choices:
                continue
            refused = [word for word in [*choices, "no-such"] if refuses(program, option, word)]
            if refused != ["no-such"]:
                wrong.append(f"{program} --{option} refuses {refused}")
    return wrong


def main() -> int:
    """Ask all installed shells."""
    if not COMPLETIONS.is_dir():
        print("SKIP: the programs do not run where they are built")
        return 77
    try:
        for descriptor in pty.openpty():
            os.close(descriptor)
    except OSError as error:
        print(f"SKIP: no terminals: {error}")
        return 77
    wrong = check_tables() + check_pages() + check_choices()
    missing = [name for name in SHELLS if shutil.which(name) is None]
    with tempfile.TemporaryDirectory(prefix="aoti-test.") as temporary:
        folder = Path(temporary)
        (folder / "some-file").touch()
        (folder / "zsh").mkdir()
        for file in COMPLETIONS.glob("aoti-*"):
            shutil.copy(file, folder)
            if file.suffix == ".zsh":
                shutil.copy(file, folder / "zsh" / f"_{file.stem}")
        for name in [name for name in SHELLS if name not in missing]:
            for program in PROGRAMS:
                wrong += check_shell(name, program, folder)
    print("\n".join(f"FAIL: {line}" for line in wrong))
    if not wrong and missing:
        print(f"SKIP: not installed: {' '.join(missing)}")
    return 1 if wrong else 77 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
