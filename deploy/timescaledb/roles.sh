#!/bin/sh
# Run once by the database's image, when its volume is empty: the three roles of sql/roles.sql with a login each.
# The owner is no superuser: functions that run with its rights (make_partitions) can do no more than it may.
set -eu
secret() { cat "/run/secrets/$1-password"; }

psql -v ON_ERROR_STOP=1 --no-psqlrc -U postgres -d netsigma \
  -v owner="$(secret owner)" -v writer="$(secret writer)" -v reader="$(secret reader)" <<'SQL'
CREATE ROLE netsigma_owner LOGIN PASSWORD :'owner';
CREATE ROLE netsigma_writer LOGIN PASSWORD :'writer';
CREATE ROLE netsigma_reader LOGIN PASSWORD :'reader';
ALTER DATABASE netsigma OWNER TO netsigma_owner;
REVOKE ALL ON DATABASE netsigma FROM PUBLIC;
ALTER ROLE netsigma_reader SET default_transaction_read_only = on;
ALTER ROLE netsigma_reader SET statement_timeout = '60s';
SQL
