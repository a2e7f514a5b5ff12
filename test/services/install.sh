#!/usr/bin/env bash
# Installs what the integration tests need of Debian: an SNMP agent and its tools, iperf3, network namespaces, and for
# Kafka, the schema registry and their clients Java, Maven, openssl, kcat, Python's venv.
# Without root, or on another system, it says what is missing; the tests then skip with the reason.
set -euo pipefail
declare -A package=(
  [snmpd]=snmpd [snmpbulkwalk]=snmp [iperf3]=iperf3 [ip]=iproute2
  [mvn]=maven [openssl]=openssl [kcat]=kcat [python3]=python3
)
missing=()
for command in "${!package[@]}"; do
  PATH="$PATH:/usr/sbin:/sbin" command -v "$command" >/dev/null || missing+=("${package[$command]}")
done
# Kafka 4 needs Java 17; Debian's default has been that or newer since 12.
java_major=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' || true)
[ "${java_major:-0}" -ge 17 ] || missing+=(default-jre-headless)
python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
# PostgreSQL as Debian builds it reads the system's time zones.
[ -e /usr/share/zoneinfo/Europe/Berlin ] || missing+=(tzdata)
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
