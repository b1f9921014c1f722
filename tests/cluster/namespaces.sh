#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# contrib/cluster/many.sh over ssh to two machines, and loses one midway. A machine is a
# network namespace with an sshd on its loopback; it is lost when the loopback goes down. Needs
# root.

. "$AOTI_SOURCE_DIR/tests/cluster/words.sh"
PATH=$PATH:/usr/sbin:/sbin
need parallel ssh sshd ssh-keygen ip
parallel --version 2>/dev/null | grep -q '^GNU parallel' || skip 'parallel is another program'
[ "$(id -u)" -eq 0 ] || skip 'only root makes network namespaces'
space=aoti-$$

# Called by a trap.
# shellcheck disable=SC2317
leave()
{
    for name in one two; do
        # The names of processes are numbers.
        # shellcheck disable=SC2046
        kill -9 $(ip netns pids "$space-$name" 2>/dev/null) 2>/dev/null
        ip netns delete "$space-$name" 2>/dev/null
    done
    [ ! -e made-run-sshd ] || rmdir /run/sshd 2>/dev/null
    cd /
    rm -rf "$work"
}
trap leave EXIT

# --- Two machines --------------------------------------------------------------------------------

ssh-keygen -q -t ed25519 -N '' -f host && ssh-keygen -q -t ed25519 -N '' -f key || exit 99
[ -d /run/sshd ] || { mkdir /run/sshd && touch made-run-sshd; } || exit 99
cat >sshd.conf <<END
ListenAddress 127.0.0.1:2222
HostKey $work/host
AuthorizedKeysFile $work/key.pub
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
PidFile none
END
cat >ssh.conf <<END
Host one two
    HostName 127.0.0.1
    Port 2222
    User root
    IdentityFile $work/key
    IdentitiesOnly yes
    BatchMode yes
    StrictHostKeyChecking no
    UserKnownHostsFile /dev/null
    LogLevel ERROR
    ConnectTimeout 3
    ServerAliveInterval 1
    ServerAliveCountMax 2
END
for name in one two; do
    ip netns add "$space-$name" 2>err || skip "no network namespaces here: $(cat err)"
    ip -n "$space-$name" link set lo up || exit 99
    ip netns exec "$space-$name" "$(command -v sshd)" -D -f sshd.conf -E "sshd.$name" &
done

# ssh runs in the namespace of the machine that it connects to.
cat >ssh-to <<END
#!/bin/sh
echo "\$1" >>"$work/started"
exec ip netns exec "$space-\$1" ssh -F "$work/ssh.conf" "\$@"
END
chmod +x ssh-to
for name in one two; do
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        ./ssh-to "$name" true 2>err && continue 2
        sleep 0.3
    done
    cat err "sshd.$name"
    skip "no ssh to the machine $name"
done
: >started

# --- One is lost ---------------------------------------------------------------------------------

make_requests 400 >requests
answers requests >wanted

# From its fourth block on, the machine "two" is unreachable, and the answers to that block are
# lost.
lose_two()
{
    until [ "$(grep -c two started)" -ge 4 ]; do
        sleep 0.02
    done
    ip -n "$space-two" link set lo down && touch lost
}
lose_two &
# The words of $worker are words.
# shellcheck disable=SC2086
"$many" -s "$work/ssh-to" -S one,two -n 10 $worker <requests >got || fail 'a machine was lost'
[ -e lost ] || fail 'the machine was not lost'
cmp wanted got || fail 'not the answers, once and in order'
[ "$(wc -l <started)" -gt 40 ] || fail 'nothing was done again'
echo "$(grep -c one started) times one, $(grep -c two started) times two, for 40 blocks"
exit 0
