import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from '@jest/globals';
import { readRun, writeRun } from './recorded-run.ts';

const folder = pathToFileURL(`${mkdtempSync(join(tmpdir(), 'netsigma-recorded-'))}/kept/`);
afterAll(() => rmSync(new URL('..', folder), { recursive: true }));

it('keeps the last run of a name with where, when and on what it was made', () => {
  expect(readRun('nab', folder)).toBeUndefined();
  writeRun('nab', { standard: 1 }, 'idle', folder);
  writeRun('nab', { standard: 2 }, 'busy', folder);
  expect(readRun('nab', folder)).toMatchObject({
    name: 'nab',
    date: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
    commit: expect.any(String),
    machine: { node: process.version.slice(1) },
    conditions: 'busy',
    report: { standard: 2 },
  });
});
