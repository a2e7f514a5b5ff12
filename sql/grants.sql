-- Who may do what with the tables. Runs after the migrations, every time, as their owner: it reaches new tables.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'netsigma_writer') THEN
        GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO netsigma_writer;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO netsigma_writer;
        GRANT DELETE ON sink_offsets TO netsigma_writer;
        GRANT UPDATE ON devices, sites, metric_baselines, anomaly_events, anomaly_verdicts, ml_model_metrics,
            sink_offsets TO netsigma_writer;
        REVOKE INSERT ON retention_policy, schema_migrations FROM netsigma_writer;
        GRANT EXECUTE ON FUNCTION make_partitions TO netsigma_writer;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'netsigma_reader') THEN
        GRANT SELECT ON ALL TABLES IN SCHEMA public TO netsigma_reader;
        REVOKE SELECT ON sink_offsets FROM netsigma_reader;
    END IF;
END
$$;
