-- What people say of anomalies, and what models learn from it.

-- Which version of its detector found it; null for those that were found before there were any.
ALTER TABLE anomaly_events ADD COLUMN detector_version text;
-- Owned by people, like the columns beside it: acknowledged, false_positive, confirmed.
ALTER TABLE anomaly_events ADD COLUMN verdict text;

-- The verdicts by themselves, as control.rule has them: one may be here before its anomaly is, and gives the row of
-- anomaly_events its columns when that comes.
CREATE TABLE anomaly_verdicts (
    domain            text NOT NULL,
    anomaly_id        uuid NOT NULL,
    entity            text NOT NULL,
    interface_name    text,
    metric_name       text,
    detector          text,
    detector_version  text,
    opened_at         timestamptz, -- of the anomaly
    verdict           text NOT NULL, -- acknowledged, false_positive, confirmed
    note              text,
    decided_by        text,
    decided_at        timestamptz NOT NULL,
    withdrawn_at      timestamptz,   -- it holds no more
    ingested_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (domain, anomaly_id)
);

INSERT INTO retention_policy (table_name, time_column, keep, partitioned)
VALUES ('anomaly_verdicts', 'decided_at', '2 years', false);
