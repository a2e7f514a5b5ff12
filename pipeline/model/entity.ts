/** What a reading is about: its key on every topic, `<domain>/<kind>/<id>`, and the ids that follow from it. */
import { v5 as uuidv5 } from 'uuid';

export type EntityKey = string & { readonly __brand: 'EntityKey' };

export const ENTITY_KINDS = ['device', 'path', 'node', 'service'] as const;
export type EntityKind = (typeof ENTITY_KINDS)[number];

/** Every UUIDv5 that leaves the pipeline hangs below this one namespace: never change it. */
const NAMESPACE = '5d9c1f0e-6b3a-5c47-9e21-7f0d8a4b6c13';

/** The longest key that is accepted, in UTF-16 units: keys are held in memory once per entity. */
const MAX_KEY_LENGTH = 255;

/**
 * The entity's key, lower-cased.
 * @throws RangeError when a part is empty, too long, or holds `/` or a control character.
 */
export function entityKey(domain: string, kind: EntityKind, id: string): EntityKey {
  const key = `${keyPart('domain', domain)}/${kind}/${keyPart('id', id)}`;
  if (key.length > MAX_KEY_LENGTH) {
    throw new RangeError(`entity key "${key.slice(0, 40)}..." is longer than ${MAX_KEY_LENGTH} characters`);
  }
  return key as EntityKey;
}

/** The key's three parts. @throws RangeError when `key` is not `<domain>/<kind>/<id>`. */
export function parseEntityKey(key: string): { domain: string; kind: EntityKind; id: string } {
  const [domain, kind, id, ...rest] = key.split('/');
  if (!domain || !id || rest.length > 0 || !ENTITY_KINDS.includes(kind as EntityKind)) {
    throw new RangeError(
      `"${key.slice(0, 80)}" is no entity key: expected <domain>/<${ENTITY_KINDS.join('|')}>/<id>`,
    );
  }
  return { domain, kind: kind as EntityKind, id };
}

/** The `device_id` of every table and record: UUIDv5 of the entity's key, known before any database. */
export function deviceId(entity: string): string {
  return uuidv5(JSON.stringify(['device', entity]), NAMESPACE);
}

/** UUIDv5 of one anomaly: the same series, detector and opening time give the same id on every replay. */
export function anomalyId(
  entity: string,
  instance: string,
  metric: string,
  detector: string,
  openedAtMs: number,
): string {
  return uuidv5(JSON.stringify(['anomaly', entity, instance, metric, detector, openedAtMs]), NAMESPACE);
}

/** UUIDv5 of a dead letter: the record it came from and, where one row of it failed, the row. */
export function deadLetterId(topic: string, partition: number, offset: number, row: number): string {
  return uuidv5(JSON.stringify(['dead-letter', topic, partition, offset, row]), NAMESPACE);
}

/** A site's id where the inventory gives none: 31 bits of its UUIDv5. */
export function siteId(domain: string, slug: string): number {
  return (
    Number.parseInt(uuidv5(JSON.stringify(['site', domain, slug]), NAMESPACE).slice(0, 8), 16) & 0x7fffffff
  );
}

/** A site's UUID: UUIDv5 of its domain and slug. */
export function siteUuid(domain: string, slug: string): string {
  return uuidv5(JSON.stringify(['site', domain, slug]), NAMESPACE);
}

function keyPart(what: string, text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are exactly what is refused here
  if (text === '' || /[/\u0000-\u001f\u007f]/.test(text)) {
    throw new RangeError(`${what} ${JSON.stringify(text)} is empty or holds "/" or a control character`);
  }
  return text.toLowerCase();
}
