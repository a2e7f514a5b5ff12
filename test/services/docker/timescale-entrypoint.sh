#!/bin/sh
# As timescale/timescaledb: user postgres with POSTGRES_PASSWORD, the extension in every new database.
set -eu
if [ "$(id -u)" = 0 ]; then exec su -p -s /bin/sh postgres -c /entrypoint.sh; fi
cd /tmp
bin=$(echo /usr/lib/postgresql/*/bin)
echo "$POSTGRES_PASSWORD" >/tmp/password
"$bin/initdb" -D /tmp/data -U postgres -E UTF8 --locale=C.UTF-8 --auth=scram-sha-256 --pwfile=/tmp/password --no-sync
cat >>/tmp/data/postgresql.conf <<EOC
listen_addresses = '*'
unix_socket_directories = '/tmp'
shared_preload_libraries = 'timescaledb'
timescaledb.telemetry_level = off
EOC
echo 'host all all all scram-sha-256' >>/tmp/data/pg_hba.conf
for database in template1 postgres; do
  echo 'CREATE EXTENSION timescaledb' | "$bin/postgres" --single -D /tmp/data "$database" >/dev/null
done
exec "$bin/postgres" -D /tmp/data
