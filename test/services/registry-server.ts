/** An Apicurio registry from Maven's archive, its schemas in memory. */
import { execFile } from 'node:child_process';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ConfigError } from '../../pipeline/model/errors.ts';
import { registryAnswers } from './answers.ts';
import { cached, runFolder } from './folders.ts';
import { freePort } from './free-port.ts';
import { javaFor, mavenArtifacts, type Java } from './java.ts';
import { nativeServer, type NativeServer } from './native-server.ts';
import { toStderr, type Progress } from './service.ts';
import { APICURIO } from './versions.ts';

const run = promisify(execFile);

const APP = `apicurio-${APICURIO}`;
/** Its Confluent-compatible API. */
export const REGISTRY_PATH = '/apis/ccompat/v7';

export interface RegistryOptions {
  /** A free one unless told. */
  readonly port?: number;
  readonly progress?: Progress;
}

export interface RegistryServer extends NativeServer {
  /** http://127.0.0.1:PORT/apis/ccompat/v7 */
  readonly address: string;
}

/** Whether Java is here, and the archive or a way to get it. */
export const canRunRegistry = (): Promise<Java> => javaFor(APP);

/** Downloads what it needs (once). Gives the folder of the application. */
export async function prepareRegistry(progress: Progress): Promise<string> {
  return cached(APP, async (folder) => {
    progress(`downloading Apicurio Registry ${APICURIO} from Maven (142 MB, once)`);
    const download = join(folder, 'download');
    await mkdir(download);
    const archive = `io.apicurio:apicurio-registry-app:${APICURIO}:tar.gz:all`;
    await mavenArtifacts(download, [archive], { transitive: false });
    const [file] = await readdir(download);
    await run('tar', ['-xzf', join(download, file!), '-C', folder]);
    await rm(download, { recursive: true });
  });
}

/** Starts one and waits until it answers. Its schemas are gone after `restart`. @throws ConfigError */
export async function registryServer(options: RegistryOptions = {}): Promise<RegistryServer> {
  const { progress = toStderr } = options;
  const can = await canRunRegistry();
  if (can.kind === 'missing') throw new ConfigError(can.reason);
  const home = await prepareRegistry(progress);
  const classpath = [join(home, `apicurio-registry-app-${APICURIO}-runner.jar`), join(home, 'lib', '*')].join(
    ':',
  );
  const port = options.port ?? (await freePort());
  const address = `http://127.0.0.1:${port}${REGISTRY_PATH}`;
  const folder = await runFolder('registry');
  const settings = [
    `-Dquarkus.http.port=${port}`,
    '-Dquarkus.http.host=127.0.0.1',
    '-Dquarkus.log.level=WARN',
  ];
  const server = await nativeServer({
    name: 'registry',
    folder,
    stopSignal: 'SIGTERM',
    command: [
      can.program,
      '-Xmx512m',
      '-Xms64m',
      ...settings,
      '-cp',
      classpath,
      'io.quarkus.runner.GeneratedMain',
    ],
    answers: () => registryAnswers(address),
  });
  return { ...server, address };
}
