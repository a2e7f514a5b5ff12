/** What may be committed for a group, the same with every broker. */
import { PermanentError } from '../model/errors.ts';
import type { CommittedOffset } from './port.ts';

/** Kafka's `offset.metadata.max.bytes`: the broker counts Java characters, that is UTF-16 units. */
const MAX_METADATA_LENGTH = 4096;

/** @throws PermanentError when the offset is none, or its metadata is too long. */
export function assertOffset(group: string, { topic, partition, offset, metadata }: CommittedOffset): void {
  const what = `group ${group} cannot commit offset ${offset} of ${topic}[${partition}]`;
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw new PermanentError(`${what}: an offset is a whole number from 0 on`);
  }
  if (metadata.length > MAX_METADATA_LENGTH) {
    throw new PermanentError(
      `${what}: its metadata has ${metadata.length} UTF-16 units, the limit is ${MAX_METADATA_LENGTH}`,
    );
  }
}
