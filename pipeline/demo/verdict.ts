/** Which injected faults the tables show, and which rows are false alarms: a pure comparison. */

export type FaultKind = 'utilization_spike' | 'traffic_collapse' | 'error_burst' | 'link_down';

export interface InjectedFault {
  readonly kind: FaultKind;
  readonly device: string;
  readonly interface: string;
  readonly startMs: number;
}

/** One row of anomaly_events, as last read, and when it was first seen committed. */
export interface AnomalyRow {
  readonly anomalyId: string;
  readonly device: string;
  readonly interface: string;
  readonly metric: string;
  readonly type: string;
  readonly severity: string;
  readonly openedAtMs: number;
  readonly seenAtMs: number;
}

export interface FaultVerdict {
  readonly kind: FaultKind;
  readonly device: string;
  readonly interface: string;
  readonly detected: boolean;
  /** From the fault's start to its row being committed; null while it is not detected. */
  readonly seconds: number | null;
}

export interface Verdict {
  readonly faults: FaultVerdict[];
  /** Anomalies of severity warning or above that no fault explains. */
  readonly falseAlarms: AnomalyRow[];
}

/** What each fault must look like in the table to count as detected. */
const SIGNATURE: Record<FaultKind, { readonly metric: RegExp; readonly type: string }> = {
  utilization_spike: { metric: /^[rt]x_(bps|pps)$/, type: 'spike' },
  traffic_collapse: { metric: /^[rt]x_(bps|pps)$/, type: 'drop' },
  error_burst: { metric: /^[rt]x_error_rate$/, type: 'spike' },
  link_down: { metric: /^oper_status$/, type: 'drop' },
};

/** Judges all anomalies opened at `liveFromMs` or later. */
export function verdict(
  faults: readonly InjectedFault[],
  rows: readonly AnomalyRow[],
  liveFromMs: number,
): Verdict {
  const alarms = rows.filter((row) => row.openedAtMs >= liveFromMs && row.severity !== 'info');
  return {
    faults: faults.map((fault) => {
      const { metric, type } = SIGNATURE[fault.kind];
      const hits = alarms.filter(
        (row) => explains(fault, row) && metric.test(row.metric) && row.type === type,
      );
      const seenAtMs = Math.min(...hits.map((row) => row.seenAtMs));
      const detected = hits.length > 0;
      return {
        kind: fault.kind,
        device: fault.device,
        interface: fault.interface,
        detected,
        seconds: detected ? Math.round((seenAtMs - fault.startMs) / 100) / 10 : null,
      };
    }),
    falseAlarms: alarms.filter((row) => !faults.some((fault) => explains(fault, row))),
  };
}

/** A port that is being disturbed may show it in several metrics; before the fault nothing on it is excused. */
function explains(fault: InjectedFault, row: AnomalyRow): boolean {
  return row.device === fault.device && row.interface === fault.interface && row.openedAtMs >= fault.startMs;
}
