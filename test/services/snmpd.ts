/** Debian's snmpd with a private configuration and state, on an address of this host or of a network namespace. */
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Secret, type SnmpCredential } from '../../pipeline/model/secret.ts';
import { until } from '../support/until.ts';
import { startChild, systemPath, type Child } from './child.ts';

const run = promisify(execFile);

const KEYS = { auth: 'monitor-auth-1', priv: 'monitor-priv-1' } as const;

export const V2C: SnmpCredential = { version: 'v2c', community: new Secret('netsigma') };
export const V3: Extract<SnmpCredential, { version: 'v3' }> = {
  version: 'v3',
  user: 'monitor',
  level: 'authPriv',
  authProtocol: 'sha256',
  authKey: new Secret(KEYS.auth),
  privProtocol: 'aes',
  privKey: new Secret(KEYS.priv),
};

/** Arguments that make net-snmp's tools use these credentials. */
export const TOOL_ARGUMENTS = {
  v2c: ['-v2c', '-c', 'netsigma'],
  v3: [
    '-v3',
    '-u',
    'monitor',
    '-l',
    'authPriv',
    '-a',
    'SHA-256',
    '-A',
    KEYS.auth,
    '-x',
    'AES',
    '-X',
    KEYS.priv,
  ],
} as const;

const WRITER = 'netsigma-write';

/** NET-SNMP-AGENT-MIB nsCacheTimeout of ifTable: snmpd serves interface counters from a cache of 3 s unless told. */
const IF_TABLE_CACHE = '1.3.6.1.4.1.8072.1.5.3.1.2.1.3.6.1.2.1.2.2';

const SYS_UPTIME = '1.3.6.1.2.1.1.3.0';

export interface SnmpdOptions {
  /** 127.0.0.1 unless told. */
  readonly address?: string;
  /** Where it runs; in this process's namespace unless told. */
  readonly namespace?: string;
}

export interface Snmpd {
  readonly address: string;
  readonly port: number;
  /** Seconds that interface counters may be old. */
  setCacheSeconds(seconds: number): Promise<void>;
  /** Ends the agent and starts it again with the state it saved: boots + 1, uptime from 0. */
  restart(): Promise<void>;
  /** Ends it and removes its files; safe twice. */
  stop(): Promise<void>;
}

/** Starts an agent and waits until it answers. */
export async function startSnmpd({ address = '127.0.0.1', namespace }: SnmpdOptions = {}): Promise<Snmpd> {
  const directory = mkdtempSync(join(tmpdir(), 'netsigma-snmpd-'));
  const state = join(directory, 'state');
  const port = namespace === undefined ? await freePort(address) : 161;
  const config = join(directory, 'snmpd.conf');
  chmodSync(directory, 0o700);
  mkdirSync(state);
  writeFileSync(
    config,
    [
      `agentAddress udp:${address}:${port}`,
      'rocommunity netsigma',
      `rwcommunity ${WRITER}`,
      'rouser monitor authPriv',
      'dontLogTCPWrappersConnects yes',
      '',
    ].join('\n'),
  );
  // snmpd reads users from its state and replaces the passwords there by keys.
  const saved = join(state, 'snmpd.conf');
  writeFileSync(saved, `createUser monitor SHA-256 "${KEYS.auth}" AES "${KEYS.priv}"\n`);
  const enter = namespace === undefined ? [] : ['ip', 'netns', 'exec', namespace];
  const command = [
    ...enter,
    'snmpd',
    '-f',
    '-Lf',
    join(directory, 'log'),
    '-C',
    '-c',
    `${config},${saved}`,
    '-I',
    '-smux',
  ];
  let child: Child | undefined;
  const start = async (): Promise<void> => {
    child = startChild(command, { MIBS: '', SNMP_PERSISTENT_DIR: state, SNMPCONFPATH: state });
    await until(() => answers(address, port), `snmpd on ${address}:${port} to answer`, 15_000);
  };
  const stop = async (): Promise<void> => {
    await child?.stop();
    child = undefined;
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    address,
    port,
    stop,
    async setCacheSeconds(seconds) {
      await tool('snmpset', [
        '-v2c',
        '-c',
        WRITER,
        `${address}:${port}`,
        IF_TABLE_CACHE,
        'i',
        String(seconds),
      ]);
    },
    async restart() {
      await child?.stop();
      await start();
    },
  };
}

/** Runs one of net-snmp's tools without MIB files; gives its lines. */
export async function tool(program: string, parameters: readonly string[]): Promise<string[]> {
  const { stdout } = await run(program, [...parameters], {
    env: { ...process.env, PATH: systemPath(), MIBS: '' },
    maxBuffer: 16 << 20,
  });
  return stdout.trim().split('\n');
}

async function answers(address: string, port: number): Promise<boolean> {
  try {
    await tool('snmpget', [...TOOL_ARGUMENTS.v2c, '-t', '0.3', '-r', '0', `${address}:${port}`, SYS_UPTIME]);
    return true;
  } catch {
    return false;
  }
}

async function freePort(address: string): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}
