/** Java programs and their libraries, from Maven as this machine has it configured. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cachePath } from './folders.ts';
import { missingProgram, type Missing } from './service.ts';
import { MAVEN_DEPENDENCY_PLUGIN } from './versions.ts';

const run = promisify(execFile);
/** Kafka 4's brokers need it. */
const MINIMUM_JAVA = 17;

export type Java = { readonly kind: 'ready'; readonly program: string } | Missing;

/** $JAVA_HOME's or PATH's java, if it is new enough. */
export async function java(): Promise<Java> {
  const home = process.env['JAVA_HOME'];
  const program = home === undefined || home === '' ? 'java' : join(home, 'bin', 'java');
  const { stderr } = await run(program, ['-version']).catch(() => ({ stderr: '' }));
  const major = Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0);
  if (major >= MINIMUM_JAVA) return { kind: 'ready', program };
  const found = major === 0 ? 'there is no Java' : `${program} is Java ${major}`;
  return {
    kind: 'missing',
    reason: `${found}, ${MINIMUM_JAVA} or newer is needed (on Debian: apt-get install default-jre-headless)`,
  };
}

/** The same, if `folder` of the cache is filled or can be, by Maven. */
export async function javaFor(folder: string): Promise<Java> {
  const found = await java();
  if (found.kind === 'missing' || existsSync(cachePath(folder))) return found;
  return missingProgram({ mvn: 'maven' }) ?? found;
}

/**
 * Fills `folder` with the files of `artifacts` (group:artifact:version, or group:artifact:version:type:classifier).
 * @throws Error with Maven's words.
 */
export async function mavenArtifacts(
  folder: string,
  artifacts: readonly string[],
  { transitive }: { readonly transitive: boolean },
): Promise<void> {
  const build = `${folder}.maven`;
  await mkdir(build, { recursive: true });
  try {
    await writeFile(join(build, 'pom.xml'), pom(artifacts, transitive));
    const goal = `org.apache.maven.plugins:maven-dependency-plugin:${MAVEN_DEPENDENCY_PLUGIN}:copy-dependencies`;
    const options = ['-q', '-B', '-f', join(build, 'pom.xml'), `-DoutputDirectory=${folder}`];
    await run('mvn', [...options, goal], { maxBuffer: 16 << 20 });
  } catch (error) {
    const { stdout = '' } = error as { stdout?: string };
    const words = stdout.split('\n').filter((line) => line.startsWith('[ERROR]'));
    throw new Error(`Maven could not fetch ${artifacts.join(', ')}: ${words.slice(0, 2).join(' ')}`, {
      cause: error,
    });
  } finally {
    await rm(build, { recursive: true, force: true });
  }
}

function pom(artifacts: readonly string[], transitive: boolean): string {
  const none = { exclusion: { groupId: '*', artifactId: '*' } };
  const dependencies = artifacts.map((artifact) => {
    const [group, name, version, type = 'jar', classifier] = artifact.split(':');
    const coordinates = { groupId: group, artifactId: name, version, type, classifier };
    return xml('dependency', transitive ? coordinates : { ...coordinates, exclusions: none });
  });
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>netsigma</groupId><artifactId>test-services</artifactId><version>1</version>
  <dependencies>${dependencies.join('\n')}</dependencies>
</project>
`;
}

interface Elements {
  readonly [name: string]: string | Elements | undefined;
}

function xml(name: string, content: string | Elements): string {
  if (typeof content === 'string') return `<${name}>${content}</${name}>`;
  const inner = Object.entries(content).map(([key, value]) => (value === undefined ? '' : xml(key, value)));
  return `<${name}>${inner.join('')}</${name}>`;
}
