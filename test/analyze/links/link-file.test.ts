import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLinks } from '../../../pipeline/analyze/links/link-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'netsigma-links-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function linksOf(content: string): Promise<string[]> {
  const file = join(folder, 'links');
  writeFileSync(file, content);
  const text = ({ name, instance }: { name: string; instance: string }) =>
    instance === '' ? name : `${name}#${instance}`;
  return (await readLinks(file)).map(({ a, b }) => `${text(a)}=${text(b)}`);
}

describe('a file of links', () => {
  it.each([
    ['pairs without a head', 'r1,r2\nr2;x,r3\n', ['r1=r2', 'r2;x=r3']],
    ['a head', 'a,b\nr1,r2\n', ['r1=r2']],
    ['other words for the ends', '# cables\nlink\tfrom\tto\n1\tr1\tr2\n', ['r1=r2']],
    [
      'instances in columns',
      'local,local_interface,remote,remote_interface\nr1,ge-0,r2,ge-1\nr1,,r3,\n',
      ['r1#ge-0=r2#ge-1', 'r1=r3'],
    ],
    ['instances in the names', 'a,b\r\n"r1 ge-0",r2:ge-1\r\n', ['r1 ge-0=r2:ge-1']],
    [
      'JSON lines',
      '{"a":"r1","b":"r2"}\n\n{"b":{"entity":"r3","instance":"x"},"a":"r1","a_instance":"y"}\n',
      ['r1=r2', 'r1#y=r3#x'],
    ],
  ])('with %s', async (_, content, links) => {
    expect(await linksOf(content)).toEqual(links);
  });

  it.each([
    ['', 'has no links in it: a pair a line'],
    ['r1,r2\nr3\n', 'links:2: "r3" is no pair: two names with a comma between'],
    ['a,b\nr1,\n', 'links:2: a link needs two ends'],
    ['{"a":"r1"}\n', 'links:1: a link has the keys "a" and "b"'],
    ['{"a":"r1","b":7.5}\n{"a":\n', 'links:2: this is no JSON object'],
    ['{"a":"r1","b":[]}\n', 'links:1: a link needs two ends'],
    ['a,b\n"r1,r2\n', 'links:2: a quote opens here and does not close'],
  ])('%j is refused by the line', async (content, message) => {
    await expect(linksOf(content)).rejects.toThrow(message);
  });

  it('that is not there is named', async () => {
    await expect(readLinks(join(folder, 'none'))).rejects.toThrow(/none is not there/);
  });
});
