#!/bin/sh
# make-env.sh [FOLDER]: makes FOLDER/.env (the checkout's unless told) of .env.example, random where that is empty.
# Never replaces one: the passwords in it are those of the volumes.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
target=${1:-$root}/.env
hex() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

[ ! -e "$target" ] || { echo "make-env.sh: $target is there already: it is left as it is" >&2; exit 1; }
umask 077
while IFS= read -r line; do
  case $line in
    # Kafka takes 16 bytes as 22 characters of base64url; the last may be one of A, Q, g, w.
    KAFKA_CLUSTER_ID=) printf '%s%.21sA\n' "$line" "$(hex)" ;;
    *_PASSWORD=) printf '%s%s\n' "$line" "$(hex)" ;;
    *) printf '%s\n' "$line" ;;
  esac
done < "$root/.env.example" > "$target.part"
mv "$target.part" "$target"
echo "$target written"
