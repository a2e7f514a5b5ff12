import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { formatDuration, parseDuration } from '../../pipeline/config/duration.ts';
import { allSettings } from '../../pipeline/config/names.ts';
import { settingsTable } from '../../pipeline/config/settings-table.ts';
import { load } from './load.ts';

describe('durations', () => {
  it('are written and read back exactly', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 40 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
    expect([formatDuration(0), formatDuration(600_000), formatDuration(90_000)]).toEqual([
      '0ms',
      '10m',
      '90s',
    ]);
  });

  it.each(['', 's', '-1s', '1w', '1 s s', '1e3', 'NaN', '99999999999999999d'])('%j is none', (wrong) => {
    expect(parseDuration(wrong)).toBeUndefined();
  });
});

describe('documentation', () => {
  it('the table of settings has a row for each, with meaning, default, variable and the fold', () => {
    const table = settingsTable();
    for (const setting of allSettings()) {
      expect(setting.description).toMatch(/\.$/);
      expect(table).toContain(`| \`${setting.path.join('.')}\` |`);
    }
    expect(table).toContain(
      '| `http.port` | `9464` | Port to listen on; 0 takes a free one. | `NETSIGMA_HTTP_PORT` |  |',
    );
    expect(table).toMatch(
      /\| `rate.gap_intervals` \| `3` \| [^|]* \| `NETSIGMA_RATE_GAP_INTERVALS` \| yes \|/,
    );
    expect(table).toContain('`credentials.<name>.auth_key`');
  });

  it('what changes the fold is exactly what the stages take', () => {
    const sections = (changesFold: boolean) =>
      new Set(
        allSettings().flatMap((setting) => (setting.changesFold === changesFold ? [setting.path[0]] : [])),
      );
    expect([...sections(true)]).toEqual(['rate', 'baseline', 'detect']);
    expect([...sections(true)].filter((name) => sections(false).has(name))).toEqual([]);
  });

  it('the example configuration is valid and sets nothing in the open', () => {
    const file = new URL('../../netsigma.example.yaml', import.meta.url);
    const { config, warnings } = load(readFileSync(file, 'utf8'), {
      env: {
        SNMP_COMMUNITY: 'x',
        SNMP_AUTH_KEY: 'at-least-8',
        SNMP_PRIV_KEY: 'at-least-8',
        DATABASE_URL: 'postgres://u:p@h/d',
      },
    });
    expect(warnings).toEqual([]);
    expect(config.inventory.file).toBe('/etc/netsigma/inventory.yaml');
    expect([...config.credentials.keys()]).toEqual(['lab', 'core']);
  });
});
