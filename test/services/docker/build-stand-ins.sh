#!/bin/sh
# Local stand-ins for the vendors' images, where no registry can be reached: same names, ports and environment, made of
# the programs that the native services use. They prove our way through testcontainers, not the vendors' images.
#
#   build-stand-ins.sh KAFKA-FOLDER REGISTRY-FOLDER TIMESCALE-FOLDER KAFKA-IMAGE REGISTRY-IMAGE TIMESCALE-IMAGE
#
# Run by stand-ins.ts. Needs a Docker daemon, Debian's busybox-static (downloaded, not installed) and a JDK (jlink).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
kafka=$1 registry=$2 timescale=$3 kafka_image=$4 registry_image=$5 timescale_image=$6
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && apt-get -qq -o APT::Sandbox::User=root download busybox-static)

root_folder() { # FOLDER: a shell, its tools, two users
  mkdir -p "$1"
  dpkg-deb --fsys-tarfile "$work"/busybox-static_*.deb | tar -x -C "$1" --exclude=./usr/share
  for tool in $("$1/bin/busybox" --list); do
    [ -e "$1/bin/$tool" ] || ln -s busybox "$1/bin/$tool"
  done
  mkdir -p "$1/tmp" "$1/proc" "$1/sys" "$1/dev" "$1/etc"
  chmod 1777 "$1/tmp"
  printf 'root:x:0:0:root:/:/bin/sh\npostgres:x:999:999::/:/bin/sh\n' >"$1/etc/passwd"
  printf 'root:x:0:\npostgres:x:999:\n' >"$1/etc/group"
}

java_folder() { # FOLDER: the same with a Java of this machine and the libraries that it needs
  root_folder "$1"
  mkdir -p "$1/opt"
  jlink --add-modules ALL-MODULE-PATH --strip-java-debug-attributes --no-header-files --no-man-pages --output "$1/opt/java"
  find "$1/opt/java" -name '*.so' -o -path '*/bin/java' | xargs ldd 2>/dev/null |
    sed -n 's/^\t\(.* => \)\{0,1\}\(\/[^ ]*\) (.*/\2/p' | grep -v "^$1" | sort -u |
    while read -r library; do
      mkdir -p "$1${library%/*}"
      cp -L "$library" "$1$library"
    done
}

import() { # FOLDER IMAGE PORT
  docker rmi -f "$2" >/dev/null 2>&1 || true
  tar -C "$1" -c . | docker import -c 'ENTRYPOINT ["/entrypoint.sh"]' -c "EXPOSE $3" - "$2" >/dev/null
  echo "$2"
}

java_folder "$work/java"
cp -a "$work/java" "$work/kafka"
mkdir "$work/kafka/opt/kafka"
cp -a "$kafka/." "$work/kafka/opt/kafka/"
cp "$here/kafka-entrypoint.sh" "$work/kafka/entrypoint.sh"
import "$work/kafka" "$kafka_image" 9092

mkdir "$work/java/opt/registry"
cp -a "$registry/." "$work/java/opt/registry/"
cp "$here/registry-entrypoint.sh" "$work/java/entrypoint.sh"
import "$work/java" "$registry_image" 8080

mkdir "$work/timescale"
cp -a "$timescale/." "$work/timescale/"
root_folder "$work/timescale"
cp "$here/timescale-entrypoint.sh" "$work/timescale/entrypoint.sh"
import "$work/timescale" "$timescale_image" 5432
