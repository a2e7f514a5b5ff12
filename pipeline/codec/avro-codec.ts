/** The codec of the catalogue's topics on avsc and a schema registry. */
import { avroSchema, subjectOf } from '../../topics/avro.ts';
import {
  rowFields,
  topicName,
  type Catalogue,
  type Naming,
  type TopicName,
  type TopicRecord,
} from '../../topics/catalogue.ts';
import { Reading } from '../model/reading.ts';
import { objectEncoder } from './compiled/object-encoder.ts';
import { deviationPlaces, readingPlaces } from './compiled/places.ts';
import { readingDecoder } from './compiled/reading-decoder.ts';
import { insightEncoder, readingEncoder } from './compiled/reading-encoder.ts';
import type { Codec, SchemaRegistry } from './port.ts';
import { objectReader } from './object-reader.ts';
import { columnSpecs } from './reading-columns.ts';

export interface AvroCodecOptions {
  readonly catalogue: Catalogue;
  readonly naming: Naming;
  readonly registry: SchemaRegistry;
}

/** `start` registers every topic's schema and reads back nothing: ids are known from then on. */
export function avroCodec({ catalogue, naming, registry }: AvroCodecOptions): Codec {
  const ids = new Map<TopicName, number>();
  const idOf = (topic: TopicName) => () => {
    const id = ids.get(topic);
    if (id === undefined) throw new TypeError(`codec used for ${topic} before start`);
    return id;
  };

  return {
    name: 'codec',
    async start() {
      for (const [topic, row] of Object.entries(catalogue) as [TopicName, Catalogue[TopicName]][]) {
        ids.set(topic, await registry.register(subjectOf(topicName(row, naming)), avroSchema(row)));
      }
    },
    async stop() {
      // Holds nothing.
    },

    readingDecoder(topic) {
      const row = catalogue[topic];
      return readingDecoder(registry, avroSchema(row), readingPlaces(rowFields(row)));
    },

    readingEncoder(topic) {
      const row = catalogue[topic];
      return readingEncoder(avroSchema(row), readingPlaces(rowFields(row)), idOf(topic));
    },

    deviationEncoder(topic, metrics) {
      return insightEncoder(avroSchema(catalogue[topic]), deviationPlaces(metrics), idOf(topic));
    },

    recordDecoder<T extends TopicName>(topic: T) {
      const writers = objectReader(registry, avroSchema(catalogue[topic]), 'bigint');
      return {
        prepare: (values: Iterable<Buffer | null>) => writers.prepare(values),
        decode(value: Buffer) {
          const outcome = writers.decode(value);
          return outcome.kind === 'value'
            ? { kind: 'record' as const, record: outcome.value as TopicRecord<T> }
            : outcome;
        },
      };
    },

    recordEncoder<T extends TopicName>(topic: T) {
      return objectEncoder<TopicRecord<T>>(avroSchema(catalogue[topic]), idOf(topic));
    },

    newReading(...topics) {
      return topics.reduce(
        (reading, topic) => reading.add(columnSpecs(rowFields(catalogue[topic]))),
        new Reading(),
      );
    },
  };
}
