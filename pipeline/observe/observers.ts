/** What the components tell, as metrics: one adapter a component. */
import type { SnmpObserver } from '../collect/snmp/observer.ts';
import type { ProcessObserver } from '../runtime/observer.ts';
import type { SinkObserver } from '../sink/sink-observer.ts';
import type { Metrics } from './metrics.ts';

export function snmpMetrics(metrics: Metrics): SnmpObserver {
  return {
    polled({ status, durationMs, lateMs, requests, retries }) {
      metrics.polls.add(1, status);
      metrics.pollDuration.observe(durationMs / 1000);
      metrics.pollLateness.observe(lateMs / 1000);
      metrics.pollRequests.add(requests);
      metrics.pollRetries.add(retries);
    },
    missed: (reason, polls) => metrics.pollsMissed.add(polls, reason),
    dropped: (reason) => metrics.datagramsDropped.add(1, reason),
    value: (reason) => metrics.varbindsRejected.add(1, reason),
    socketError: (code) => metrics.socketErrors.add(1, code),
    breaker() {
      // The number of open breakers comes with `devices`; single transitions are in the log.
    },
    devices(assigned, open) {
      metrics.devices.set(assigned);
      metrics.devicesBackedOff.set(open);
    },
    deadLetter: (reason) => metrics.deadLetters.add(1, 'collect', reason),
    publishFailed: (records) => metrics.recordsLost.add(records),
  };
}

export function processMetrics(metrics: Metrics, subTopology: string): ProcessObserver {
  return {
    folded: (topic) => metrics.recordsFolded.add(1, topic),
    committed(durationMs, records) {
      metrics.commits.add(1, 'ok');
      metrics.commitDuration.observe(durationMs / 1000);
      for (const { topic } of records) metrics.recordsSent.add(1, topic);
    },
    deadLetter: (reason) => metrics.deadLetters.add(1, subTopology, reason),
    outcome: (stage, outcome, by) => metrics.stageOutcomes.add(by, stage, outcome),
    taskRestarted: () => metrics.taskRestarts.add(1, subTopology),
    refoldedByAnotherVersion: (records) => metrics.refoldedByAnotherVersion.add(records, subTopology),
    rows: (quality, by) => metrics.rowQuality.add(by, quality),
  };
}

/** `failed` is what the process does about a sink that has stopped for good. */
export function sinkMetrics(metrics: Metrics, failed: (error: unknown) => void): SinkObserver {
  return {
    flushed(rows, durationMs) {
      for (const [table, count] of rows) metrics.sinkRows.add(count, table);
      metrics.sinkFlushDuration.observe(durationMs / 1000);
    },
    deadLetter(reason) {
      metrics.sinkPoisonRows.add(1, reason);
      metrics.deadLetters.add(1, 'sink', reason);
    },
    retried: () => metrics.sinkRetries.add(1),
    partitionsLost: (count) => metrics.sinkPartitionsLost.add(count),
    failed,
  };
}
