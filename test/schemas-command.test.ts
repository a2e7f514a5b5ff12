import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { httpRegistry } from '../pipeline/codec/http-registry.ts';
import { ConfigError } from '../pipeline/model/errors.ts';
import { checkFiles, checkSubjects, registerSubjects, releaseFiles } from '../pipeline/schemas-command.ts';
import { catalogue, withFields, type Catalogue } from '../topics/catalogue.ts';
import type { FieldRow } from '../topics/row.ts';
import { releasedSchemas, writeSchemas } from '../topics/schemas.ts';
import { registryService } from './services/registry.ts';
import { silentLog } from './support/log.ts';
import { describeIf } from './support/requires.ts';

const service = await registryService();
const reason = service.kind === 'missing' ? service.reason : '';

afterAll(async () => {
  if (service.kind === 'running') await service.stop();
});

const field = (changed: Partial<FieldRow>): FieldRow => ({
  name: 'in_giants',
  type: 'long',
  doc: 'Of test.',
  ...changed,
});
const added = (changed: Partial<FieldRow> = {}): Catalogue =>
  withFields(catalogue, 'raw.interface', [field(changed)]);

describe('netsigma schemas, on files', () => {
  let folder: URL;
  let said: string;
  const deps = (of: Catalogue) => ({ catalogue: of, folder, write: (text: string) => (said += text) });
  const path = () => folder.pathname;

  beforeEach(() => {
    folder = pathToFileURL(`${mkdtempSync(join(tmpdir(), 'netsigma-schemas-'))}/`);
    said = '';
    writeSchemas(catalogue, folder);
    releaseFiles(deps(catalogue));
    said = '';
  });
  afterEach(() => rmSync(path(), { recursive: true }));

  it('check passes when nothing has changed, and a release is none', () => {
    checkFiles(deps(catalogue));
    releaseFiles(deps(catalogue));
    expect(said).toContain('nothing has changed since the last release');
    expect(releasedSchemas('raw.interface', folder)).toHaveLength(1);
  });

  it('check names the file that was not generated', () => {
    expect(() => checkFiles(deps(added()))).toThrow(/raw\.interface\.avsc: run "npm run schemas"/);
  });

  it('a nullable field more is fine, and is the second version of its topic when released', () => {
    writeSchemas(added(), folder);
    checkFiles(deps(added()));
    releaseFiles(deps(added()));
    expect(said).toContain('released, to be committed: raw.interface/2\n');
    expect(releasedSchemas('raw.interface', folder)).toHaveLength(2);
  });

  it.each<[string, Catalogue]>([
    ['a changed type', added({ type: 'string' })],
    ['another required field', added({ name: 'in_runts', required: true })],
  ])('%s is refused with topic and field, also when the files are generated anew', (_what, changed) => {
    writeSchemas(added(), folder);
    releaseFiles(deps(added()));
    writeSchemas(changed, folder);
    for (const command of [checkFiles, releaseFiles]) {
      expect(() => command(deps(changed))).toThrow(ConfigError);
      expect(() => command(deps(changed))).toThrow(/topic raw\.interface .*field rows.*in_(giants|runts)/s);
    }
    expect(releasedSchemas('raw.interface', folder)).toHaveLength(2);
  });

  it('a field that was never released may still become something else', () => {
    writeSchemas(added(), folder);
    writeSchemas(added({ type: 'string' }), folder);
    checkFiles(deps(added({ type: 'string' })));
  });

  it('a type is refused against every released version, not only the last', () => {
    for (const each of [added(), catalogue]) {
      writeSchemas(each, folder);
      releaseFiles(deps(each));
    }
    writeSchemas(added({ type: 'string' }), folder);
    expect(() => checkFiles(deps(added({ type: 'string' })))).toThrow(/version 2.*in_giants/s);
  });
});

describe('the committed schemas', () => {
  it('match the catalogue and go with what is released', () => {
    checkFiles({ catalogue, write: () => undefined });
  });
});

describeIf(service.kind === 'running', reason)('netsigma schemas, on a registry', () => {
  it('registers all, knows them then, and names the field that does not go with them', async () => {
    const url = service.kind === 'running' ? service.address : '';
    const registry = httpRegistry({ url, log: silentLog });
    const naming = { prefix: `test-${randomBytes(4).toString('hex')}.`, generation: '' };
    let said = '';
    const deps = (of: Catalogue) => {
      said = '';
      return { registry, url, naming, catalogue: of, write: (text: string) => (said += text) };
    };
    const count = Object.keys(catalogue).length;

    await checkSubjects(deps(added()));
    expect(said).toBe(`registry ${url}: 0 of ${count} schemas are known, the others would be taken\n`);

    const lines = () =>
      said
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    await registerSubjects(deps(added()), { json: true });
    expect(lines().map(({ isNew }) => isNew)).toEqual(Array(count).fill(true));
    expect(lines()[0]).toMatchObject({
      topic: `${naming.prefix}raw.interface`,
      subject: `${naming.prefix}raw.interface-value`,
      id: expect.any(Number) as unknown,
    });

    await registerSubjects(deps(catalogue), { json: false });
    expect(said).toMatch(new RegExp(`^new +\\d+ {2}${naming.prefix}raw\\.interface-value\nknown `));
    await checkSubjects(deps(catalogue));
    expect(said).toContain(`${count} of ${count} schemas are known`);

    const refused = checkSubjects(deps(added({ type: 'string' })));
    await expect(refused).rejects.toThrow(ConfigError);
    await expect(refused).rejects.toThrow(/subject test-.*raw\.interface-value .*in_giants/s);
  });
});
