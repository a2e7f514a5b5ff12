import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plotData } from '../../../pipeline/analyze/report/plot/plot-data.ts';
import { plotFile } from '../../../pipeline/analyze/report/plot/plot-file.ts';
import { plotPage } from '../../../pipeline/analyze/report/plot/plot-page.ts';
import { analyzed, DAY_MS, every, START_MS, type SeriesSample } from '../../support/analyzed.ts';
import { openedPage } from '../../support/opened-page.ts';
import { randomFrom } from '../../support/random-from.ts';
import { diurnalTraffic, normalFrom } from '../../support/simulated-series.ts';

const MINUTES_30 = 1_800_000;
const traffic = diurnalTraffic({ seed: 7, mean: 100, swing: 0.6, weekend: 1, noise: 0.03 });
const SPIKE_MS = START_MS + 20.5 * DAY_MS;
const values = [
  ...every(
    MINUTES_30,
    24,
    (atMs) => traffic(atMs) * (atMs >= SPIKE_MS && atMs < SPIKE_MS + 7_200_000 ? 20 : 1),
  ),
];
const quiet = [...every(MINUTES_30, 24, traffic)];
const HOSTILE = `</script><img src=x onerror=alert(1)>\u2028"'<!--`;

function page(samples: readonly SeriesSample[]): string {
  return plotPage(plotData(analyzed(samples).series, 'UTC'));
}

describe('the page', () => {
  const html = page([
    { entity: HOSTILE, unit: HOSTILE, values },
    { entity: 'r2', values: quiet },
  ]);

  it('loads nothing, and runs nothing but what stands in it', () => {
    const { document } = openedPage(html);
    expect(document.querySelectorAll('[src], link, img, iframe, object')).toHaveLength(0);
    expect(html).not.toMatch(/\b(url\(|@import)/);
    const policy = document.querySelector('meta[http-equiv]')!.getAttribute('content')!;
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[^ ]+' 'sha256-[^ ;]+'; style-src 'unsafe-inline'$/,
    );
    const hashes = [...document.querySelectorAll('script:not([type])')].map(
      ({ textContent }) => `'sha256-${createHash('sha256').update(textContent).digest('base64')}'`,
    );
    expect(policy).toContain(hashes.join(' '));
  });

  it('shows hostile names as the texts that they are', () => {
    const { document, errors } = openedPage(html);
    expect(errors).toEqual([]);
    expect(document.querySelectorAll('script')).toHaveLength(3);
    expect(document.getElementById('name')!.textContent).toContain('</script><img src=x onerror=alert(1)>');
    expect(html.match(/<\/script>/g)).toHaveLength(3);
    expect(html).not.toContain('<img');
  });

  it('lists the series, the worst first, and finds them by a part of their names', () => {
    const { document } = openedPage(html);
    const rows = [...document.querySelectorAll<HTMLLIElement>('#series li')];
    expect(rows.map(({ textContent }) => textContent)).toEqual([expect.stringMatching(/ 1$/), 'r2 m']);
    const filter = document.querySelector<HTMLInputElement>('#filter')!;
    filter.value = 'R2';
    filter.dispatchEvent(new document.defaultView!.Event('input'));
    expect(rows.map(({ hidden }) => hidden)).toEqual([true, false]);
    rows[1]!.querySelector('button')!.click();
    expect(document.getElementById('name')!.textContent).toBe('r2 m');
    expect(document.getElementById('anomalies')!.textContent).toBe('No anomalies.');
  });

  it('marks the anomalies by their severity, and jumps to the one that is chosen', async () => {
    const { document, errors, rectangles, settled } = openedPage(html);
    await settled();
    const marks = () => rectangles().filter(({ colour }) => colour === '#c62828');
    const [small] = marks();
    expect(small!.width).toBeLessThan(10);
    const anomaly = document.querySelector<HTMLButtonElement>('#anomalies button')!;
    expect(anomaly.textContent).toMatch(/^critical spike, 2026-01-25 12:00:00 to 2026-01-25 14:00:00: m of/);
    anomaly.click();
    await settled();
    const [large] = marks();
    expect(large!.width).toBeGreaterThan(10);
    expect(errors).toEqual([]);
  });
});

describe('the data of the page', () => {
  it('have the values, what was expected and the band, and gaps where nothing was', () => {
    const gap = START_MS + 10 * DAY_MS;
    const sample = { values: quiet.filter(([atMs]) => atMs < gap || atMs > gap + DAY_MS) };
    const [series] = plotData(analyzed([sample]).series, 'UTC').series;
    const { time, mean, least, largest, expected, low, high } = series!;
    expect(time).toHaveLength(sample.values.length + 1);
    const at = mean.indexOf(null);
    expect(time[at]! * 1000).toBeGreaterThan(gap);
    expect(least[at]).toBeNull();
    expect(largest.at(-1)).toBeCloseTo(sample.values.at(-1)![1], 3);
    expect(expected.at(-1)! - low.at(-1)!).toBeCloseTo(high.at(-1)! - expected.at(-1)!, 2);
    expect(low[0]).toBeNull();
  });

  it('have a band of a share that ends at 0 and 100%, unless the share itself goes beyond', () => {
    const noise = randomFrom(3);
    const band = (unit: string | null, mean: number): [number, number] => {
      const sample = { unit, values: every(MINUTES_30, 20, () => mean + 6 * normalFrom(noise)) };
      const clipped = {
        ...sample,
        values: [...sample.values].map(([atMs, v]) => [atMs, mean === 98 ? Math.min(100, v) : v] as const),
      };
      const { low, high } = plotData(analyzed([clipped]).series, 'UTC').series[0]!;
      const numbers = [...low, ...high].filter((value) => value !== null);
      return [Math.min(...numbers), Math.max(...numbers)];
    };
    expect(band('%', 98)[1]).toBe(100);
    expect(band(null, 98)[1]).toBeGreaterThan(100);
    expect(band('%', 300)[1]).toBeGreaterThan(300);
  });

  it('are bounded: many series are fewer and coarser, and what is left out is said', () => {
    const samples = Array.from({ length: 230 }, (_, k) => ({
      entity: `r${k}`,
      values: k < 225 ? quiet.slice(0, 50) : values,
    }));
    const data = plotData(analyzed(samples).series, 'UTC');
    expect(data.series).toHaveLength(200);
    expect(data.left).toEqual({ series: 30, withAnomalies: 0, anomalies: 0 });
    const [first] = data.series;
    expect(first!.time.length).toBeLessThanOrEqual(600);
    expect(Math.max(...first!.largest.map(Number))).toBeCloseTo(
      Math.max(...values.map(([, value]) => value)),
      2,
    );
    const html = plotPage(data);
    expect(html).toContain('<p>30 more series left out, 0 of them with anomalies.</p>');
    expect(html.length).toBeLessThan(10_000_000);
  });

  it('of a status and of a single value can be drawn', () => {
    const { document, errors } = openedPage(
      page([
        {
          entity: 'a',
          kind: 'status',
          values: [
            [START_MS, 'up'],
            [START_MS + 1000, 'down'],
          ],
        },
        { entity: 'b', values: [[START_MS, 5]] },
      ]),
    );
    document.querySelectorAll<HTMLButtonElement>('#series button')[1]!.click();
    expect(errors).toEqual([]);
    expect(document.getElementById('name')!.textContent).toBe('b m');
  });

  it('of a status marks its anomalies and calls its states by their words', async () => {
    const link = Array.from(
      { length: 21 * 48 },
      (_, k) => [START_MS + k * 1_800_000, k >= 20 * 48 && k < 20 * 48 + 5 ? 'down' : 'up'] as const,
    );
    const { series } = analyzed([{ kind: 'status', metric: 'link', values: link }]);
    const data = plotData(series, 'UTC');
    expect(data.series[0]!.states).toEqual([
      [0, 'up'],
      [1, 'down'],
    ]);
    const { document, errors, rectangles, settled } = openedPage(plotPage(data));
    await settled();
    expect(errors).toEqual([]);
    expect(document.getElementById('anomalies')!.textContent).toContain('link of r1 went from up to down');
    expect(rectangles().some(({ colour }) => colour === '#c62828')).toBe(true);
  });
});

describe('the file of the page', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'netsigma-plot-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is whole or not there, and replaces an older one', () => {
    const path = join(folder, 'out.html');
    writeFileSync(path, 'old');
    plotFile(path, ['in.csv']).write('new');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readdirSync(folder)).toEqual(['out.html']);
  });

  it('is refused before anything is read where it cannot be written', () => {
    expect(() => plotFile(join(folder, 'none', 'out.html'), [])).toThrow(
      /--plot .*none\/out.html cannot be written/,
    );
  });

  it.each<[string, (input: string, path: string) => void]>([
    ['a symbolic link to it', symlinkSync],
    ['another name of it', linkSync],
  ])('is none that is read, called by %s, whichever of the two is named', (_, link) => {
    const [input, alias] = [join(folder, 'in.csv'), join(folder, 'alias.csv')];
    writeFileSync(input, 'time,value');
    link(input, alias);
    for (const [read, written] of [
      [input, input],
      [alias, input],
      [input, alias],
    ] as const)
      expect(() => plotFile(written, [read])).toThrow(
        `--plot ${written} would overwrite a file that is to be read`,
      );
    expect(readFileSync(input, 'utf8')).toBe('time,value');
  });

  it('goes where a symbolic link leads, and the link stays', () => {
    const [link, target] = [join(folder, 'link.html'), join(folder, 'target.html')];
    symlinkSync('target.html', link);
    for (const page of ['not there yet', 'there']) {
      plotFile(link, []).write(page);
      expect(lstatSync(link).isSymbolicLink()).toBe(true);
      expect(readFileSync(target, 'utf8')).toBe(page);
    }
    symlinkSync('b', join(folder, 'a'));
    symlinkSync('a', join(folder, 'b'));
    expect(() => plotFile(join(folder, 'a'), [])).toThrow(/--plot .*a cannot be written/);
  });

  it('is no folder, no pipe, nothing but a plain file', () => {
    const [pipe, sub] = [join(folder, 'pipe'), join(folder, 'sub')];
    execFileSync('mkfifo', [pipe]);
    mkdirSync(sub);
    expect(() => plotFile(pipe, [])).toThrow(`--plot ${pipe} is no plain file: name a file`);
    expect(() => plotFile(sub, [])).toThrow(`--plot ${sub} is a folder: name a file`);
    expect(lstatSync(pipe).isFIFO()).toBe(true);
  });

  it('leaves alone what is called like its unfinished self', () => {
    const path = join(folder, 'out.html');
    const unfinished = `${path}.${process.pid}.part`;
    writeFileSync(unfinished, 'mine');
    expect(() => {
      plotFile(path, []).write('new');
    }).toThrow(/cannot be written/);
    expect(readFileSync(unfinished, 'utf8')).toBe('mine');
    expect(existsSync(path)).toBe(false);
  });
});
