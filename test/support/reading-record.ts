/** A reading as the plain record that another producer would write: with values that our encoder refuses, if need be. */
import type { Codec } from '../../pipeline/codec/port.ts';
import type { Reading } from '../../pipeline/model/reading.ts';
import type { TopicRecord } from '../../topics/catalogue.ts';

export async function readingRecord<T extends 'raw.interface' | 'metric.interface'>(
  codec: Codec,
  topic: T,
  reading: Reading,
): Promise<TopicRecord<T>> {
  const value = codec.readingEncoder(topic).encode(reading);
  const decoder = codec.recordDecoder(topic);
  await decoder.prepare([value]);
  const outcome = decoder.decode(value);
  if (outcome.kind === 'record') return outcome.record;
  throw new Error(`${topic}: ${outcome.reason} ${outcome.detail}`);
}
