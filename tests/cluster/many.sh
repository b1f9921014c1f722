#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# contrib/cluster/many.sh answers each record once and in order, whatever happens to the machines.
# Here a stub of ssh plays the machines; namespaces.sh uses the real one.

. "$AOTI_SOURCE_DIR/tests/cluster/words.sh"
need parallel
parallel --version 2>/dev/null | grep -q '^GNU parallel' || skip 'parallel is another program'

# The machine "one" works. The machine "two" loses its network within its third answer and never
# comes back. The machine "three" does not exist.
cat >play-ssh <<'END'
#!/bin/sh
echo "$1" >>"$PLAY/started"
started=$(grep -c "^$1\$" "$PLAY/started")
host=$1
shift 2
case $host in
two)
    [ "$started" -le 3 ] || exit 255
    [ "$started" -lt 3 ] || { sh -c "$*" | head -c 9; exit 255; }
    ;;
three) exit 255 ;;
esac
exec sh -c "$*"
END
chmod +x play-ssh
PLAY=$work
export PLAY
# The script must not depend on SHELL, here or on the machines.
unset SHELL
make_requests 300 >requests
answers requests >wanted
[ "$(wc -l <wanted)" -eq 300 ] || fail 'no answers to compare with'

# The words of $worker are words.
# shellcheck disable=SC2086
"$many" -s "$work/play-ssh" -S one,two -n 10 $worker <requests >got || fail 'a machine was lost'
cmp wanted got || fail 'not the answers, once and in order'
[ "$(grep -c two started)" -ge 3 ] || fail 'the machine that was lost had nothing to do'
[ "$(wc -l <started)" -gt 30 ] || fail 'nothing was done again'

# A COMMAND that dies leaves no partial answer, and its records are answered again.
cat >dies-once <<'END'
#!/bin/sh
mkdir "$PLAY/died" 2>/dev/null && { head -2; kill -9 $$; }
exec "$@"
END
chmod +x dies-once
# shellcheck disable=SC2086
"$many" -s "$work/play-ssh" -S one,1/: -n 10 ./dies-once $worker <requests >got ||
    fail 'a command died'
[ -d died ] || fail 'no command died'
cmp wanted got || fail 'not the answers, once and in order, after a command died'

# Arguments reach the command unchanged.
# shellcheck disable=SC2016
expect_status 0 "$many" -S : -n 1 printf '%s|%s\n' "a  'b" '$HOME *' <<END
1
END
printf '%s\n' "a  'b|\$HOME *" | cmp - out || fail 'the command got other words'

# If no machine is left, a message says so.
# shellcheck disable=SC2086
expect_status 1 "$many" -s "$work/play-ssh" -S three -r 2 $worker <requests
grep -q 'some records were not answered in 2 tries' err || fail 'the reason is not told'
[ ! -s out ] || fail 'an answer of nobody'
expect_status 1 "$many" -S : -r 2 -n 10 sh -c 'head -2; exit 1' <requests
[ ! -s out ] || fail 'half of the answers of a command that failed'
expect_status 2 "$many" aoti-forward
expect_status 2 "$many" -S one
exit 0
