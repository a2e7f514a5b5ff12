/** net-snmp's client with promises: a second opinion on what an agent of ours sends. */
import snmp from 'net-snmp';

export interface Binding {
  readonly oid: string;
  readonly type: number;
  readonly value: unknown;
}

export interface SnmpClient {
  get(...oids: string[]): Promise<Binding[]>;
  getNext(...oids: string[]): Promise<Binding[]>;
  /** One list a requested OID: single for the non-repeaters, rows for the others. */
  getBulk(oids: string[], nonRepeaters: number, maxRepetitions: number): Promise<(Binding | Binding[])[]>;
  /** All instances below `oid`, by GETBULK (v1: GETNEXT). */
  walk(oid: string, maxRepetitions?: number): Promise<Binding[]>;
  set(oid: string, value: string): Promise<Binding[]>;
  close(): void;
}

export interface SnmpClientOptions {
  readonly address: string;
  readonly port: number;
  readonly community?: string;
  readonly version?: 'v1' | 'v2c';
  readonly timeoutMs?: number;
}

/** Types and exceptions by name, as numbers. */
export const TYPE: Readonly<Record<keyof typeof snmp.ObjectType, number>> = snmp.ObjectType;

/** A client of one agent: no retries. */
export function snmpClient(options: SnmpClientOptions): SnmpClient {
  const { address, port, community = 'public', version = 'v2c', timeoutMs = 1_000 } = options;
  const session = snmp.createSession(address, community, {
    version: version === 'v1' ? snmp.Version1 : snmp.Version2c,
    port,
    retries: 0,
    timeout: timeoutMs,
  });
  const asked = <T>(ask: (callback: (error: Error | null, value?: unknown) => void) => unknown): Promise<T> =>
    new Promise((resolve, reject) => {
      ask((error, value) => {
        if (error === null) resolve(value as T);
        else reject(error);
      });
    });
  return {
    get: (...oids) => asked((callback) => session.get(oids, callback)),
    getNext: (...oids) => asked((callback) => session.getNext(oids, callback)),
    getBulk: (oids, nonRepeaters, maxRepetitions) =>
      asked((callback) => session.getBulk(oids, nonRepeaters, maxRepetitions, callback)),
    walk: async (oid, maxRepetitions = 20) => {
      const found: Binding[] = [];
      await asked((callback) =>
        session.subtree(
          oid,
          maxRepetitions,
          (bindings) => void found.push(...(bindings as Binding[])),
          (error) => callback(error ?? null),
        ),
      );
      return found;
    },
    set: (oid, value) =>
      asked((callback) => session.set([{ oid, type: snmp.ObjectType.OctetString, value }], callback)),
    close: () => void session.close(),
  };
}
