#!/bin/sh
# Unpacks Debian's PostgreSQL with TimescaleDB into a folder; installs nothing on the machine.
#
#   timescale-install.sh FOLDER SUITE POSTGRES-VERSION
#
# The packages come from the Debian mirror that this machine uses already (else deb.debian.org), by an apt
# configuration of its own. They need newer libraries than the machine may have, so those are unpacked, too, and each
# program becomes a script that runs the real one by the loader beside it.
set -eu
folder=$1 suite=$2 version=$3
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
die() { echo "$*" >&2; exit 1; }
[ -e "$keyring" ] || die "$keyring is missing: apt-get install debian-archive-keyring"

mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
  grep -oE '^[^#]*https?://[^] ]+/debian/?( |$)' | grep -oE 'https?://[^ ]+' | head -n 1)
mirror=${mirror:-http://deb.debian.org/debian}

work=$folder/work
mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial" "$work/debs"
: >"$work/state/status"
echo "deb [signed-by=$keyring] $mirror $suite main" >"$work/sources.list"
cat >"$work/apt.conf" <<EOC
Dir::State "$work/state"; Dir::State::status "$work/state/status"; Dir::Cache "$work/cache";
Dir::Etc::sourcelist "$work/sources.list"; Dir::Etc::sourceparts "/dev/null"; Dir::Etc::preferencesparts "/dev/null";
APT::Sandbox::User "root"; APT::Install-Recommends "false"; Acquire::Languages "none"; Acquire::Retries "3";
EOC
export APT_CONFIG="$work/apt.conf"
apt-get -qq update

# All that the two depend on, less what only package scripts, Perl programs and the JIT compiler need.
unneeded='adduser|base-|bash|coreutils|cron|debconf|dpkg|gcc-|grep|init-system|libbsd|libc-l10n|libedit|libllvm|libmd0|libperl|libsemanage|libz3|locales|login|logrotate|lsb|mawk|netbase|openssl|passwd|perl|postgresql-client-common|postgresql-common|procps|sed|sensible-utils|ssl-cert|systemd|sysvinit|tar|tzdata|ucf|util-linux'
packages=$(apt-get -y --print-uris install "postgresql-$version" "postgresql-$version-timescaledb" |
  sed -n "s/^'[^']*' \([^_]*\)_.*/\1/p" | grep -vE "^($unneeded)")
# shellcheck disable=SC2086
(cd "$work/debs" && apt-get -qq download $packages)
for deb in "$work"/debs/*.deb; do
  dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$folder" --no-same-owner \
    --exclude=./usr/share/doc --exclude=./usr/share/man --exclude=./usr/share/locale \
    --exclude='./usr/lib/postgresql/*/lib/bitcode' --exclude='./usr/lib/postgresql/*/lib/llvmjit.so'
done
rm -rf "$work"
[ -e "$folder/lib" ] || ln -s usr/lib "$folder/lib"

bin=$folder/usr/lib/postgresql/$version/bin
mkdir "$bin/.elf"
for program in postgres initdb psql pg_dump; do
  mv "$bin/$program" "$bin/.elf/$program"
  cat >"$bin/$program" <<EOW
#!/bin/sh
here=\${0%/*}
for loader in "\$here"/../../../../../usr/lib/*-linux-gnu*/ld-linux-*.so.*; do
  exec "\$loader" --library-path "\${loader%/*}" --argv0 "\$0" "\$here/.elf/$program" "\$@"
done
EOW
  chmod 755 "$bin/$program"
done
chmod -R a+rX "$folder"
"$bin/postgres" -V >/dev/null
