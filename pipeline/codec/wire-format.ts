/** Confluent's wire format: a zero byte, the writer schema's id as int32 big-endian, the Avro body. */

export const HEADER_BYTES = 5;
const MAGIC = 0;

/** The writer schema's id, or undefined when the value is not framed. */
export function schemaIdOf(value: Buffer): number | undefined {
  return value.length >= HEADER_BYTES && value[0] === MAGIC ? value.readInt32BE(1) : undefined;
}

/** Writes the header at `at`; the body goes HEADER_BYTES behind. */
export function writeHeader(frame: Buffer, at: number, schemaId: number): void {
  frame[at] = MAGIC;
  frame.writeInt32BE(schemaId, at + 1);
}
