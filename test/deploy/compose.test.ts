/** What docker-compose.yml promises: order, health, loopback, no password in plain text, a configuration that is valid. */
import { describe, expect, it } from '@jest/globals';
import { statSync } from 'node:fs';
import { loadConfig, type Config } from '../../pipeline/config.ts';
import { readInventory } from '../../pipeline/inventory-file.ts';
import { compose, composeText, ours, repositoryFile, services, type ComposeService } from './compose-file.ts';
import { variablesOf } from './env-file.ts';

const root = new URL('../../', import.meta.url).pathname;
const jobs = ours.filter(([, { restart }]) => restart === 'no');
const roles = ours.filter(([, { restart }]) => restart !== 'no');

/** What a container of this service reads as its configuration. */
function configOf({ environment, volumes, secrets, configs }: ComposeService): Config {
  const files = new Map(
    volumes.flatMap((volume) => {
      const [source, target] = volume.split(':');
      return source!.startsWith('./') ? [[target!, repositoryFile(source!.slice(2))]] : [];
    }),
  );
  for (const name of secrets) files.set(`/run/secrets/${name}`, `of-${name}`);
  for (const { source, target } of configs) {
    files.set(target, compose.configs[source]!.content.replaceAll(/\$\{[^}]+\}/g, 'of-env'));
  }
  const { config } = loadConfig({
    file: '/etc/netsigma/netsigma.yaml',
    env: environment,
    processName: 'container',
    readFile(path) {
      const text = files.get(path);
      if (text === undefined) throw Object.assign(new Error(path), { code: 'ENOENT' });
      return text;
    },
  });
  return config;
}

describe('docker-compose.yml', () => {
  it('has the parts that there are, and jobs for what is done once', () => {
    expect(services.map(([name]) => name).toSorted()).toEqual(
      [
        'collect',
        'grafana',
        'kafka',
        'maintain',
        'migrate',
        'process',
        'registry',
        'schemas',
        'sink',
        'timescaledb',
        'topics',
      ].toSorted(),
    );
    expect(Object.fromEntries(jobs.map(([name, { command }]) => [name, command?.slice(0, 2)]))).toEqual({
      topics: ['topics', 'apply'],
      schemas: ['schemas', 'register'],
      migrate: ['migrate', '--config'],
    });
    expect(Object.fromEntries(roles.map(([name, { command }]) => [name, command?.[0]]))).toEqual({
      collect: 'collect',
      maintain: 'maintain',
      process: 'process',
      sink: 'sink',
    });
  });

  it.each(services)('%s is watched, or a job that ends', (name, { image, healthcheck, restart }) => {
    if (restart === 'no') {
      expect(healthcheck).toEqual({ disable: true });
      return;
    }
    expect(restart).toBe('unless-stopped');
    // Serves no HTTP, and ends when it cannot go on.
    if (name === 'maintain') expect(healthcheck).toEqual({ disable: true });
    else if (image.startsWith('netsigma:')) expect(repositoryFile('Dockerfile')).toContain('HEALTHCHECK');
    else expect(healthcheck).toHaveProperty('test');
  });

  it.each(services)('%s publishes its ports on the loopback address alone', (name, { ports, restart }) => {
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
    expect(ports).toHaveLength(restart === 'no' || name === 'maintain' ? 0 : 1);
  });

  it.each(services)('%s is pinned to a version', (_, { image }) => {
    expect(image).toMatch(/^[\w./-]+:v?\d+\.\d+\.\d+([.-][\w.-]+)?$/);
  });

  it.each(roles)('%s starts when all that it needs is prepared', (name, { depends_on: needs }) => {
    const done = { condition: 'service_completed_successfully' };
    expect(needs).toEqual({
      ...(name !== 'maintain' && { topics: done, schemas: done }),
      ...(['sink', 'maintain'].includes(name) && { migrate: done }),
    });
  });

  it.each(jobs)('%s starts when what it works on is healthy', (_, { depends_on: needs }) => {
    expect(Object.keys(needs).length).toBeGreaterThan(0);
    expect(new Set(Object.values(needs).map(({ condition }) => condition))).toEqual(
      new Set(['service_healthy']),
    );
  });

  it.each(roles)('%s has longer to stop than netsigma gives itself', (_, service) => {
    const own = Number(
      /STOP_DEADLINE_MS = ([\d_]+)/.exec(repositoryFile('pipeline/main.ts'))![1]!.replaceAll('_', ''),
    );
    expect(Number.parseInt(service.stop_grace_period!, 10) * 1000).toBeGreaterThan(own);
  });

  it('keeps data in named volumes, where the images write it', () => {
    const mounted = services.flatMap(([, { volumes }]) => volumes.map((volume) => volume.split(':')));
    const named = mounted.filter(([source]) => !source!.startsWith('.'));
    expect(named.map(([source]) => source).toSorted()).toEqual(Object.keys(compose.volumes).toSorted());
    const { kafka } = compose.services;
    expect(kafka!.volumes).toEqual([`kafka-data:${kafka!.environment['KAFKA_LOG_DIRS']}`]);
    const files = mounted.filter(([source]) => source!.startsWith('.'));
    expect(files.filter(([, , mode]) => mode !== 'ro')).toEqual([]);
    for (const [source] of files)
      expect(statSync(`${root}${source!}`).isFile() || source!.startsWith('./grafana/')).toBe(true);
  });

  it('has no password in it: all come out of .env, and none reaches an environment', () => {
    const variables = variablesOf(repositoryFile('.env.example'));
    const used = [
      ...[...composeText.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name!),
      ...Object.values(compose.secrets).map(({ environment }) => environment),
    ];
    expect([...new Set(used)].toSorted()).toEqual(Object.keys(variables).toSorted());
    expect(
      Object.entries(variables).filter(([name, value]) => /PASSWORD/.test(name) && value !== ''),
    ).toEqual([]);
    // Every ${...} says what to do when it is missing.
    expect([...composeText.matchAll(/(?<!\$)\$\{(?!\w+:\?)/g)]).toEqual([]);
    for (const [, { environment }] of services) {
      const secret = Object.entries(environment).filter(([name]) => /PASSWORD|URL/.test(name));
      expect(secret.filter(([, value]) => !/^(file:)?\/run\/secrets\//.test(value))).toEqual([]);
    }
    for (const { content } of Object.values(compose.configs))
      expect(new URL(content.replaceAll(/\$\{\w+:\?[^}]*\}/g, 'ENV')).password).toBe('ENV');
  });

  it('mounts every secret that it names, and no other', () => {
    const named = services.flatMap(([, { secrets }]) => secrets);
    expect([...new Set(named)].toSorted()).toEqual(Object.keys(compose.secrets).toSorted());
    const referred = [
      repositoryFile('grafana/provisioning/datasources/netsigma.yaml'),
      JSON.stringify(compose.services['grafana']!.environment),
    ].flatMap((text) => [...text.matchAll(/\/run\/secrets\/([\w-]+)/g)].map(([, name]) => name!));
    expect(compose.services['grafana']!.secrets.toSorted()).toEqual(referred.toSorted());
  });

  it.each(ours)('gives %s a valid configuration that names the other services', (_, service) => {
    const { broker, registry, http, database } = configOf(service);
    const hosts = [
      ...broker.kafka.brokers.map((address) => new URL(`kafka://${address}`)),
      new URL(registry.url!),
      ...(database.url === null ? [] : [new URL(database.url.reveal())]),
    ].map(({ hostname }) => hostname);
    expect(broker.kind).toBe('kafka');
    expect(hosts.filter((host) => !(host in compose.services))).toEqual([]);
    expect(http).toEqual({ host: '0.0.0.0', port: 9464 });
  });

  it('gives the database to those who change it, with no more rights than they need', () => {
    const users = ours.flatMap(([name, service]) => {
      const { url } = configOf(service).database;
      return url === null ? [] : [[name, new URL(url.reveal()).username]];
    });
    expect(users).toEqual([
      ['migrate', 'netsigma_owner'],
      ['sink', 'netsigma_writer'],
      ['maintain', 'netsigma_owner'],
    ]);
  });

  it('has an inventory that is valid', () => {
    const config = configOf(compose.services['collect']!);
    const inventory = readInventory({ ...config, inventory: { file: `${root}deploy/inventory.yaml` } });
    expect(inventory?.devices).toHaveLength(1);
  });
});
