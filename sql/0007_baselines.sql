-- Baselines have scopes besides interfaces, and whole days besides hours: "all of one scope" is asked for.

CREATE INDEX metric_baselines_scope ON metric_baselines (scope_type, metric_name, time_period) WHERE is_active;
COMMENT ON COLUMN metric_baselines.interface_name IS 'Null for the whole of a device, a path or a wider scope.';
COMMENT ON COLUMN metric_baselines.time_period IS
    'hourly: hour_of_day, and day_of_week for an hour of the week; daily: neither; weekly: day_of_week alone.';
COMMENT ON COLUMN metric_baselines.sample_count IS
    'Visits, not readings: days of an hour of the day and of daily, weeks of an hour of the week and of weekly.';
