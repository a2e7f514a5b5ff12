-- Time series: a partition a day, no unique key (exactly-once comes from sink_offsets), no foreign keys.

-- How long the rows of a table are kept. `maintain` acts on it; the sink refuses rows that are older.
CREATE TABLE retention_policy (
    table_name   text PRIMARY KEY,
    time_column  text NOT NULL,
    keep         interval NOT NULL,
    partitioned  boolean NOT NULL
);

-- Surrogate ids out of a cached sequence: nextval() is not felt in a COPY.
CREATE SEQUENCE interface_metrics_id_seq CACHE 1000;

CREATE TABLE interface_metrics (
    id                  bigint NOT NULL DEFAULT nextval('interface_metrics_id_seq'),
    domain              text NOT NULL,
    device_id           uuid NOT NULL,
    device_ip           inet,
    netbox_device_id    integer,
    site_id             integer,
    interface_name      text NOT NULL,
    interface_index     integer NOT NULL,
    recorded_at         timestamptz NOT NULL,
    ingested_at         timestamptz NOT NULL DEFAULT now(),
    if_alias            text,
    admin_status        integer,
    oper_status         integer,
    duplex              integer,
    speed_mbps          double precision,
    quality             text NOT NULL,
    rx_bytes            bigint,
    tx_bytes            bigint,
    rx_packets          bigint,
    tx_packets          bigint,
    rx_errors           bigint,
    tx_errors           bigint,
    rx_discards         bigint,
    tx_discards         bigint,
    rx_bps              double precision,
    tx_bps              double precision,
    rx_unicast_pps      double precision,
    tx_unicast_pps      double precision,
    rx_multicast_pps    double precision,
    tx_multicast_pps    double precision,
    rx_broadcast_pps    double precision,
    tx_broadcast_pps    double precision,
    rx_pps              double precision,
    tx_pps              double precision,
    rx_error_rate       double precision,
    tx_error_rate       double precision,
    rx_discard_rate     double precision,
    tx_discard_rate     double precision,
    rx_utilization_pct  double precision,
    tx_utilization_pct  double precision,
    utilization_pct     double precision,
    rx_error_ppm        double precision,
    tx_error_ppm        double precision,
    error_rate_ppm      double precision
) PARTITION BY RANGE (recorded_at);
ALTER SEQUENCE interface_metrics_id_seq OWNED BY interface_metrics.id;
CREATE INDEX interface_metrics_device_time ON interface_metrics (device_ip, recorded_at DESC);
CREATE INDEX interface_metrics_interface_time ON interface_metrics (device_id, interface_name, recorded_at DESC);
CREATE INDEX interface_metrics_site_time ON interface_metrics (site_id, recorded_at DESC);

CREATE SEQUENCE poll_history_id_seq CACHE 1000;

CREATE TABLE poll_history (
    id                 bigint NOT NULL DEFAULT nextval('poll_history_id_seq'),
    domain             text NOT NULL,
    device_id          uuid NOT NULL,
    device_ip          inet,
    netbox_device_id   integer,
    collector_id       text NOT NULL,
    poll_id            uuid NOT NULL,
    job_type           text NOT NULL,
    started_at         timestamptz NOT NULL,
    completed_at       timestamptz,
    duration_ms        integer,
    status             text NOT NULL, -- success, partial, failed, timeout
    error_message      text,
    records_collected  integer,
    requests           integer,
    retries            integer,
    late_ms            integer,
    missed_polls       integer,
    created_at         timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (started_at);
ALTER SEQUENCE poll_history_id_seq OWNED BY poll_history.id;
CREATE INDEX poll_history_type_time ON poll_history (job_type, started_at DESC);
CREATE INDEX poll_history_device_time ON poll_history (device_ip, started_at DESC);

INSERT INTO retention_policy (table_name, time_column, keep, partitioned)
VALUES ('interface_metrics', 'recorded_at', '30 days', true),
       ('poll_history', 'started_at', '30 days', true);

-- The partition of each UTC day that is still missing; returns how many were made. The owner's rights, so that a
-- writer needs none on the schema. ATTACH, not PARTITION OF: readers and writers of other days are not locked out.
CREATE FUNCTION make_partitions(parent text, days date[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    day  date;
    part text;
    made integer := 0;
BEGIN
    IF NOT EXISTS (SELECT FROM retention_policy WHERE table_name = parent AND partitioned) THEN
        RAISE EXCEPTION 'retention_policy knows no partitioned table %', parent USING ERRCODE = '42P01';
    END IF;
    IF cardinality(days) > 400 THEN
        RAISE EXCEPTION '% partitions of % asked for at once: 400 are the limit', cardinality(days), parent
            USING ERRCODE = '54000';
    END IF;
    -- One creator at a time; the others find its partitions made.
    PERFORM pg_advisory_xact_lock(hashtext('netsigma.make_partitions'), hashtext(parent));
    FOREACH day IN ARRAY days LOOP
        part := parent || to_char(day, '"_p"YYYYMMDD');
        CONTINUE WHEN to_regclass(quote_ident(part)) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part, parent);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, part,
                       day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;
REVOKE ALL ON FUNCTION make_partitions FROM PUBLIC;
