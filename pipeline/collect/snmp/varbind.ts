/** One varbind into one cell of a column: the door where values of agents are checked. */
import snmp, { type Varbind } from 'net-snmp';
import type { CounterColumn, NumberColumn, ReadingColumn, TextColumn } from '../../model/reading.ts';
import { agentText, physAddress } from './agent-text.ts';
import { exceedsSigned64, readCounter64, type Halves } from './counter64.ts';
import type { ProfileType } from './profile.ts';
import type { ValueReason } from './reasons.ts';

const { ObjectType } = snmp;
const UINT32 = 2 ** 32;
const NUMBERS = new Set([ObjectType.Counter, ObjectType.Gauge, ObjectType.TimeTicks, ObjectType.Integer]);

/** Readings are made one after another in one thread, and no value is kept between two. */
const halves: Halves = { hi: 0, lo: 0 };

/** noSuchObject, noSuchInstance, endOfMibView: the agent has nothing there. */
export function isException({ type }: Varbind): boolean {
  return (
    type === ObjectType.NoSuchObject || type === ObjectType.NoSuchInstance || type === ObjectType.EndOfMibView
  );
}

/**
 * Puts the value of `varbind` into row `row` of `column`; what cannot be taken leaves the cell unknown.
 * @returns what is wrong with the value, empty for a good one.
 */
export function storeValue(
  varbind: Varbind,
  type: ProfileType,
  column: ReadingColumn,
  row: number,
): readonly ValueReason[] {
  switch (column.kind) {
    case 'counter':
      return one(type === 'counter64' ? wide(varbind, column, row) : narrow(varbind, column, row));
    case 'number':
      return one(number(varbind, type, column, row));
    case 'text':
      return text(varbind, type, column, row);
  }
}

/**
 * A number of 32 bits, or what is wrong with it. sysUpTime and its like arrive here too: net-snmp reads TimeTicks,
 * Counter32 and Gauge32 as unsigned, so only INTEGERs can be negative, as snmpEngineTime of some agents is.
 */
export function readUnsigned32({ type, value }: Varbind): number | ValueReason {
  if (type === undefined || !NUMBERS.has(type) || typeof value !== 'number') return 'wrong_type';
  return value >= 0 && value < UINT32 ? value : 'out_of_range';
}

const GOOD: readonly ValueReason[] = [];

function one(reason: ValueReason | undefined): readonly ValueReason[] {
  return reason === undefined ? GOOD : [reason];
}

function wide({ type, value }: Varbind, column: CounterColumn, row: number): ValueReason | undefined {
  if (type !== ObjectType.Counter64 || !Buffer.isBuffer(value)) return 'wrong_type';
  if (!readCounter64(value, halves) || exceedsSigned64(halves)) return 'counter64_out_of_range';
  column.hi[row] = halves.hi;
  column.lo[row] = halves.lo;
  column.known[row] = 1;
  return undefined;
}

function narrow(varbind: Varbind, column: CounterColumn, row: number): ValueReason | undefined {
  const value = readUnsigned32(varbind);
  if (typeof value !== 'number') return value;
  column.hi[row] = 0;
  column.lo[row] = value;
  column.known[row] = 1;
  return undefined;
}

function number(
  varbind: Varbind,
  type: ProfileType,
  column: NumberColumn,
  row: number,
): ValueReason | undefined {
  if (type === 'integer') {
    const { value } = varbind;
    if (varbind.type !== ObjectType.Integer && varbind.type !== ObjectType.Gauge) return 'wrong_type';
    if (typeof value !== 'number') return 'wrong_type';
    // net-snmp passes on INTEGERs of more than 32 bits; the catalogue's int has 32.
    if (value < -(2 ** 31) || value > 2 ** 31 - 1) return 'out_of_range';
    column.values[row] = value;
    return undefined;
  }
  const value = readUnsigned32(varbind);
  if (typeof value !== 'number') return value;
  column.values[row] = value;
  return undefined;
}

function text(
  { type, value }: Varbind,
  wanted: ProfileType,
  column: TextColumn,
  row: number,
): readonly ValueReason[] {
  if (type !== ObjectType.OctetString || !Buffer.isBuffer(value)) return one('wrong_type');
  const changes: ValueReason[] = [];
  column.set(row, wanted === 'phys_address' ? physAddress(value, changes) : agentText(value, changes));
  return changes;
}
