/** Topics of the runtime alone: their records are not Avro, nobody else reads them, and they need no schema. */
import { MEGABYTE, type InternalTopicRow } from './row.ts';

const checkpoint = { class: 'entity', cleanup: 'delete', retentionMs: Infinity, maxRecordBytes: MEGABYTE } as const;

const SUB_TOPOLOGIES = ['entity', 'domain'];

export const internalTopics: readonly InternalTopicRow[] = SUB_TOPOLOGIES.map((name) => ({ ...checkpoint, name: checkpointName(name), doc: `State of the tasks of the sub-topology ${name}; what a later checkpoint replaced is deleted by the tasks.` }));

/** Without prefix and generation. */
export function checkpointName(subTopology: string): string {
  return `netsigma.checkpoint.${subTopology}`;
}
