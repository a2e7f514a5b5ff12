/** The same topics through avsc's objects, and what a Reading holds as a value: what compiled codecs are compared with. */
import { avroSchema } from '../../../topics/avro.ts';
import { catalogue, rowFields } from '../../../topics/catalogue.ts';
import { avroType } from '../../../pipeline/codec/avro-type.ts';
import { readingPlaces } from '../../../pipeline/codec/compiled/places.ts';
import { readingDecoder } from '../../../pipeline/codec/compiled/reading-decoder.ts';
import { readingEncoder } from '../../../pipeline/codec/compiled/reading-encoder.ts';
import { objectReader } from '../../../pipeline/codec/object-reader.ts';
import type { AvroSchema, SchemaRegistry } from '../../../pipeline/codec/port.ts';
import {
  columnKind,
  columnSpecs,
  INSTANCE_FIELD,
  QUALITY_FIELD,
} from '../../../pipeline/codec/reading-columns.ts';
import { Reading } from '../../../pipeline/model/reading.ts';
import { objectDecoder } from './object-decoder.ts';
import { objectEncoder } from './avsc-reading.ts';

export type ReadingTopic = 'raw.interface' | 'metric.interface';

/** A registry of whatever schemas a test invents. */
export function looseRegistry(): SchemaRegistry & { add(schema: AvroSchema): number } {
  const schemas: AvroSchema[] = [];
  return {
    name: 'registry',
    start: async () => undefined,
    stop: async () => undefined,
    register: async (_subject, schema) => schemas.push(schema),
    add: (schema) => schemas.push(schema),
    schema: async (id) => schemas[id - 1],
  };
}

/** Both codecs of a topic on one registry. */
export function codecsOf(topic: ReadingTopic) {
  const fields = rowFields(catalogue[topic]);
  const schema = avroSchema(catalogue[topic]);
  const registry = looseRegistry();
  const id = registry.add(schema);
  const newReading = () => new Reading().add(columnSpecs(fields));
  return {
    fields,
    schema,
    registry,
    newReading,
    compiled: {
      decoder: readingDecoder(registry, schema, readingPlaces(fields)),
      encoder: readingEncoder(schema, readingPlaces(fields), () => id),
    },
    reference: {
      decoder: objectDecoder(fields, objectReader(registry, schema, 'halves')),
      encoder: objectEncoder(fields, avroType(schema, 'halves'), () => id),
    },
    /** All that a decoder sets. */
    contents(reading: Reading) {
      const rows = Array.from({ length: reading.rowCount }, (_, row) =>
        fields.map((field) => {
          if (field.name === INSTANCE_FIELD) return reading.instances[row];
          if (field.name === QUALITY_FIELD) return reading.quality[row];
          switch (columnKind(field)) {
            case 'counter': {
              const { hi, lo, known } = reading.counter(field.name);
              return known[row] === 1 ? (BigInt(hi[row]!) << 32n) | BigInt(lo[row]!) : null;
            }
            case 'number':
              return reading.number(field.name).values[row];
            case 'text':
              return reading.text(field.name).get(row);
          }
        }),
      );
      const { domain, entity, deviceIp, collectorId, pollId, part, parts, observedAtMs, durationMs } =
        reading;
      const { intervalMs, sysUptime, hostUptime, engineBoots, engineTime, status, errors } = reading;
      const { deviceId, netboxDeviceId, siteId, deviceRole, exceptions } = reading;
      return {
        ...{
          domain,
          entity,
          deviceIp,
          collectorId,
          pollId,
          part,
          parts,
          observedAtMs,
          durationMs,
          intervalMs,
        },
        ...{
          sysUptime,
          hostUptime,
          engineBoots,
          engineTime,
          status,
          errors,
          deviceId,
          netboxDeviceId,
          siteId,
        },
        ...{ deviceRole, exceptions, rows },
      };
    },
  };
}
