/**
 * A Kafka broker (KRaft) from Maven's jars, for one test: with listeners, users and settings of its own, to be killed
 * and restarted. `canRunKafka` says first whether this machine can.
 *
 *   const server = await kafkaServer({ listeners: [{ name: 'CLIENTS', protocol: 'SASL_SSL' }], users: [...] });
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ConfigError } from '../../pipeline/model/errors.ts';
import { kafkaAnswers } from './answers.ts';
import { cached, runFolder } from './folders.ts';
import { freePort } from './free-port.ts';
import { javaFor, mavenArtifacts, type Java } from './java.ts';
import { kafkaProperties, type KafkaListener, type KafkaUser } from './kafka-properties.ts';
import { nativeServer, type NativeServer } from './native-server.ts';
import { missingProgram, toStderr, type Progress } from './service.ts';
import { KAFKA, LOG4J } from './versions.ts';

const run = promisify(execFile);

const JARS = `kafka-${KAFKA}`;
const ARTIFACTS = [
  `org.apache.kafka:kafka_2.13:${KAFKA}`,
  `org.apache.kafka:kafka-tools:${KAFKA}`,
  `org.apache.logging.log4j:log4j-core:${LOG4J}`,
  `org.apache.logging.log4j:log4j-slf4j-impl:${LOG4J}`,
  `org.apache.logging.log4j:log4j-1.2-api:${LOG4J}`,
];

export interface KafkaOptions {
  /** Of the plain listener; a free one unless told. */
  readonly port?: number;
  /** More lines of server.properties; they win. */
  readonly properties?: Readonly<Record<string, string>>;
  readonly listeners?: readonly KafkaListener[];
  /** Of the SASL listeners, for every mechanism. */
  readonly users?: readonly KafkaUser[];
  readonly progress?: Progress;
}

export interface KafkaServer extends NativeServer {
  /** Of the plain listener: 127.0.0.1:PORT. */
  readonly address: string;
  /** Of a listener by its name. */
  addressOf(listener: string): string;
  /** PEM; what a client of a TLS listener must trust. Its names are localhost and 127.0.0.1. */
  readonly certificate: string | undefined;
}

/** Whether Java is here, and the jars or a way to get them. */
export const canRunKafka = (): Promise<Java> => javaFor(JARS);

/** Downloads what it needs (once). Gives the folder of jars. */
export async function prepareKafka(progress: Progress): Promise<string> {
  return cached(JARS, async (folder) => {
    progress(`downloading Kafka ${KAFKA} from Maven (54 MB, once)`);
    await mavenArtifacts(folder, ARTIFACTS, { transitive: true });
  });
}

/** Starts a broker and waits until it answers. @throws ConfigError when this machine cannot run it. */
export async function kafkaServer(options: KafkaOptions = {}): Promise<KafkaServer> {
  const { listeners = [], users = [], properties = {}, progress = toStderr } = options;
  const can = await canRunKafka();
  if (can.kind === 'missing') throw new ConfigError(can.reason);
  const classpath = join(await prepareKafka(progress), '*');
  const folder = await runFolder('kafka');
  const tls = listeners.some(({ protocol }) => protocol.endsWith('SSL'))
    ? await certificate(folder)
    : undefined;
  const ports = new Map([['PLAINTEXT', options.port ?? (await freePort())]]);
  for (const name of ['CONTROLLER', ...listeners.map((listener) => listener.name)]) {
    ports.set(name, await freePort());
  }
  const config = join(folder, 'server.properties');
  const logDir = join(folder, 'data');
  await writeFile(
    config,
    kafkaProperties({ ports, listeners, users, keystore: tls?.keystore, logDir, properties }),
  );
  await format(can.program, classpath, config, users);

  const addressOf = (listener: string) => {
    const port = ports.get(listener);
    if (port === undefined) throw new TypeError(`this server has no listener ${listener}`);
    return `127.0.0.1:${port}`;
  };
  const address = addressOf('PLAINTEXT');
  const server = await nativeServer({
    name: 'kafka',
    folder,
    stopSignal: 'SIGTERM',
    command: [
      can.program,
      '-Xmx512m',
      '-Xms64m',
      '-Dlog4j2.level=WARN',
      '-cp',
      classpath,
      'kafka.Kafka',
      config,
    ],
    answers: () => kafkaAnswers(address),
  });
  return { ...server, address, addressOf, certificate: tls?.certificate };
}

/** Writes the metadata of a new cluster, with its SCRAM users. */
async function format(
  program: string,
  classpath: string,
  config: string,
  users: readonly KafkaUser[],
): Promise<void> {
  const scram = users.flatMap(({ name, password }) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${name},password=${password}]`,
    ]),
  );
  const clusterId = randomBytes(16).toString('base64url');
  const tool = ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', classpath, 'kafka.tools.StorageTool'];
  await run(program, [...tool, 'format', `--cluster-id=${clusterId}`, '-c', config, ...scram]);
}

/** A key and a certificate that is its own authority. */
async function certificate(folder: string): Promise<{ keystore: string; certificate: string }> {
  const missing = missingProgram({ openssl: 'openssl' });
  if (missing !== undefined) throw new ConfigError(missing.reason);
  const [key, cert, keystore] = ['key.pem', 'cert.pem', 'keystore.pem'].map((name) => join(folder, name));
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-days', '7'];
  await run('openssl', ['req', '-x509', ...kind, '-keyout', key!, '-out', cert!, ...subject]);
  const pem = await readFile(cert!, 'utf8');
  await writeFile(keystore!, (await readFile(key!, 'utf8')) + pem, { mode: 0o600 });
  await rm(key!);
  return { keystore: keystore!, certificate: pem };
}
