import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readMessageHeader, REPORT_PDU } from '../../../pipeline/collect/snmp/message-header.ts';

/** v2c get-response of sysUpTime.0 = 42, request id 0x1234, community "public". */
const V2C = Buffer.from(
  '302902010104067075626c6963a21c0202123402010002010030103 00e06082b060102010103004302002a'.replaceAll(
    ' ',
    '',
  ),
  'hex',
);
/** v3 Report (noAuthNoPriv): msgID 77, flags 0. */
const V3_REPORT = Buffer.from(
  '3032020103300d02014d020205dc0401000201030410300e0400020101020101040004000400' +
    '300c04000400a806020100020100',
  'hex',
);

describe('the header of a message', () => {
  it('of v2c has the request id of its PDU', () => {
    expect(readMessageHeader(V2C)).toEqual({
      version: 1,
      requestId: 0x1234,
      flags: 0,
      pdu: 0xa2,
      truncated: false,
    });
  });

  it('of v3 has the msgID, the flags and, in plain messages, the PDU', () => {
    expect(readMessageHeader(V3_REPORT)).toMatchObject({
      version: 3,
      requestId: 77,
      flags: 0,
      pdu: REPORT_PDU,
    });
  });

  it('says when the datagram is shorter than the message', () => {
    expect(readMessageHeader(V2C.subarray(0, 30))).toMatchObject({ requestId: 0x1234, truncated: true });
  });

  it('is none for anything that is no message, and never throws', () => {
    expect(readMessageHeader(Buffer.alloc(0))).toBeUndefined();
    expect(readMessageHeader(Buffer.from('GET / HTTP/1.1'))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (octets) => void readMessageHeader(Buffer.from(octets))),
    );
    fc.assert(
      fc.property(fc.nat(V2C.length - 1), fc.nat(255), (at, octet) => {
        const changed = Buffer.from(V2C);
        changed[at] = octet;
        readMessageHeader(changed);
      }),
    );
  });
});
