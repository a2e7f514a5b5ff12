/** Confluent's wire format: a zero byte, the writer schema's id as int32 big-endian, the Avro body. */

export const HEADER_BYTES = 5;
const MAGIC = 0;

/** The writer schema's id, or undefined when the value is not framed. */
export function schemaIdOf(value: Buffer): number | undefined {
  return value.length >= HEADER_BYTES && value[0] === MAGIC ? value.readInt32BE(1) : undefined;
}

/** Writes the header to the front of `frame`, whose body begins at HEADER_BYTES. */
export function writeHeader(frame: Buffer, schemaId: number): void {
  frame[0] = MAGIC;
  frame.writeInt32BE(schemaId, 1);
}
