import snmp, { type Varbind } from 'net-snmp';
import { describe, expect, it } from '@jest/globals';
import { readUnsigned32, storeValue } from '../../../pipeline/collect/snmp/varbind.ts';
import { CounterColumn, NumberColumn, TextColumn } from '../../../pipeline/model/reading.ts';

const { ObjectType } = snmp;
const varbind = (type: number, value: Varbind['value']): Varbind => ({ oid: '1.2.3', type, value });

describe('a varbind', () => {
  it('of Counter64 fills a counter exactly up to 2^63 - 1', () => {
    const column = new CounterColumn();
    const most = varbind(ObjectType.Counter64, Buffer.from('7fffffffffffffff', 'hex'));
    expect(storeValue(most, 'counter64', column, 0)).toEqual([]);
    expect([column.hi[0], column.lo[0], column.known[0]]).toEqual([0x7fff_ffff, 0xffff_ffff, 1]);
    const over = varbind(ObjectType.Counter64, Buffer.from('008000000000000000', 'hex'));
    expect(storeValue(over, 'counter64', column, 1)).toEqual(['counter64_out_of_range']);
    expect(column.known[1]).toBe(0);
  });

  it('of 32 bits fills the low half', () => {
    const column = new CounterColumn();
    expect(storeValue(varbind(ObjectType.Counter, 4_294_967_295), 'counter32', column, 2)).toEqual([]);
    expect([column.hi[2], column.lo[2], column.known[2]]).toEqual([0, 4_294_967_295, 1]);
  });

  it.each([
    ['text where a counter is expected', ObjectType.OctetString, Buffer.from('7'), 'counter32'],
    ['a 32-bit counter where one of 64 bits is expected', ObjectType.Counter, 7, 'counter64'],
    ['an OID where a gauge is expected', ObjectType.OID, '1.2', 'gauge32'],
  ] as const)('of %s is of the wrong type', (_name, type, value, wanted) => {
    const column = wanted === 'gauge32' ? new NumberColumn() : new CounterColumn();
    expect(storeValue(varbind(type, value), wanted, column, 0)).toEqual(['wrong_type']);
  });

  it('of a number where text is expected is of the wrong type', () => {
    expect(storeValue(varbind(ObjectType.Integer, 7), 'text', new TextColumn(), 0)).toEqual(['wrong_type']);
  });

  it('of a negative INTEGER is a status, but no uptime and no gauge', () => {
    const column = new NumberColumn();
    expect(storeValue(varbind(ObjectType.Integer, -1), 'integer', column, 0)).toEqual([]);
    expect(storeValue(varbind(ObjectType.Integer, -1), 'gauge32', column, 1)).toEqual(['out_of_range']);
    expect(readUnsigned32(varbind(ObjectType.Integer, -1))).toBe('out_of_range');
    expect(readUnsigned32(varbind(ObjectType.TimeTicks, 4_294_967_295))).toBe(4_294_967_295);
  });

  it('of an INTEGER beyond 32 bits is out of range', () => {
    expect(storeValue(varbind(ObjectType.Integer, 2 ** 31), 'integer', new NumberColumn(), 0)).toEqual([
      'out_of_range',
    ]);
  });
});
