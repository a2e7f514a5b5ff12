/**
 * What is read off an agent, a row each. Adding a metric is a row here and one in the catalogue (`topics/`): the
 * collector has no other place that knows it. Names: IF-MIB (RFC 2863), EtherLike-MIB (RFC 3635).
 */

/** How a value is spelled on the wire. It must fit the catalogue's field, which says what it is afterwards. */
export type ProfileType =
  'counter64' | 'counter32' | 'gauge32' | 'integer' | 'timeticks' | 'text' | 'phys_address';

export interface ProfileColumn {
  /** Field of the topic's rows. */
  readonly field: string;
  readonly oid: string;
  readonly type: ProfileType;
  /** Columns of the same meaning, read for the rows that `oid` gave nothing for. */
  readonly fallbacks?: readonly string[];
  /** Read only where the column of this field is absent or has gaps: most agents have both, and one is enough. */
  readonly onlyWithout?: string;
}

export interface Profile {
  /** As inventory records name it; also the audit's job_type. */
  readonly name: string;
  readonly columns: readonly ProfileColumn[];
}

const IF = '1.3.6.1.2.1.2.2.1';
const IFX = '1.3.6.1.2.1.31.1.1.1';
const DOT3_STATS = '1.3.6.1.2.1.10.7.2.1';

/**
 * Counters come first: they are read right after the sysUpTime of the first PDU, which is what intervals between
 * polls are computed from.
 */
export const interfaceProfile: Profile = {
  name: 'interface',
  columns: [
    { field: 'in_octets', oid: `${IFX}.6`, type: 'counter64' },
    { field: 'out_octets', oid: `${IFX}.10`, type: 'counter64' },
    { field: 'in_unicast_packets', oid: `${IFX}.7`, type: 'counter64' },
    { field: 'out_unicast_packets', oid: `${IFX}.11`, type: 'counter64' },
    { field: 'in_multicast_packets', oid: `${IFX}.8`, type: 'counter64' },
    { field: 'out_multicast_packets', oid: `${IFX}.12`, type: 'counter64' },
    { field: 'in_broadcast_packets', oid: `${IFX}.9`, type: 'counter64' },
    { field: 'out_broadcast_packets', oid: `${IFX}.13`, type: 'counter64' },
    { field: 'discontinuity_time', oid: `${IFX}.19`, type: 'timeticks' },
    // Octets of both widths: the 32-bit column is the low half of the other, a free cross-check.
    { field: 'in_octets_32', oid: `${IF}.10`, type: 'counter32' },
    { field: 'out_octets_32', oid: `${IF}.16`, type: 'counter32' },
    { field: 'in_errors', oid: `${IF}.14`, type: 'counter32' },
    { field: 'out_errors', oid: `${IF}.20`, type: 'counter32' },
    { field: 'in_discards', oid: `${IF}.13`, type: 'counter32' },
    { field: 'out_discards', oid: `${IF}.19`, type: 'counter32' },
    narrow('in_unicast_packets', `${IF}.11`),
    narrow('out_unicast_packets', `${IF}.17`),
    narrow('in_multicast_packets', `${IFX}.2`),
    narrow('out_multicast_packets', `${IFX}.4`),
    narrow('in_broadcast_packets', `${IFX}.3`),
    narrow('out_broadcast_packets', `${IFX}.5`),
    { field: 'oper_status', oid: `${IF}.8`, type: 'integer' },
    { field: 'admin_status', oid: `${IF}.7`, type: 'integer' },
    { field: 'if_speed', oid: `${IF}.5`, type: 'gauge32' },
    { field: 'if_type', oid: `${IF}.3`, type: 'integer' },
    { field: 'mtu', oid: `${IF}.4`, type: 'integer' },
    { field: 'phys_address', oid: `${IF}.6`, type: 'phys_address' },
    { field: 'if_name', oid: `${IFX}.1`, type: 'text', fallbacks: [`${IF}.2`] },
    { field: 'if_high_speed', oid: `${IFX}.15`, type: 'gauge32' },
    { field: 'if_alias', oid: `${IFX}.18`, type: 'text' },
    { field: 'duplex', oid: `${DOT3_STATS}.19`, type: 'integer' },
  ],
};

/** The 32-bit packet counter that old agents have instead of the wide one. */
function narrow(field: string, oid: string): ProfileColumn {
  return { field: `${field}_32`, oid, type: 'counter32', onlyWithout: field };
}

export const PROFILES: ReadonlyMap<string, Profile> = new Map([[interfaceProfile.name, interfaceProfile]]);

/** sysUpTime: asked in every PDU of a poll, so that a restart between any two of them is seen. */
export const SYS_UPTIME = '1.3.6.1.2.1.1.3';

export interface ProfileScalar {
  /** Name in a reading's envelope; also the detail of its errors. */
  readonly field: 'host_uptime' | 'engine_boots' | 'engine_time';
  /** Without the instance: GETBULK asks for the name before `.0`. */
  readonly oid: string;
}

/** Asked in the first PDU of a poll beside sysUpTime. SNMP-FRAMEWORK-MIB (RFC 3411), HOST-RESOURCES-MIB (RFC 2790). */
export const SCALARS: readonly ProfileScalar[] = [
  { field: 'host_uptime', oid: '1.3.6.1.2.1.25.1.1' },
  { field: 'engine_boots', oid: '1.3.6.1.6.3.10.2.1.2' },
  { field: 'engine_time', oid: '1.3.6.1.6.3.10.2.1.3' },
];
