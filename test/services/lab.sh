#!/bin/sh
# A network of two routers in network namespaces, for tests against real agents. Needs root.
#
#   lab.sh check        exits 0 where namespaces can be made
#   lab.sh up PID       makes nsig<PID>-r1 and -r2, joined by a link "data", each with a link "mgmt" to this host
#   lab.sh down PID     ends what runs in them and removes everything; also after a half-done "up"
#
#   host 198.18.N.1 --- mgmt 198.18.N.2  r1  data 198.19.N.1 ---+
#   host 198.18.N.5 --- mgmt 198.18.N.6  r2  data 198.19.N.2 ---+         N = PID modulo 250
#
# PID is the process that uses it: "up" first removes the networks of processes that are gone.
# 198.18.0.0/15 is set aside for benchmarks (RFC 2544): it collides with no real network.
set -eu
PATH=$PATH:/usr/sbin:/sbin

router() { # NAME HOST-ADDRESS ADDRESS DATA-ADDRESS
  ip link add name "$1" type veth peer name mgmt netns "$1"
  ip addr add "$2/30" dev "$1"
  ip link set "$1" up
  # Neighbour discovery and multicast reports of IPv6 would count as traffic on an idle link.
  ip netns exec "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
  ip -n "$1" link set lo up
  ip -n "$1" addr add "$3/30" dev mgmt
  ip -n "$1" link set mgmt up
  ip -n "$1" addr add "$4/30" dev data
  ip -n "$1" link set data up
}

up() {
  sweep
  net=$(($1 % 250))
  ip netns add "nsig$1-r1"
  ip netns add "nsig$1-r2"
  ip link add name data netns "nsig$1-r1" type veth peer name data netns "nsig$1-r2"
  router "nsig$1-r1" "198.18.$net.1" "198.18.$net.2" "198.19.$net.1"
  router "nsig$1-r2" "198.18.$net.5" "198.18.$net.6" "198.19.$net.2"
}

down() {
  for name in "nsig$1-r1" "nsig$1-r2"; do
    # Deleting one end of a pair deletes the other.
    ip link del "$name" 2>/dev/null || true
    if ip netns list | grep -q "^$name\b"; then
      for pid in $(ip netns pids "$name"); do kill -9 "$pid" 2>/dev/null || true; done
      ip netns del "$name"
    fi
  done
}

sweep() {
  ip netns list | sed -n 's/^nsig\([0-9][0-9]*\)-r[12].*/\1/p' | sort -u | while read -r pid; do
    [ -d "/proc/$pid" ] || down "$pid"
  done
}

check() {
  probe="netsigma-check-$$"
  if [ "$(id -u)" -ne 0 ] || ! ip netns add "$probe" 2>/dev/null; then return 1; fi
  usable=0
  ip -n "$probe" link add name end0 type veth peer name end1 2>/dev/null || usable=1
  ip netns del "$probe"
  return $usable
}

case ${1:-} in
  check) check ;;
  up) up "$2" ;;
  down) down "$2" ;;
  *) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 64 ;;
esac
