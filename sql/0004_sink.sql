-- How far each partition is in the tables: changed in the same transaction as the rows, by compare-and-swap.
CREATE TABLE sink_offsets (
    writer            text NOT NULL, -- configured name @ cluster id: offsets mean something only beside their log
    topic             text NOT NULL,
    partition         integer NOT NULL,
    next_offset       bigint NOT NULL,
    last_append_time  timestamptz,
    updated_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (writer, topic, partition)
) WITH (fillfactor = 20); -- updated several times a second: versions stay on their page
