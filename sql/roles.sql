-- The three roles, made where the migrating role may make roles; else a notice says what to run. Runs before the
-- migrations, every time: roles belong to the server, not to a database.
--   netsigma_owner   owns the tables: DDL and dropping of partitions (migrate, maintain)
--   netsigma_writer  the sink: appends rows, merges identities, moves offsets, makes partitions through a function
--   netsigma_reader  dashboards and SQL users
DO $$
DECLARE
    wanted text;
    is_super boolean := (SELECT rolsuper FROM pg_roles WHERE rolname = current_user);
    owns_schema boolean := (SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'public');
    owns_database boolean := (SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database());
BEGIN
    FOREACH wanted IN ARRAY ARRAY['netsigma_owner', 'netsigma_writer', 'netsigma_reader'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            IF NOT (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) THEN
                RAISE NOTICE 'role % is missing and % may not create it: let an administrator run "CREATE ROLE % NOLOGIN", then migrate again', wanted, current_user, wanted;
                CONTINUE;
            END IF;
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
                IF wanted = 'netsigma_owner' AND NOT is_super THEN
                    EXECUTE format('GRANT netsigma_owner TO %I', current_user);
                END IF;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- made at this very moment for another database of this server
            END;
        END IF;
        IF owns_schema THEN
            EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', wanted);
        END IF;
        IF owns_database THEN
            EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO %I', current_database(), wanted);
        END IF;
    END LOOP;
    IF owns_schema AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'netsigma_owner') THEN
        GRANT CREATE ON SCHEMA public TO netsigma_owner;
    END IF;
    -- TimescaleDB's jobs (retention, compression) run as the owner of the tables, who must be allowed to log in for
    -- that (28000 otherwise). The role has no password: whoever asks for one refuses it.
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb')
       AND current_setting('timescaledb.license', true) = 'timescale'
       AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'netsigma_owner' AND NOT rolcanlogin) THEN
        BEGIN
            ALTER ROLE netsigma_owner LOGIN;
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE NOTICE 'netsigma_owner may not log in, so TimescaleDB compresses nothing and netsigma alone drops old rows: let an administrator run "ALTER ROLE netsigma_owner LOGIN", then migrate again';
        WHEN internal_error THEN
            NULL; -- altered at this very moment for another database of this server
        END;
    END IF;
END
$$;
