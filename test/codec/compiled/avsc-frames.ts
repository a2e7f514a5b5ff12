/** Objects to framed Avro through one growing scratch buffer: a copy of exactly the frame comes out. */
import type avro from 'avsc';
import { HEADER_BYTES, writeHeader } from '../../../pipeline/codec/wire-format.ts';

const INITIAL_BYTES = 64 * 1024;

/** @returns a function from a value of `type` to its frame. @throws Error naming the field of an invalid value. */
export function frameWriter(type: avro.Type, schemaId: () => number): (value: unknown) => Buffer {
  let scratch = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  return (value) => {
    let end = type.encode(value, scratch, HEADER_BYTES);
    if (end < 0) {
      scratch = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(scratch.length - end)));
      end = type.encode(value, scratch, HEADER_BYTES);
    }
    writeHeader(scratch, 0, schemaId());
    return Buffer.from(scratch.subarray(0, end));
  };
}
