/** The pipeline about itself: one audit record a poll, and what could not be used. */
import { identityFields } from './envelope.ts';
import type { RecordOf, RecordRow } from './row.ts';

export const opsCollection = {
  record: 'Collection',
  doc: 'Audit of one poll of one device.',
  fields: [
    ...identityFields,
    { name: 'device_id', type: 'uuid', required: true, kind: 'key', doc: 'UUIDv5 of the entity.' },
    { name: 'netbox_device_id', type: 'int', kind: 'key', doc: 'From the inventory.' },
    { name: 'collector_id', type: 'string', required: true, doc: 'Who polled.' },
    { name: 'poll_id', type: 'uuid', required: true, doc: 'UUIDv7 of the poll.' },
    { name: 'job_type', type: 'string', required: true, doc: "The profile's table: interface." },
    { name: 'started_at', type: 'timestamp', required: true, doc: 'First request.' },
    { name: 'completed_at', type: 'timestamp', required: true, doc: 'Last answer, or the deadline.' },
    { name: 'duration_ms', type: 'int', required: true, doc: 'completed_at - started_at.' },
    { name: 'status', type: { enum: 'CollectionStatus', symbols: ['unknown', 'success', 'partial', 'failed', 'timeout'] }, required: true, doc: 'How it ended.' },
    { name: 'error_message', type: 'string', doc: 'What went wrong, named; never a secret.' },
    { name: 'records_collected', type: 'int', required: true, doc: 'Rows read.' },
    { name: 'requests', type: 'int', required: true, doc: 'PDUs sent.' },
    { name: 'retries', type: 'int', required: true, doc: 'Of them repeated.' },
    { name: 'late_ms', type: 'int', required: true, doc: 'How long after its planned time the poll began.' },
    { name: 'missed_polls', type: 'int', required: true, doc: 'Planned polls skipped before this one (overload or a breaker).' },
  ],
} as const satisfies RecordRow;

export const deadLetter = {
  record: 'DeadLetter',
  doc: 'A record, or one row of it, that could not be decoded, validated or stored.',
  fields: [
    { name: 'id', type: 'uuid', required: true, doc: 'UUIDv5 of topic, partition, offset and row: the same failure twice has the same id.' },
    { name: 'reason', type: 'string', required: true, doc: 'One of a fixed set of words; a metric label.' },
    { name: 'detail', type: 'string', doc: 'The message; never a secret.' },
    { name: 'failed_in', type: 'string', required: true, doc: 'entity, sink or collect.' },
    { name: 'topic', type: 'string', required: true, doc: 'Where the record lay.' },
    { name: 'partition', type: 'int', required: true, doc: 'Where the record lay.' },
    { name: 'offset', type: 'long', required: true, doc: 'Where the record lay.' },
    { name: 'row', type: 'int', doc: 'The row that failed; null for the whole record.' },
    { name: 'key', type: 'bytes', doc: "The record's key." },
    { name: 'value', type: 'bytes', doc: "The record's value, whole." },
    { name: 'failed_at', type: 'timestamp', required: true, doc: "The record's append time (sink: the time of the flush)." },
  ],
} as const satisfies RecordRow;

export type CollectionRecord = RecordOf<typeof opsCollection>;
export type DeadLetterRecord = RecordOf<typeof deadLetter>;
