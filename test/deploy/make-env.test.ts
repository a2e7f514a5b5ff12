/** .env is made once, with random values, and is what docker compose asks for. */
import { describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeIf } from '../support/requires.ts';
import { repositoryFile } from './compose-file.ts';
import { variablesOf } from './env-file.ts';

const root = new URL('../../', import.meta.url).pathname;

/** A folder with an .env that is gone afterwards. */
function withEnv<T>(work: (file: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'netsigma-env-'));
  try {
    execFileSync('sh', [`${root}deploy/make-env.sh`, folder]);
    return work(join(folder, '.env'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('make-env.sh', () => {
  it('fills what is empty with random values, for the owner alone, and never again', () => {
    withEnv((file) => {
      const made = variablesOf(readFileSync(file, 'utf8'));
      const empty = Object.entries(variablesOf(repositoryFile('.env.example'))).filter(
        ([, value]) => value === '',
      );
      const values = empty.map(([name]) => made[name]!);
      expect(new Set(values).size).toBe(empty.length);
      expect(values.filter((value) => value.length < 22)).toEqual([]);
      expect(made['KAFKA_CLUSTER_ID']).toMatch(/^[\w-]{21}[AQgw]$/);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const again = spawnSync('sh', [`${root}deploy/make-env.sh`, join(file, '..')], { encoding: 'utf8' });
      expect([again.status, again.stderr]).toEqual([1, expect.stringContaining('left as it is')]);
      expect(variablesOf(readFileSync(file, 'utf8'))).toEqual(made);
    });
  });

  it('writes what git and the image ignore', () => {
    expect(repositoryFile('.gitignore').split('\n')).toContain('.env');
    expect(repositoryFile('.dockerignore')).not.toContain('!.env');
  });
});

const client = spawnSync('docker', ['compose', 'version'], { encoding: 'utf8' });

describeIf(client.status === 0, 'there is no docker with its compose plugin', { optional: true })(
  'docker compose',
  () => {
    const config = (envFile: string) =>
      spawnSync('docker', ['compose', '--project-directory', root, '--env-file', envFile, 'config', '-q'], {
        encoding: 'utf8',
        env: {
          PATH: process.env['PATH'],
          HOME: process.env['HOME'],
          DOCKER_CONFIG: process.env['DOCKER_CONFIG'],
        },
      });

    it('accepts the file', () => {
      withEnv((file) => {
        expect(config(file)).toMatchObject({ status: 0, stdout: '', stderr: '' });
      });
    });

    it('refuses to begin without .env, saying how to make it', () => {
      expect(config('/dev/null').stderr).toContain('make .env with "sh deploy/make-env.sh"');
    });
  },
);
