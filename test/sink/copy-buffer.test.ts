import { describe, expect, it } from '@jest/globals';
import { CopyBuffer, type ValueFault } from '../../pipeline/sink/copy-buffer.ts';

/** The bytes of one value, or its fault; a fault must leave nothing behind. */
function written(write: (out: CopyBuffer) => ValueFault | undefined): string {
  const out = new CopyBuffer();
  const fault = write(out);
  if (fault !== undefined) expect(out.length).toBe(0);
  return fault ?? out.bytes.subarray(0, out.length).toString('hex');
}

describe('values that fit', () => {
  it.each<[string, (out: CopyBuffer) => ValueFault | undefined, string]>([
    ['NULL', (out) => out.null(), 'ffffffff'],
    ['int2', (out) => out.int2(-2), '00000002' + 'fffe'],
    ['int4', (out) => out.int4(-2), '00000004' + 'fffffffe'],
    ['int8 of a number', (out) => out.int8(-2), '00000008' + 'fffffffffffffffe'],
    ['int8 of a bigint', (out) => out.int8(2n ** 62n), '00000008' + '4000000000000000'],
    ['a counter', (out) => out.uint64(0x7fffffff, 0xffffffff), '00000008' + '7fffffffffffffff'],
    ['float8', (out) => out.float8(1), '00000008' + '3ff0000000000000'],
    ['boolean', (out) => out.boolean(true), '00000001' + '01'],
    ['the epoch of PostgreSQL', (out) => out.timestamptz(946_684_800_000), '00000008' + '0000000000000000'],
    ['the last day before it', (out) => out.date(946_684_799_999), '00000004' + 'ffffffff'],
    ['text in UTF-8', (out) => out.text('aü'), '00000003' + '61c3bc'],
    ['jsonb', (out) => out.jsonb('{"a":1}'), '00000008' + '01' + '7b2261223a317d'],
    [
      'jsonb about an escape',
      (out) => out.jsonb(JSON.stringify('\\u0000')),
      '0000000a' + '01225c5c753030303022',
    ],
    ['inet of version 4', (out) => out.inet('10.0.0.255'), '00000008' + '02200004' + '0a0000ff'],
    [
      'inet of version 6',
      (out) => out.inet('2001:db8::1'),
      '00000014' + '03800010' + '20010db8000000000000000000000001',
    ],
    [
      'inet with dots',
      (out) => out.inet('::ffff:1.2.3.4'),
      '00000014' + '03800010' + '00000000000000000000ffff01020304',
    ],
    [
      'numeric 12345.67',
      (out) => out.numeric(12345.67, 9, 2),
      '0000000e' + '0003' + '0001' + '0000' + '0002' + '0001' + '0929' + '1a2c',
    ],
    [
      'an empty array',
      (out) => out.array([], 25, (value) => out.text(value)),
      '0000000c' + '00000000' + '00000000' + '00000019',
    ],
  ])('%s', (_, write, bytes) => {
    expect(written(write)).toBe(bytes);
  });
});

describe('values that do not', () => {
  it.each<[ValueFault, string, (out: CopyBuffer) => ValueFault | undefined]>([
    ['out_of_range', 'a counter of 2^63', (out) => out.uint64(0x80000000, 0)],
    ['out_of_range', 'a bigint of 2^63', (out) => out.int8(2n ** 63n)],
    ['out_of_range', 'an integer beyond 2^53', (out) => out.int8(2 ** 60)],
    ['out_of_range', 'int4 of 2^31', (out) => out.int4(2 ** 31)],
    ['out_of_range', 'int4 of a fraction', (out) => out.int4(1.5)],
    ['out_of_range', 'int2 of 2^15', (out) => out.int2(32_768)],
    ['out_of_range', 'float4 of 1e39', (out) => out.float4(1e39)],
    ['not_finite', 'float8 of infinity', (out) => out.float8(Infinity)],
    ['not_finite', 'numeric of NaN', (out) => out.numeric(Number.NaN, 5, 2)],
    ['out_of_range', 'numeric(5,2) of 1000', (out) => out.numeric(1000, 5, 2)],
    ['out_of_range', 'numeric(5,2) of 999.999, rounded', (out) => out.numeric(999.999, 5, 2)],
    ['out_of_range', 'numeric of 1e30', (out) => out.numeric(1e30, 9, 2)],
    ['out_of_range', 'a time that is no number', (out) => out.timestamptz(Number.NaN)],
    ['out_of_range', 'the year 9999', (out) => out.timestamptz(Date.UTC(9999, 0, 1))],
    ['nul_byte', 'a short text with NUL', (out) => out.text('a\0')],
    ['nul_byte', 'a long text with NUL', (out) => out.text('ü'.repeat(100) + '\0')],
    ['nul_byte', 'jsonb with NUL', (out) => out.jsonb(JSON.stringify({ a: 'b\0' }))],
    ['uuid_syntax', 'a short uuid', (out) => out.uuid('5d9c1f0e')],
    [
      'uuid_syntax',
      'a uuid without dashes in place',
      (out) => out.uuid('5d9c1f0e06b3a-5c47-9e21-7f0d8a4b6c13'),
    ],
    [
      'uuid_syntax',
      'a uuid with a letter beyond f',
      (out) => out.uuid('gd9c1f0e-6b3a-5c47-9e21-7f0d8a4b6c13'),
    ],
    ['inet_syntax', 'a zone index', (out) => out.inet('fe80::1%eth0')],
    ['inet_syntax', 'a mask', (out) => out.inet('10.0.0.0/8')],
    ['inet_syntax', 'an octet of 256', (out) => out.inet('10.0.0.256')],
    ['inet_syntax', 'a leading zero', (out) => out.inet('10.0.0.01')],
    ['inet_syntax', 'a name', (out) => out.inet('router')],
    [
      'inet_syntax',
      'an array with one bad address',
      (out) => out.array(['10.0.0.1', 'x'], 869, (value) => out.inet(value)),
    ],
  ])('%s: %s', (fault, _, write) => {
    expect(written(write)).toBe(fault);
  });

  it('cover a lone surrogate by U+FFFD, which every database takes', () => {
    expect(written((out) => out.text('\ud800'))).toBe('00000003' + 'efbfbd');
  });
});

describe('the buffer', () => {
  it('keeps what it holds while it grows', () => {
    const out = new CopyBuffer();
    for (let i = 0; i < 50_000; i += 1) out.int8(i);
    for (let i = 0; i < 50_000; i += 1) expect(out.bytes.readInt32BE(i * 12 + 8)).toBe(i);
  });
});
