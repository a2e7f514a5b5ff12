#!/bin/sh
# A private Docker daemon for trying the Docker path on a machine without one. Needs root and Debian's docker.io.
#
#   eval "$(dockerd.sh start FOLDER)"    then: npm run services, npm test -- test/services
#   dockerd.sh stop FOLDER               ends the daemon with its containers; its images stay in FOLDER
#
# It has a bridge of its own and leaves the firewall alone: another daemon beside it (which would fight over docker0)
# does no harm. Published ports work, by Docker's proxy; containers do not reach the outside.
set -eu
PATH=$PATH:/usr/sbin:/sbin
folder=${2:-} socket=unix://${2:-}/docker.sock bridge=nsig-docker address=10.213.77.1
case ${1:-} in
  start)
    mkdir -p "$folder"
    # On a network that this machine is part of the bridge would take the place of its gateway.
    if ip route show table all match "$address" | grep -v '^default'; then
      echo "$address is part of a network of this machine: choose another in $0" >&2
      exit 1
    fi
    # A daemon gives its bridge the address that it had the last time.
    rm -rf "$folder/data/network"
    ip link add "$bridge" type bridge
    ip addr add "$address/24" dev "$bridge"
    ip link set "$bridge" up
    setsid dockerd -H "$socket" --data-root "$folder/data" --exec-root "$folder/run" --pidfile "$folder/pid" \
      --bridge "$bridge" --iptables=false --ip-forward=false --ip-masq=false >"$folder/log" 2>&1 </dev/null &
    tries=0
    until docker -H "$socket" info >/dev/null 2>&1; do
      tries=$((tries + 1))
      [ $tries -lt 150 ] || { tail -n 5 "$folder/log" >&2; exit 1; }
      sleep 0.2
    done
    # Without a registry there is no image of the reaper that removes what a killed test leaves.
    echo "export DOCKER_HOST=$socket TESTCONTAINERS_RYUK_DISABLED=true"
    ;;
  stop)
    docker -H "$socket" ps -aq | xargs -r docker -H "$socket" rm -fv >/dev/null
    kill "$(cat "$folder/pid")"
    tries=0
    while [ -e "$folder/pid" ] && [ $tries -lt 150 ]; do
      tries=$((tries + 1))
      sleep 0.2
    done
    ip link del "$bridge"
    ;;
  *) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 64 ;;
esac
