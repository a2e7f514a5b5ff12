/** A MIB of any columns, and a poller for one agent: what the socket tests of the poller are made of. */
import { COLUMNS, SCALARS, type ColumnName } from '../../../pipeline/collect/snmp/agent/if-mib.ts';
import type { MibInstance, MibView } from '../../../pipeline/collect/snmp/agent/mib-view.ts';
import { agentSession, type AgentSession } from '../../../pipeline/collect/snmp/agent-session.ts';
import { ColumnMemory } from '../../../pipeline/collect/snmp/column-memory.ts';
import { silentSnmpObserver, type SnmpObserver } from '../../../pipeline/collect/snmp/observer.ts';
import { poll, type PollOutcome } from '../../../pipeline/collect/snmp/poll.ts';
import { interfaceProfile, type Profile } from '../../../pipeline/collect/snmp/profile.ts';
import { RequestSize } from '../../../pipeline/collect/snmp/request-size.ts';
import { SharedSockets } from '../../../pipeline/collect/snmp/shared-sockets.ts';
import { Reading } from '../../../pipeline/model/reading.ts';
import { columnSpecs } from '../../../pipeline/codec/reading-columns.ts';
import { Secret, type SnmpCredential } from '../../../pipeline/model/secret.ts';
import { catalogue, rowFields } from '../../../topics/catalogue.ts';
import type { FieldRow } from '../../../topics/row.ts';
import { silentLog } from '../../support/log.ts';

export const COMMUNITY: SnmpCredential = { version: 'v2c', community: new Secret('public') };

const TEXTS: readonly ColumnName[] = ['ifName', 'ifDescr', 'ifAlias', 'ifPhysAddress'];
const INTEGERS: readonly ColumnName[] = [
  'ifAdminStatus',
  'ifOperStatus',
  'ifType',
  'ifMtu',
  'dot3StatsDuplexStatus',
];

/** One instance of a column as an agent types it: text, or a number (of 64 bits in the HC columns). */
export function instance(
  column: ColumnName,
  index: number,
  value: number | string | Uint8Array,
): MibInstance {
  const oid = `${COLUMNS[column]}.${index}`;
  if (typeof value !== 'number') {
    const octets = Buffer.from(value);
    return { oid, type: 'octets', read: () => octets };
  }
  if (TEXTS.includes(column)) throw new TypeError(`${column} is a text`);
  if (INTEGERS.includes(column)) return { oid, type: 'integer', read: () => value };
  if (!column.startsWith('ifHC')) return { oid, type: 'counter32', read: () => value };
  return {
    oid,
    type: 'counter64',
    read(into) {
      into.hi = Math.floor(value / 2 ** 32);
      into.lo = value >>> 0;
    },
  };
}

/** sysUpTime that a test can move. */
export interface TableMib extends MibView {
  uptimeTicks: number;
}

export function tableMib(instances: readonly MibInstance[], name = 'table'): TableMib {
  const mib = { uptimeTicks: 100_000 };
  const all: MibInstance[] = [
    { oid: SCALARS.sysUpTime, type: 'timeticks', read: () => mib.uptimeTicks },
    { oid: SCALARS.hrSystemUptime, type: 'timeticks', read: () => 200_000 },
    { oid: SCALARS.snmpEngineBoots, type: 'integer', read: () => 3 },
    { oid: SCALARS.snmpEngineTime, type: 'integer', read: () => 1_000 },
    ...instances,
  ];
  return Object.assign(mib, { name, instances: () => all, refresh: () => true });
}

/** `rows` interfaces with names and counters of both widths; counters of row i read 1000 i (plus 2^32 for the wide). */
export function interfaces(rows: number, firstIndex = 1): MibInstance[] {
  return Array.from({ length: rows }, (_, i) => i + firstIndex).flatMap((index) => [
    instance('ifName', index, `eth${index}`),
    instance('ifDescr', index, `ethernet ${index}`),
    instance('ifOperStatus', index, 1),
    instance('ifInOctets', index, (index * 1_000) % 2 ** 32),
    instance('ifHCInOctets', index, 2 ** 32 + index * 1_000),
    instance('ifHCOutOctets', index, 2 ** 32 + index * 1_000),
    instance('ifHCInUcastPkts', index, index),
    instance('ifInUcastPkts', index, index),
  ]);
}

export interface Poller {
  readonly dropped: string[];
  readonly values: string[];
  readonly sockets: SharedSockets;
  readonly memory: ColumnMemory;
  session(target: { address: string; port: number }, credential?: SnmpCredential): AgentSession;
  poll(session: AgentSession, options?: { deadlineMs?: number; retries?: number }): Promise<PollOutcome>;
  stop(): Promise<void>;
}

/** A poller with its own socket; `timeoutMs` of a request is short, as tests wait for it. */
export async function poller(
  options: {
    timeoutMs?: number;
    profile?: Profile;
    fields?: readonly FieldRow[];
    maxRepetitions?: number;
    listenAddress?: string;
  } = {},
): Promise<Poller> {
  const {
    timeoutMs = 150,
    profile = interfaceProfile,
    fields = rowFields(catalogue['raw.interface']),
  } = options;
  const dropped: string[] = [];
  const values: string[] = [];
  const observer: SnmpObserver = {
    ...silentSnmpObserver,
    dropped: (reason) => void dropped.push(reason),
    value: (reason, field) => void values.push(`${reason}:${field}`),
  };
  const sockets = new SharedSockets({
    listenAddress: options.listenAddress ?? '127.0.0.1',
    listenPort: 0,
    observer,
    log: silentLog,
  });
  await sockets.start();
  const memory = new ColumnMemory(profile);
  const size = new RequestSize(options.maxRepetitions ?? 25);
  const sessions: AgentSession[] = [];
  return {
    dropped,
    values,
    sockets,
    memory,
    session(target, credential = COMMUNITY) {
      const session = agentSession(sockets, { ...target, credential, timeoutMs });
      if (session === 'invalid_credential') throw new TypeError(session);
      sessions.push(session);
      return session;
    },
    poll: (session, { deadlineMs = 5_000, retries = 1 } = {}) =>
      poll({
        session,
        memory,
        size,
        profile,
        fields,
        clock: Date.now,
        retries,
        deadlineMs,
        rejected: observer.value,
      }),
    async stop() {
      for (const session of sessions) session.close();
      await sockets.stop();
    },
  };
}

/** The outcome's rows as plain objects by field: bigint counters, unknown values left out. */
export function rowsOf(
  outcome: PollOutcome,
  fields: readonly FieldRow[] = rowFields(catalogue['raw.interface']),
): Record<string, unknown>[] {
  const reading = new Reading().add(columnSpecs(fields));
  outcome.table.fill(reading, outcome.table.indexes());
  return readingRows(reading, fields);
}

export function readingRows(reading: Reading, fields: readonly FieldRow[]): Record<string, unknown>[] {
  return Array.from({ length: reading.rowCount }, (_, row) => {
    const entries = columnSpecs(fields).map(({ name, kind }): [string, unknown] => {
      switch (kind) {
        case 'counter': {
          const { hi, lo, known } = reading.counter(name);
          return [name, known[row] === 1 ? (BigInt(hi[row]!) << 32n) | BigInt(lo[row]!) : null];
        }
        case 'number': {
          const value = reading.number(name).values[row]!;
          return [name, Number.isNaN(value) ? null : value];
        }
        case 'text':
          return [name, reading.text(name).get(row)];
      }
    });
    return Object.fromEntries(entries.filter(([, value]) => value !== null));
  });
}
