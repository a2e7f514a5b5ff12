/** What the demo shows people: a progress bar, one line an anomaly, and where to look. */
import { SingleBar } from 'cli-progress';
import type { CommittedAnomaly } from './anomaly-feed.ts';
import type { QuietControl } from './faults.ts';
import type { FaultVerdict } from './verdict.ts';

export interface Screen {
  say(line: string): void;
  /** A progress bar on a terminal; a line every tenth otherwise. */
  progress(what: string, total: number): { at(done: number): void; end(): void };
}

export function screen(stream: NodeJS.WriteStream): Screen {
  return {
    say: (line) => void stream.write(`${line}\n`),
    progress(what, total) {
      if (stream.isTTY) {
        const bar = new SingleBar({
          stream,
          format: `${what} [{bar}] {percentage}% {value}/{total} rows, {eta}s left`,
          hideCursor: true,
        });
        bar.start(total, 0);
        return { at: (done) => bar.update(done), end: () => bar.stop() };
      }
      let tenth = 0;
      return {
        at(done) {
          const now = Math.floor((10 * done) / total);
          if (now > tenth) stream.write(`${what}: ${now * 10}% (${done} of ${total} rows)\n`);
          tenth = Math.max(tenth, now);
        },
        end() {
          // The last tenth has been said.
        },
      };
    },
  };
}

const COLUMNS = [8, 9, 10, 14, 18, 12, 12, 8, 8] as const;

export const ANOMALY_HEADING = columns([
  'time',
  'state',
  'device',
  'interface',
  'metric',
  'value',
  'expected',
  'sigma',
  'severity',
]);

export function anomalyLine(anomaly: CommittedAnomaly): string {
  return columns([
    new Date(anomaly.updatedAtMs).toISOString().slice(11, 19),
    anomaly.state,
    anomaly.device,
    anomaly.interface,
    anomaly.metric,
    quantity(anomaly.value),
    anomaly.expected === null ? '-' : quantity(anomaly.expected),
    anomaly.sigma === null ? '-' : anomaly.sigma.toFixed(1),
    anomaly.severity,
  ]);
}

/** A fault that was found. */
export function faultLine({ kind, device, interface: port, seconds }: FaultVerdict): string {
  return `  found  ${kind} on ${device} ${port}, ${seconds ?? '?'} s after it began`;
}

/** A quiet control that has happened. */
export function controlLine(control: QuietControl, quiet: boolean): string {
  const port = control.kind === 'discontinuity' ? ` ${control.interface}` : '';
  return `  ${quiet ? 'quiet' : 'ALARM'}  ${control.kind} on ${control.device}${port}`;
}

/** Connection string, queries to try, status address. */
export function whereToLook(
  { say }: Screen,
  { url, status }: { readonly url: string; readonly status: string },
): void {
  say('');
  say(`  database  ${url}`);
  say(`            psql "${url}" -c 'SELECT * FROM anomaly_events WHERE closed_at IS NULL'`);
  say(
    `            psql "${url}" -c 'SELECT interface_name, max(utilization_pct) FROM interface_metrics GROUP BY 1'`,
  );
  say(`  status    ${status}/status   metrics ${status}/metrics`);
  say(`  topics    npm run netsigma -- tail metric.interface --url ${status}`);
  say('');
}

/** Three significant digits with k, M, G. */
export function quantity(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 1e9) return `${(value / 1e9).toPrecision(3)} G`;
  if (magnitude >= 1e6) return `${(value / 1e6).toPrecision(3)} M`;
  if (magnitude >= 1e3) return `${(value / 1e3).toPrecision(3)} k`;
  return magnitude === 0 || magnitude >= 0.001
    ? Number(value.toPrecision(3)).toString()
    : value.toExponential(1);
}

function columns(cells: readonly string[]): string {
  return cells
    .map((cell, index) => cell.padEnd(COLUMNS[index] ?? 0))
    .join(' ')
    .trimEnd();
}
