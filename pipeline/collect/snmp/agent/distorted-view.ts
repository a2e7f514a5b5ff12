/** A MibView that serves wrong values on top of a right one. */
import { COLUMNS, columnOf, SCALARS, type ColumnName } from './if-mib.ts';
import type { MibInstance, MibView } from './mib-view.ts';
import type { ValueMisbehaviour } from './misbehaviour.ts';

/** -100 as four octets: agents that keep ticks in a signed int send this. */
const NEGATIVE_TICKS = Uint8Array.of(0xff, 0xff, 0xff, 0x9c);
const NOT_UTF8 = Buffer.from('Z\xfcrich \xff\xfe', 'latin1');
const WITH_NUL = Buffer.from('uplink\u0000\u0000');

interface Moment {
  readonly sinceMs: number;
  nowMs: number;
}

/**
 * `view` with `misbehaviours` from `nowMs` on, each on top of the one before it.
 * The view is refreshed to `nowMs` first, since some of them keep the values of this moment.
 */
export function distortedView(
  view: MibView,
  misbehaviours: readonly ValueMisbehaviour[],
  nowMs: number,
): MibView {
  view.refresh(nowMs);
  const moment: Moment = { sinceMs: nowMs, nowMs };
  let instances = view.instances();
  for (const misbehaviour of misbehaviours) {
    const first = instances.find((instance) => columnOf(instance.oid)?.column === 'ifName');
    instances = instances.map((instance) => distorted(instance, misbehaviour, moment, first));
  }
  return {
    name: view.name,
    instances: () => instances,
    refresh(toMs) {
      moment.nowMs = toMs;
      return view.refresh(toMs);
    },
  };
}

function distorted(
  instance: MibInstance,
  misbehaviour: ValueMisbehaviour,
  moment: Moment,
  firstIfName: MibInstance | undefined,
): MibInstance {
  const { oid } = instance;
  switch (misbehaviour.kind) {
    case 'counter64_all_ones':
      return instance.type === 'counter64' && concerns(oid, misbehaviour.ifIndex)
        ? counter64(oid, 0xffffffff, 0xffffffff)
        : instance;
    case 'hc_zero':
      return instance.type === 'counter64' && concerns(oid, misbehaviour.ifIndex)
        ? counter64(oid, 0, 0)
        : instance;
    case 'negative_uptime':
      if (oid === SCALARS.sysUpTime) return { oid, type: 'raw_timeticks', read: () => NEGATIVE_TICKS };
      return oid === SCALARS.snmpEngineTime ? { oid, type: 'integer', read: () => -100 } : instance;
    case 'duplicate_if_name':
      return isColumn(oid, 'ifName') && firstIfName?.type === 'octets'
        ? { oid, type: 'octets', read: () => firstIfName.read() }
        : instance;
    case 'non_utf8_alias':
      return alias(instance, misbehaviour.ifIndex, NOT_UTF8);
    case 'nul_in_alias':
      return alias(instance, misbehaviour.ifIndex, WITH_NUL);
    case 'stale_cache':
      return frozen(instance);
    case 'reindexed':
      return reindexed(instance, misbehaviour.by, moment);
  }
}

function isColumn(oid: string, column: ColumnName): boolean {
  return columnOf(oid)?.column === column;
}

function concerns(oid: string, ifIndex: number | undefined): boolean {
  return ifIndex === undefined || columnOf(oid)?.ifIndex === ifIndex;
}

function alias(instance: MibInstance, ifIndex: number | undefined, bytes: Uint8Array): MibInstance {
  const { oid } = instance;
  return isColumn(oid, 'ifAlias') && concerns(oid, ifIndex)
    ? { oid, type: 'octets', read: () => bytes }
    : instance;
}

function counter64(oid: string, hi: number, lo: number): MibInstance {
  return {
    oid,
    type: 'counter64',
    read(into) {
      into.hi = hi;
      into.lo = lo;
    },
  };
}

function frozen(instance: MibInstance): MibInstance {
  if (instance.type === 'counter64') {
    const now = { hi: 0, lo: 0 };
    instance.read(now);
    return counter64(instance.oid, now.hi, now.lo);
  }
  if (instance.type !== 'counter32') return instance;
  const value = instance.read();
  return { oid: instance.oid, type: 'counter32', read: () => value };
}

/** An agent restart: uptime and engine time begin anew, boots rise by one, hrSystemUptime goes on. */
function reindexed(instance: MibInstance, by: number, moment: Moment): MibInstance {
  const { oid } = instance;
  const seconds = (): number => Math.floor((moment.nowMs - moment.sinceMs) / 1000);
  if (oid === SCALARS.sysUpTime) {
    return { oid, type: 'timeticks', read: () => Math.floor((moment.nowMs - moment.sinceMs) / 10) };
  }
  if (oid === SCALARS.snmpEngineTime) return { oid, type: 'integer', read: seconds };
  if (oid === SCALARS.snmpEngineBoots && instance.type === 'integer') {
    return { oid, type: 'integer', read: () => instance.read() + 1 };
  }
  const row = columnOf(oid);
  if (row === null) return instance;
  const ifIndex = row.ifIndex + by;
  const moved = `${COLUMNS[row.column]}.${ifIndex}`;
  if (row.column === 'ifIndex') return { oid: moved, type: 'integer', read: () => ifIndex };
  return { ...instance, oid: moved };
}
