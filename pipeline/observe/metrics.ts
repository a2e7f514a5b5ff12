/** Every metric that netsigma publishes about itself, a row each: Prometheus names, units in the names, bounded labels. */
import * as prom from 'prom-client';
import { SEVERITIES } from '../../topics/anomaly.ts';
import { QUALITIES } from '../../topics/interface.ts';
import { Counter, Gauge, Histogram, type LabelValues } from './instruments.ts';

/** Seconds: a poll on a local network to one that runs into its deadline. */
const POLL_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** Seconds: one transaction. */
const TRANSACTION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const POLL_STATUSES = ['success', 'partial', 'failed', 'timeout'];
const ANOMALY_STATES = ['opened', 'updated', 'closed'];

export type Metrics = ReturnType<typeof createMetrics>;

export interface MetricRow {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly labelNames: readonly string[];
  readonly help: string;
}

/** All metrics on a registry of their own, with Node's process metrics. */
export function createMetrics() {
  const registry = new prom.Registry();
  prom.collectDefaultMetrics({ register: registry });

  const counter = <const L extends readonly string[] = []>(
    name: string,
    help: string,
    labels: L = [] as unknown as L,
    first: readonly LabelValues<L>[] = [],
  ) => new Counter({ registry, name, help, labels }, first);
  const gauge = <const L extends readonly string[] = []>(
    name: string,
    help: string,
    labels: L = [] as unknown as L,
  ) => new Gauge({ registry, name, help, labels });
  const histogram = (name: string, help: string, buckets: readonly number[]) =>
    new Histogram({ registry, name, help, labels: [] }, buckets);

  return {
    // Collecting
    polls: counter('netsigma_polls_total', 'Polls by how they ended.', ['status'], each(POLL_STATUSES)),
    pollDuration: histogram('netsigma_poll_duration_seconds', 'First request to last answer.', POLL_BUCKETS),
    pollLateness: histogram('netsigma_poll_lateness_seconds', 'Planned time to first request.', POLL_BUCKETS),
    pollRequests: counter('netsigma_poll_requests_total', 'PDUs sent.'),
    pollRetries: counter('netsigma_poll_retries_total', 'PDUs sent again because no answer came in time.'),
    pollsMissed: counter('netsigma_polls_missed_total', 'Planned polls that did not take place.', ['reason']),
    varbindsRejected: counter(
      'netsigma_varbinds_rejected_total',
      'Values that were not taken as they came.',
      ['reason'],
    ),
    datagramsDropped: counter('netsigma_datagrams_dropped_total', 'Datagrams given to no poll.', ['reason']),
    socketErrors: counter('netsigma_socket_errors_total', 'Errors of the UDP socket.', ['code']),
    devices: gauge('netsigma_devices', 'Devices that this collector polls.'),
    devicesBackedOff: gauge('netsigma_devices_backed_off', 'Of them behind an open breaker.'),
    recordsLost: counter('netsigma_records_lost_total', 'Readings that no topic took.'),

    // Topics and tasks
    recordsFolded: counter('netsigma_records_folded_total', 'Records folded by tasks.', ['topic']),
    recordsSent: counter('netsigma_records_sent_total', 'Records committed to topics.', ['topic']),
    deadLetters: counter('netsigma_dead_letters_total', 'Records or rows that could not be used.', [
      'failed_in',
      'reason',
    ]),
    stageOutcomes: counter('netsigma_stage_outcomes_total', 'What stages count, by name.', [
      'stage',
      'outcome',
    ]),
    rowQuality: counter(
      'netsigma_row_quality_total',
      'Rows by the verdict on them.',
      ['quality'],
      each(QUALITIES),
    ),
    commits: counter('netsigma_commits_total', 'Transactions of tasks.', ['result'], each(['ok', 'failed'])),
    commitDuration: histogram(
      'netsigma_commit_duration_seconds',
      'Begin to commit of a transaction of a task.',
      TRANSACTION_BUCKETS,
    ),
    taskLagRecords: gauge(
      'netsigma_task_lag_records',
      'Records not yet folded; absent while no task reads.',
      ['subtopology'],
    ),
    taskLag: gauge('netsigma_task_lag_seconds', 'Since the last record that was folded, while a task lags.', [
      'subtopology',
    ]),
    taskTimeLag: gauge(
      'netsigma_task_time_lag_seconds',
      'How far the time of the task that is furthest behind is from now: of entity the last tick in its log, of domain the least of all partitions of entity; absent before the first.',
      ['subtopology'],
    ),
    taskRestarts: counter('netsigma_task_restarts_total', 'Tasks that began anew after a failed commit.', [
      'subtopology',
    ]),
    refoldedByAnotherVersion: counter(
      'netsigma_refold_version_mismatch_records_total',
      'Records folded again by other code or thresholds than the first time.',
      ['subtopology'],
    ),
    tasks: gauge('netsigma_tasks', 'Tasks of this process by what they do.', ['subtopology', 'state']),
    checkpointAge: gauge('netsigma_checkpoint_age_seconds', 'Age of the oldest last checkpoint of a task.', [
      'subtopology',
    ]),
    checkpointPause: gauge(
      'netsigma_checkpoint_pause_seconds',
      'Longest time that a task stood still for its last checkpoint.',
      ['subtopology'],
    ),
    checkpointBytes: gauge(
      'netsigma_checkpoint_bytes',
      'State in the checkpoint partitions: live is what a restore reads, dead was written again since.',
      ['subtopology', 'kept'],
    ),
    rebalances: counter('netsigma_rebalances_total', 'Times a group gave or took partitions.', [
      'group',
      'change',
    ]),
    stateBytes: gauge('netsigma_state_bytes', 'Bytes of the state columns of a stage.', ['stage']),
    stateEntities: gauge(
      'netsigma_state_entities',
      'What tasks hold state of: entities; in domain sites, roles and networks.',
      ['subtopology'],
    ),
    anomalies: counter(
      'netsigma_anomalies_total',
      'Anomaly records.',
      ['state', 'severity'],
      ANOMALY_STATES.flatMap((state) => SEVERITIES.map((severity) => [state, severity] as const)),
    ),
    detectorAnomalies: gauge(
      'netsigma_detector_anomalies',
      'Anomalies that a version of a detector opened, of the entities of this process.',
      ['detector', 'version'],
    ),
    detectorVerdicts: gauge('netsigma_detector_verdicts', 'Of them those that people said something of.', [
      'detector',
      'version',
      'verdict',
    ]),
    detectorPrecision: gauge(
      'netsigma_detector_precision',
      'Of those the share that was real: confirmed or acknowledged. Absent before the first verdict; over several processes divide the sums.',
      ['detector', 'version'],
    ),
    memoryBrokerBytes: gauge('netsigma_memory_broker_bytes', 'Bytes that the memory broker holds.', [
      'topic',
    ]),

    // Sink
    sinkRows: counter('netsigma_sink_rows_total', 'Rows committed to tables.', ['table']),
    sinkFlushDuration: histogram(
      'netsigma_sink_flush_duration_seconds',
      'Begin to commit of a database transaction.',
      TRANSACTION_BUCKETS,
    ),
    sinkPoisonRows: counter('netsigma_sink_poison_rows_total', 'Rows that no table takes.', ['reason']),
    sinkRetries: counter('netsigma_sink_retries_total', 'Flushes tried again.'),
    sinkPartitionsLost: counter(
      'netsigma_sink_partitions_lost_total',
      'Partitions that another sink has written.',
    ),
    sinkLagRecords: gauge(
      'netsigma_sink_lag_records',
      'Records that are not in the tables yet; absent while not known.',
    ),
    sinkLag: gauge(
      'netsigma_sink_lag_seconds',
      'Age of the oldest record that is not in the tables, 0 when all are; absent while not known.',
    ),

    /** Ours and Node's, for the documentation. prom-client declares no labels. */
    described: () => registry.getMetricsAsArray() as unknown as readonly MetricRow[],

    /** The exposition of all of it. */
    contentType: registry.contentType,
    text: (): Promise<string> => registry.metrics(),
  };
}

function each<Value extends string>(values: readonly Value[]): readonly (readonly [Value])[] {
  return values.map((value) => [value]);
}
