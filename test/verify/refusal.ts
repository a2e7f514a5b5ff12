/** Why a raw record is a dead letter before any device is asked (topics.md, Time and Identity). */
import type { Located, RawRecord } from './records.ts';

const FUTURE_MS = 5 * 60_000;
/** Any reason will do: how bytes are broken is the decoder's to say. */
export const UNDECODABLE = 'undecodable';

export function refusalOf({ key, value, appendedAtMs, undecodable }: Located<RawRecord>): string | undefined {
  if (undecodable !== undefined) return UNDECODABLE;
  if (value === null) return 'tombstone';
  if (key !== value.entity) return 'key_mismatch';
  const parts = value.entity.split('/');
  const [domain, kind, id] = parts;
  const isEntity =
    parts.length === 3 && domain && id && ['device', 'path', 'node', 'service'].includes(kind!);
  if (!isEntity) return 'invalid_entity';
  if (domain !== value.domain) return 'domain_mismatch';
  if (value.observed_at > appendedAtMs + FUTURE_MS) return 'future';
  if (value.observed_at <= 0) return 'invalid_time';
  return undefined;
}
