import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FoundAnomaly } from '../../../pipeline/analyze/found-anomalies.ts';
import type { LinkEnd } from '../../../pipeline/analyze/links/link-file.ts';
import { linkedPlaces } from '../../../pipeline/analyze/links/linked-places.ts';
import { storiesOf, type Story } from '../../../pipeline/analyze/links/stories.ts';
import { SeriesSummary } from '../../../pipeline/analyze/series-summary.ts';

const MINUTE = 60_000;

/** An anomaly that opens at this minute, of a series with a value a minute. */
function opened(minute: number, entity: string, instance = '', metric = 'm', everyMs = MINUTE): FoundAnomaly {
  const series = new SeriesSummary(
    { entity, instance, metric, kind: 'gauge', unit: null, hasDecimals: false },
    2,
  );
  for (let k = 0; k < 4; k += 1) series.interval.add(0, everyMs);
  return { series, record: { opened_at: minute * MINUTE } as FoundAnomaly['record'] };
}

const end = (text: string): LinkEnd => {
  const [name = '', instance = ''] = text.split('#');
  return { name, instance };
};

/** Links such as "r1=r2" or "r1#ge-0=r2". */
function placesOf(found: readonly FoundAnomaly[], links: readonly string[]) {
  const pairs = links.map((link, line) => {
    const [a, b] = link.split('=').map(end);
    return { line, a: a!, b: b! };
  });
  return linkedPlaces(
    pairs,
    found.map(({ series }) => series),
  );
}

function told(found: readonly FoundAnomaly[], links: readonly string[] = []): string[] {
  return storiesOf(found, placesOf(found, links).linkedTo).map(textOf);
}

function textOf(story: Story): string {
  return story
    .map(
      ({ series, record }) =>
        `${[series.entity, series.instance].filter(Boolean).join('#')}@${record.opened_at / MINUTE}`,
    )
    .join(' ');
}

describe('stories', () => {
  it('are anomalies that open close together on one entity', () => {
    expect(
      told([opened(0, 'r1', 'a'), opened(3, 'r1', 'b'), opened(4, 'r2'), opened(60, 'r1', 'a')]),
    ).toEqual(['r1#a@0 r1#b@3']);
  });

  it('are wider for series with few values', () => {
    const hourly = [opened(0, 'r1', 'a', 'm', 60 * MINUTE), opened(170, 'r1', 'b', 'm', 60 * MINUTE)];
    expect(told(hourly)).toEqual(['r1#a@0 r1#b@170']);
  });

  it('cross the links of entities', () => {
    const found = [opened(0, 'r1'), opened(1, 'r2', 'a'), opened(2, 'r3')];
    expect(told(found)).toEqual([]);
    expect(told(found, ['r1=r2'])).toEqual(['r1@0 r2#a@1']);
    expect(told(found, ['r2=r1', 'r3=r2'])).toEqual(['r1@0 r2#a@1 r3@2']);
  });

  it('cross the links of instances for these instances alone', () => {
    const found = [opened(0, 'r1', 'a'), opened(1, 'r2', 'x'), opened(20, 'r1', 'b'), opened(21, 'r2', 'x')];
    expect(told(found, ['r1#a=r2#x'])).toEqual(['r1#a@0 r2#x@1']);
    expect(told(found, ['r1 a=r2:x', 'r1/b=r2'])).toEqual(['r1#a@0 r2#x@1', 'r1#b@20 r2#x@21']);
  });

  it('become one when an anomaly is close to both', () => {
    const found = [
      opened(0, 'r1', 'a'),
      opened(0, 'r1', 'b'),
      opened(1, 'r3', 'a'),
      opened(1, 'r3', 'b'),
      opened(2, 'r2'),
    ];
    expect(told(found, ['r1=r2', 'r2=r3'])).toEqual(['r1#a@0 r1#b@0 r3#a@1 r3#b@1 r2@2']);
  });

  it('do not go on for ever', () => {
    const found = Array.from({ length: 500 }, (_, k) => opened(k, 'r1', k % 2 === 0 ? 'a' : 'b'));
    const stories = storiesOf(found);
    expect(stories.length).toBeGreaterThan(3);
    for (const story of stories) expect(story.length).toBeLessThanOrEqual(121);
  });

  it('hold every anomaly at most once, in order, and those of one entity that open at once together', () => {
    const anomaly = fc.record({
      minute: fc.integer({ min: 0, max: 120 }),
      entity: fc.constantFrom('r1', 'r2', 'r3', 'r4'),
      instance: fc.constantFrom('', 'a', 'b'),
    });
    const link = fc
      .tuple(fc.constantFrom('r1', 'r2#a', 'r3'), fc.constantFrom('r2', 'r3#b', 'r4'))
      .map((ends) => ends.join('='));
    fc.assert(
      fc.property(fc.array(anomaly, { maxLength: 40 }), fc.array(link, { maxLength: 4 }), (all, links) => {
        const found = all
          .sort((a, b) => a.minute - b.minute)
          .map(({ minute, entity, instance }) => opened(minute, entity, instance));
        const stories = storiesOf(found, placesOf(found, links).linkedTo);
        const told = stories.flat();
        expect(new Set(told).size).toBe(told.length);
        for (const story of stories) {
          expect(story.length).toBeGreaterThan(1);
          const times = story.map(({ record }) => record.opened_at);
          expect(times).toEqual([...times].sort((a, b) => a - b));
        }
        const storyOf = (one: FoundAnomaly) => stories.findIndex((story) => story.includes(one));
        for (const [k, one] of found.entries()) {
          const next = found[k + 1];
          if (next?.series.entity === one.series.entity && next.record.opened_at === one.record.opened_at)
            expect(storyOf(next)).toBe(storyOf(one));
        }
      }),
    );
  });
});

describe('links', () => {
  it('with names that no series has are counted, and some of the names told', () => {
    const places = placesOf(
      [opened(0, 'r1', 'a'), opened(0, 'r2')],
      ['r1=r2', 'r1=r9', 'r8#x=r7', 'r1#b=r2'],
    );
    expect(places).toMatchObject({ unknown: 3, unknownNames: ['r9', 'r8 x', 'r7', 'r1 b'] });
    const many = Array.from({ length: 100 }, (_, k) => `x${k}=r1`);
    expect(placesOf([opened(0, 'r1')], many)).toMatchObject({
      unknown: 100,
      unknownNames: ['x0', 'x1', 'x2', 'x3', 'x4'],
    });
  });
});
