#!/usr/bin/env bash
# Installs what the integration tests need of Debian: an SNMP agent and its tools, iperf3, network namespaces.
# Without root, or on another system, it says what is missing; the tests then skip with the reason.
set -euo pipefail
declare -A package=([snmpd]=snmpd [snmpbulkwalk]=snmp [iperf3]=iperf3 [ip]=iproute2)
missing=()
for command in "${!package[@]}"; do
  PATH="$PATH:/usr/sbin:/sbin" command -v "$command" >/dev/null || missing+=("${package[$command]}")
done
[ ${#missing[@]} -eq 0 ] && { echo "services: all present"; exit 0; }
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "services: missing ${missing[*]} (on Debian, as root: apt-get install ${missing[*]})"
  exit 0
fi
# The packages start daemons of their own unless a policy says no.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}"
