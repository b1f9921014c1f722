# SPDX-License-Identifier: BSD-2-Clause
# Converts the output of --print-options (src/common/options.h) to a completion for a shell:
#
#   aoti-forward --print-options | awk -v shell=bash|zsh|fish -v command=NAME -f completions.awk
#
# NAME is the installed name of the program.

BEGIN {
    FS = "\t"
    if (shell !~ /^(bash|zsh|fish)$/ || command == "") {
        print "completions.awk: set shell to bash, zsh or fish, and command" | "cat >&2"
        failed = 1
        exit 2
    }
    name = command
    gsub(/[^A-Za-z0-9_]/, "_", name)
}

NR == 1 {
    kind_of_operands = $2 ~ /COMMAND/ ? "command" : kind($2)
    print (shell == "zsh" ? "#compdef " command "\n" : "") "# Completion of " command \
        " for " shell ", made from the program's table of options."
    next
}

{
    count++
    letter[count] = $1
    option[count] = $2
    argument[count] = $3
    choices[count] = $4 != "" ? $4 : alternatives($3)
    help[count] = $5
}

END {
    if (failed)
        exit failed
    if (shell == "bash")
        write_bash()
    else if (shell == "zsh")
        write_zsh()
    else
        write_fish()
}

# Returns "file" if an argument of this name is a file, else "other".
function kind(name)
{
    return name ~ /FILE|DIR|PACKAGE|MODEL/ ? "file" : "other"
}

# Returns the literal words of an argument such as auto|builtin|torch. Words in capitals are not
# literal.
function alternatives(name,    words, n, i, list)
{
    if (name !~ /\|/)
        return ""
    n = split(name, words, "|")
    for (i = 1; i <= n; i++)
        if (words[i] !~ /[A-Z]/)
            list = list (list == "" ? "" : " ") words[i]
    return list
}

function quoted(text)
{
    gsub(/'/, "'\\''", text)
    return "'" text "'"
}

# --- bash ------------------------------------------------------------------------------------

function forms(i)
{
    return (letter[i] != "" ? "-" letter[i] " | " : "") "--" option[i]
}

# Writes the completion of a program whose operands are a command with arguments.
function write_bash_command(    i, takers)
{
    for (i = 1; i <= count; i++)
        if (argument[i] != "")
            takers = takers (takers == "" ? "" : " | ") forms(i)
    print "    local i"
    print "    for ((i = 1; i < COMP_CWORD; i++)); do"
    print "        case ${COMP_WORDS[i]} in"
    print "        " takers ")"
    print "            [[ ${COMP_WORDS[i + 1]} != '=' ]] || ((i++))"
    print "            ((++i))\n            ;;"
    print "        -*) ;;"
    print "        *)"
    print "            if declare -F _command_offset >/dev/null; then"
    print "                _command_offset \"$i\""
    print "            else"
    print "                mapfile -t COMPREPLY < <(compgen -f -- \"$word\")"
    print "            fi"
    print "            return"
    print "            ;;"
    print "        esac\n    done"
}

function write_bash(    i, all, files, others)
{
    for (i = 1; i <= count; i++) {
        all = all (i > 1 ? " " : "") "--" option[i]
        if (argument[i] == "" || choices[i] != "")
            continue
        if (kind(argument[i]) == "file")
            files = files (files == "" ? "" : " | ") forms(i)
        else
            others = others (others == "" ? "" : " | ") forms(i)
    }
    print "\n_" name "()\n{\n    local word=$2 before=$3"
    print "    COMPREPLY=()"
    # bash splits --option=word into three words.
    print "    [[ $word != '=' ]] || word="
    print "    [[ $before != '=' ]] || before=${COMP_WORDS[COMP_CWORD - 2]}"
    print "    [[ ${COMP_WORDS[COMP_CWORD]} != '=' ]] || before=${COMP_WORDS[COMP_CWORD - 1]}"
    if (kind_of_operands == "command")
        write_bash_command()
    print "    case $before in"
    for (i = 1; i <= count; i++)
        if (choices[i] != "")
            print "    " forms(i) ")\n        mapfile -t COMPREPLY < <(compgen -W " \
                quoted(choices[i]) " -- \"$word\")\n        return\n        ;;"
    if (others != "")
        print "    " others ")\n        return\n        ;;"
    if (files != "")
        print "    " files ") ;;"
    print "    *)"
    print "        if [[ $word == -* ]]; then"
    print "            mapfile -t COMPREPLY < <(compgen -W " quoted(all) " -- \"$word\")"
    print "            return\n        fi"
    if (kind_of_operands == "command")
        print "        mapfile -t COMPREPLY < <(compgen -c -- \"$word\")\n        return"
    print "        ;;\n    esac"
    print "    compopt -o filenames 2>/dev/null"
    print "    mapfile -t COMPREPLY < <(compgen -f -- \"$word\")"
    print "}\ncomplete -F _" name " " command
}

# --- zsh -------------------------------------------------------------------------------------

function zsh_text(text)
{
    gsub(/\\|:|\[|\]/, "\\\\&", text)
    return text
}

function zsh_argument(i)
{
    if (argument[i] == "")
        return ""
    return ":" zsh_text(argument[i]) ":" \
        (choices[i] != "" ? "(" choices[i] ")" : kind(argument[i]) == "file" ? "_files" : "")
}

function zsh_word(text)
{
    printf " \\\n    %s", quoted(text)
}

function write_zsh(    i, takes)
{
    printf "%s", "\n_arguments -s -S"
    for (i = 1; i <= count; i++) {
        takes = argument[i] != ""
        if (letter[i] != "")
            zsh_word("*-" letter[i] (takes ? "+" : "") "[" zsh_text(help[i]) "]" zsh_argument(i))
        zsh_word("*--" option[i] (takes ? "=" : "") "[" zsh_text(help[i]) "]" zsh_argument(i))
    }
    if (kind_of_operands == "command") {
        zsh_word("(-)1:command:_command_names -e")
        zsh_word("*::argument:_normal")
    } else if (kind_of_operands == "file") {
        zsh_word("*:file:_files")
    }
    print ""
}

# --- fish ------------------------------------------------------------------------------------

function fish_quoted(text)
{
    gsub(/\\/, "\\\\", text)
    gsub(/'/, "\\'", text)
    return "'" text "'"
}

function write_fish(    i)
{
    if (kind_of_operands == "command")
        print "complete -c " command " -f -a '(__fish_complete_subcommand)'"
    else if (kind_of_operands != "file")
        print "complete -c " command " -f"
    for (i = 1; i <= count; i++)
        print "complete -c " command (letter[i] != "" ? " -s " letter[i] : "") " -l " option[i] \
            (argument[i] == "" ? "" : choices[i] != "" ? " -x -a " fish_quoted(choices[i]) : \
             kind(argument[i]) == "file" ? " -r -F" : " -x") " -d " fish_quoted(help[i])
}
