-- The course of an anomaly: its worst poll and how long it lasted. correlation_group_id is the stream's from here on.

ALTER TABLE anomaly_events ADD COLUMN peak_at timestamptz;
ALTER TABLE anomaly_events ADD COLUMN duration_seconds double precision;
