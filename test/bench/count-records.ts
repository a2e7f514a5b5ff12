/** How many committed records a topic holds: what members say of themselves is held to it. */
import type { Broker } from '../../pipeline/broker/port.ts';

export async function countRecords(broker: Broker, topic: string): Promise<number> {
  let count = 0;
  for (const { partition, earliest, lastStable } of await broker.offsets(topic)) {
    for await (const { records } of broker.readRange({ topic, partition }, earliest, lastStable))
      count += records.length;
  }
  return count;
}
