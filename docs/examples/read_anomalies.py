"""Prints the records of a netsigma topic as lines of JSON.

    python3 -m venv venv && venv/bin/pip install confluent-kafka fastavro
    venv/bin/python read_anomalies.py --brokers localhost:9092 --registry http://localhost:8081

Other topics: --topic metric.interface. One line for each row of a packed record: --rows.
Ends at the topic's end unless told to --follow. Nothing here is netsigma's: confluent-kafka reads, fastavro decodes.
"""

import argparse
import io
import json
import struct
import urllib.request
import uuid
from datetime import datetime

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition
from fastavro import parse_schema, schemaless_reader


class Decoder:
    """Confluent's wire format: a zero byte, the id of the writer's schema in four bytes, the Avro body."""

    def __init__(self, registry):
        self.registry = registry.rstrip("/")
        self.schemas = {}

    def schema(self, schema_id):
        if schema_id not in self.schemas:
            with urllib.request.urlopen(f"{self.registry}/schemas/ids/{schema_id}", timeout=10) as answer:
                self.schemas[schema_id] = parse_schema(json.loads(json.load(answer)["schema"]))
        return self.schemas[schema_id]

    def __call__(self, value):
        magic, schema_id = struct.unpack(">bI", value[:5])
        if magic != 0:
            raise ValueError(f"not in Confluent's wire format: first byte {magic}")
        return schemaless_reader(io.BytesIO(value[5:]), self.schema(schema_id), None)


def messages(brokers, topic, follow):
    """Committed records from the beginning, partition by partition. Commits nothing, so the group's name is free."""
    consumer = Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": "read-anomalies",
            "enable.auto.commit": False,
            # netsigma writes in transactions: what was aborted must not be seen.
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
        }
    )
    found = consumer.list_topics(topic, timeout=10).topics[topic]
    if found.error is not None:
        raise KafkaException(found.error)
    open_partitions = set(found.partitions)
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in open_partitions])
    try:
        while follow or open_partitions:
            message = consumer.poll(1.0)
            if message is None:
                continue
            if message.error() is None:
                yield message
            elif message.error().code() == KafkaError._PARTITION_EOF:
                open_partitions.discard(message.partition())
            else:
                raise KafkaException(message.error())
    finally:
        consumer.close()


def to_json(value):
    """Timestamps come as datetime, ids as UUID."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    raise TypeError(f"no JSON for {type(value)}")


def lines(message, decode, unpack):
    """One line a record, or one for each of its rows with the record's own fields beside it."""
    where = {
        "partition": message.partition(),
        "offset": message.offset(),
        "appended_at": message.timestamp()[1],
        "key": None if message.key() is None else message.key().decode(),
    }
    value = None if message.value() is None else decode(message.value())  # None: a tombstone
    if not unpack or value is None:
        yield {**where, "value": value}
        return
    common = {name: field for name, field in value.items() if not isinstance(field, list)}
    for row in value["rows"]:
        yield {**where, "value": {**common, **row}}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--brokers", default="localhost:9092")
    parser.add_argument("--registry", default="http://localhost:8081")
    parser.add_argument("--topic", default="insight.anomaly")
    parser.add_argument("--rows", action="store_true", help="one line for each row")
    parser.add_argument("--follow", action="store_true", help="wait for more at the end")
    options = parser.parse_args()
    decode = Decoder(options.registry)
    for message in messages(options.brokers, options.topic, options.follow):
        for line in lines(message, decode, options.rows):
            print(json.dumps(line, default=to_json, ensure_ascii=False), flush=options.follow)


if __name__ == "__main__":
    main()
