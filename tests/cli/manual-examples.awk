# SPDX-License-Identifier: BSD-2-Clause
# Turns the EXAMPLES of an mdoc page into a shell script: in literal blocks, lines that begin with
# "$ " are commands, and the lines below are their output. A comment `.\" test: skip REASON` skips
# the next block; `.\" test: setup COMMAND` runs a command first.

function finish() {
    if (command == "")
        return
    printf "cat >wanted <<'END_OF_OUTPUT'\n%sEND_OF_OUTPUT\n", output
    printf "{ %s\n} >got 2>&1 || echo \"status $?\" >>got\n", command
    printf "expect_same wanted got\n"
    count++
    command = output = ""
}

/^\.Sh / { section = $2 }
section != "EXAMPLES" { next }
/^\.\\" test: skip/ { skipping = 1; next }
/^\.\\" test: setup / { sub(/^\.\\" test: setup /, ""); print; next }
/^\.Bd -literal/ { inside = !skipping; skipping = 0; next }
/^\.Ed/ { finish(); inside = 0; next }
!inside { next }
{ sub(/^\\&/, ""); gsub(/\\e/, "\\") }
/^\$ / { finish(); command = substr($0, 3); next }
/^> / { command = command "\n" substr($0, 3); next }
{ output = output $0 "\n" }
END { print "ran=" count + 0 }
