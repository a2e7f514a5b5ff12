/** Error codes of a fetch by what the reader does. https://kafka.apache.org/protocol#protocol_error_codes */

const NAMES: Readonly<Record<number, string>> = {
  1: 'OFFSET_OUT_OF_RANGE',
  2: 'CORRUPT_MESSAGE',
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_FOR_PARTITION',
  9: 'REPLICA_NOT_AVAILABLE',
  29: 'TOPIC_AUTHORIZATION_FAILED',
  56: 'KAFKA_STORAGE_ERROR',
  74: 'FENCED_LEADER_EPOCH',
  76: 'UNKNOWN_LEADER_EPOCH',
  78: 'OFFSET_NOT_AVAILABLE',
  100: 'UNKNOWN_TOPIC_ID',
};

/** The partition has moved or is moving: look up its leader and ask again. */
const MOVING: ReadonlySet<number> = new Set([3, 5, 6, 9, 56, 74, 76, 78, 100]);

export function fetchErrorName(code: number): string {
  return NAMES[code] ?? `error ${code}`;
}

export function isMovingError(code: number): boolean {
  return MOVING.has(code);
}
