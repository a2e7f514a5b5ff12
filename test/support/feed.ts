/** Records for a processor, as a partition would hold them. */
import type { BrokerRecord } from '../../pipeline/broker/port.ts';
import type { Processor } from '../../pipeline/runtime/sub-topology.ts';
import type { TopicName } from '../../topics/catalogue.ts';

export type Feed = (
  topic: TopicName,
  key: string | null,
  value: Buffer | null,
  appendedAtMs: number,
) => Promise<void>;

/** Makes each record decodable and hands it to `fold`; offsets rise by one. */
export function feed(processor: Processor, fold: (topic: TopicName, record: BrokerRecord) => void): Feed {
  let offset = 0;
  return async (topic, key, value, appendedAtMs) => {
    const record: BrokerRecord = {
      topic,
      partition: 0,
      offset,
      appendedAtMs,
      key: key === null ? null : Buffer.from(key),
      value,
    };
    offset += 1;
    await processor.prepare(topic, [value]);
    fold(topic, record);
  };
}
