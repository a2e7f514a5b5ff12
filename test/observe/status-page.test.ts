import { describe, expect, it } from '@jest/globals';
import { statusPage } from '../../pipeline/observe/status-page.ts';

describe('the status page', () => {
  it('shows dates as they are read: no quotes, also in lists', () => {
    const at = new Date(Date.UTC(2026, 0, 5));
    const html = statusPage(
      { last: at, all: [at], rows: [{ at }], never: null },
      { ready: true, reasons: [] },
    );
    expect(html.match(/>2026-01-05T00:00:00\.000Z</g)).toHaveLength(3);
    expect(html).not.toContain('&quot;');
  });
});
