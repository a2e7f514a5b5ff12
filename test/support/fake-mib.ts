/** A small MIB for agent tests: values are variables of the test. */
import { COLUMNS, SCALARS } from '../../pipeline/collect/snmp/agent/if-mib.ts';
import type { MibInstance, MibView } from '../../pipeline/collect/snmp/agent/mib-view.ts';

export interface FakeMib extends MibView {
  /** What every 32-bit counter reads; 64-bit ones read 2^32 more. */
  octets: number;
  uptimeTicks: number;
  /** False: the device does not answer. */
  running: boolean;
}

/** A device of `rows` interfaces, ifIndex from 1, with two 32-bit and two 64-bit columns, names and aliases. */
export function fakeMib(name = 'fake', rows = 3): FakeMib {
  const mib = { octets: 5_000, uptimeTicks: 12_345, running: true };
  const instances: MibInstance[] = [
    text(SCALARS.sysDescr, 'fake device'),
    { oid: SCALARS.sysUpTime, type: 'timeticks', read: () => mib.uptimeTicks },
    text(SCALARS.sysName, name),
    { oid: SCALARS.snmpEngineBoots, type: 'integer', read: () => 7 },
    { oid: SCALARS.snmpEngineTime, type: 'integer', read: () => 123 },
  ];
  for (let index = 1; index <= rows; index += 1) {
    instances.push(
      { oid: `${COLUMNS.ifIndex}.${index}`, type: 'integer', read: () => index },
      { oid: `${COLUMNS.ifSpeed}.${index}`, type: 'gauge32', read: () => 4_294_967_295 },
      { oid: `${COLUMNS.ifInOctets}.${index}`, type: 'counter32', read: () => mib.octets },
      text(`${COLUMNS.ifName}.${index}`, `eth${index}`),
      text(`${COLUMNS.ifAlias}.${index}`, `port ${index}`),
      ...[COLUMNS.ifHCInOctets, COLUMNS.ifHCOutOctets].map((column): MibInstance => ({
        oid: `${column}.${index}`,
        type: 'counter64',
        read(into) {
          into.hi = 1;
          into.lo = mib.octets;
        },
      })),
    );
  }
  return Object.assign(mib, { name, instances: () => instances, refresh: () => mib.running });
}

function text(oid: string, value: string): MibInstance {
  const bytes = Buffer.from(value);
  return { oid, type: 'octets', read: () => bytes };
}
