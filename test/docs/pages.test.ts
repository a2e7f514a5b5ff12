import { afterAll, describe, expect, it } from '@jest/globals';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { allSettings } from '../../pipeline/config/names.ts';
import { catalogue, rowFields } from '../../topics/catalogue.ts';
import { stalePages, writePages } from './pages.ts';
import { withFigures } from './readme-figures.ts';

const EXAMPLE =
  'x\n\n```sh\nnpm run -s netsigma -- analyze docs/examples/branch-office.csv | tail -n 4\n```\n\n```text\nold\n```\n';

describe('generated pages', () => {
  const root = pathToFileURL(`${mkdtempSync(join(tmpdir(), 'netsigma-docs-'))}/`);
  const folder = new URL('docs/', root);
  mkdirSync(folder);
  const page = (file: string) => readFileSync(new URL(file, folder), 'utf8');
  const readme = new URL('README.md', root);
  writeFileSync(readme, '# x\n\n<!-- bench --> old <!-- /bench --> y\n');
  cpSync(new URL('../../docs/detection.md', import.meta.url), new URL('detection.md', folder));
  writeFileSync(new URL('analyze.md', folder), EXAMPLE);
  writePages(folder);
  afterAll(() => rmSync(root.pathname, { recursive: true }));

  it('in docs/ match the code (npm run docs writes them)', () => {
    expect(stalePages()).toEqual([]);
  });

  it('are stale when they are missing or were changed by hand', () => {
    expect(stalePages(folder)).toEqual([]);
    appendFileSync(new URL('metrics.md', folder), 'x');
    rmSync(new URL('settings.md', folder));
    writeFileSync(readme, readFileSync(readme, 'utf8').replace('| figure |', '| fig |'));
    expect(stalePages(folder)).toEqual(['metrics.md', 'settings.md', 'README.md']);
    writePages(folder);
    expect(stalePages(folder)).toEqual([]);
  });

  it('show what examples write now', () => {
    expect(page('analyze.md')).toMatch(/```text\ncritical, \d+ warning[^]*not by size\.\n```\n$/);
    writeFileSync(new URL('analyze.md', folder), EXAMPLE);
    expect(stalePages(folder)).toEqual(['analyze.md']);
    writePages(folder);
  });

  it('put the recorded figures into README.md between their marks, and leave the rest alone', () => {
    const text = readFileSync(readme, 'utf8');
    expect(text).toMatch(/^# x\n\n<!-- bench -->\n[^]*<!-- \/bench --> y\n$/);
    expect(text).toMatch(/\| everything on, in memory, decode and encode included \| [\d,]+ \|/);
    expect(() => withFigures('no marks')).toThrow('<!-- bench -->');
  });

  it('name every topic, field, metric, setting and command', () => {
    const topics = page('topics.md');
    for (const name of Object.keys(catalogue)) expect(topics).toContain(`## ${name}\n`);
    for (const { name, doc } of rowFields(catalogue['metric.interface'])) {
      expect(topics).toContain(`| \`${name}\` |`);
      expect(topics).toContain(doc.replaceAll('<', '&lt;').replaceAll('|', '\\|'));
    }
    expect(topics).toContain('| netsigma.checkpoint.entity |');
    expect(page('metrics.md')).toContain(
      '| `netsigma_dead_letters_total` | counter | `failed_in`, `reason` | Records or rows that could not be used. |',
    );
    for (const { path } of allSettings()) expect(page('settings.md')).toContain(`| \`${path.join('.')}\` |`);
    const commands = page('commands.md');
    for (const name of ['run', 'demo [', 'migrate [', 'maintain [', 'topics apply [', 'rules apply <file>'])
      expect(commands).toContain(`| \`${name}`);
  });

  it('have tables whose rows are all as wide as their heads', () => {
    for (const file of [
      'topics.md',
      'metrics.md',
      'settings.md',
      'commands.md',
      'performance.md',
      'scaling.md',
      'detection.md',
    ]) {
      for (const block of page(file)
        .split('\n\n')
        .filter((text) => text.startsWith('|'))) {
        const widths = block
          .trim()
          .split('\n')
          .map((line) => line.replaceAll('\\|', '').split('|').length);
        expect(new Set(widths).size).toBe(1);
      }
    }
  });
});
