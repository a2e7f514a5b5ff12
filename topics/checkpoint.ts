/** Topics of the runtime alone: their records are not Avro, nobody else reads them, and they need no schema. */
import { MEGABYTE, type InternalTopicRow } from './row.ts';

const checkpoint = { class: 'entity', cleanup: 'delete', retentionMs: Infinity, maxRecordBytes: MEGABYTE } as const;

export const internalTopics: readonly InternalTopicRow[] = [{ ...checkpoint, name: checkpointName('entity'), doc: 'State of the tasks of the sub-topology entity; what a later checkpoint replaced is deleted by the tasks.' }];

/** Without prefix and generation. */
export function checkpointName(subTopology: string): string {
  return `netsigma.checkpoint.${subTopology}`;
}
