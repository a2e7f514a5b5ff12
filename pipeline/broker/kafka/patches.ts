/**
 * All that reaches into kafkajs 2.2.4 (exact version pinned): its deep imports, changes of its behaviour (how it
 * produces: produce-patch.ts), a codec, and the parts of its cluster that its public API does not name. Each change has
 * a test that fails without it.
 *
 * Everything is taken through one `require`, so that the changed objects are the ones that kafkajs uses, in Jest too.
 */
import { createRequire } from 'node:module';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { promisify } from 'node:util';
import { ZSTD_OPTIONS } from './produce-encoder.ts';
import {
  withHeadroom,
  withProduceEncoder,
  type EncoderClass,
  type ProduceVersions,
} from './produce-patch.ts';

const require = createRequire(import.meta.url);

export const kafkajs = require('kafkajs') as typeof import('kafkajs');

/** What fencing and `sendOffsets` wait for the end of an earlier transaction. */
const COORDINATOR_RETRY = { initialRetryTime: 15, maxRetryTime: 500, retries: 40 };

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

/**
 * Every connection keeps a timer for ever, at 1 ms because of a negative time (TimeoutNegativeWarning): 8 idle
 * producers took 4.5 % of a core. Without a pending request there is nothing to check.
 */
function withoutIdleTimer({ prototype }: { prototype: RequestQueue }): void {
  const schedule = Reflect.get(prototype, 'scheduleCheckPendingRequests');
  prototype.scheduleCheckPendingRequests = function () {
    if (this.pending.length > 0) schedule.call(this);
  };
}

/**
 * InitProducerId and TxnOffsetCommit are tried again as `cluster.retry` says, which kafkajs never sets: the default's
 * 300 ms make fencing a pending transaction take 340 ms, with this 16 ms.
 */
function withCoordinatorRetry({ prototype }: { prototype: { retry?: object } }): void {
  prototype.retry = COORDINATOR_RETRY;
}

interface Connection {
  socket: unknown;
  connect(): Promise<true>;
  disconnect(): Promise<true>;
}

/**
 * Requests that find their connection closed each open a socket of their own; the last one stays, the others leak, and
 * some write to one that is not connected yet. Now they wait for the same one.
 */
function withOneSocket({ prototype }: { prototype: Connection }): void {
  const connect = Reflect.get(prototype, 'connect');
  const connecting = new WeakMap<Connection, Promise<true>>();
  prototype.connect = function () {
    let attempt = connecting.get(this);
    if (attempt === undefined) {
      attempt = connect.call(this).finally(() => connecting.delete(this));
      connecting.set(this, attempt);
    }
    return attempt;
  };
}

/**
 * While a broker is away a client is disconnected again and again, and each time its dead socket gets one more listener
 * (MaxListenersExceededWarning): `unref` waits for a connection that never comes.
 */
function withoutDeadSocket({ prototype }: { prototype: Connection }): void {
  const disconnect = Reflect.get(prototype, 'disconnect');
  prototype.disconnect = async function () {
    const { socket } = this;
    const result = await disconnect.call(this);
    // Unless a new one has come meanwhile.
    if (this.socket === socket) this.socket = undefined;
    return result;
  };
}

const connection = require('kafkajs/src/network/connection') as { prototype: Connection };
withOneSocket(connection);
withoutDeadSocket(connection);
withoutIdleTimer(require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue });
const encoder = require('kafkajs/src/protocol/encoder') as EncoderClass;
withHeadroom(encoder);
withProduceEncoder(require('kafkajs/src/protocol/requests/produce') as ProduceVersions, encoder);
withCoordinatorRetry(require('kafkajs/src/cluster') as { prototype: { retry?: object } });

/** kafkajs has no zstd; Node has. */
const compressZstd = promisify(zstdCompress);
const decompressZstd = promisify(zstdDecompress);
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
  compress: ({ buffer }: { buffer: Buffer }) => compressZstd(buffer, ZSTD_OPTIONS),
  decompress: (buffer: Buffer) => decompressZstd(buffer),
});

/** The id of a broker in the cluster. */
export type NodeId = number;

export interface PartitionMetadata {
  readonly partitionId: number;
  readonly leader: NodeId;
}

/** kafkajs's `Broker`: one server of the cluster, connected. */
export interface Node {
  readonly versions: Readonly<Record<number, { readonly maxVersion: number }>>;
  listOffsets(request: {
    readonly isolationLevel: number;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly timestamp: number }[];
    }[];
  }): Promise<{
    readonly responses: readonly {
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
    }[];
  }>;
  deleteRecords(request: {
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
    }[];
  }): Promise<unknown>;
  offsetFetch(request: {
    readonly groupId: string;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number }[];
    }[];
  }): Promise<{
    readonly responses: readonly {
      readonly topic: string;
      readonly partitions: readonly {
        readonly partition: number;
        readonly offset: string;
        readonly metadata: string | null;
      }[];
    }[];
  }>;
}

/** kafkajs's `Cluster`: metadata and connections of one client. */
export interface Cluster {
  /** Topics whose metadata is kept up to date. */
  targetTopics: Set<string>;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  isConnected(): boolean;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  /** Empty for a topic that is not there; throws while no metadata is loaded. */
  findTopicPartitionMetadata(topic: string): readonly PartitionMetadata[];
  findBroker(node: { readonly nodeId: NodeId }): Promise<Node>;
  findGroupCoordinator(group: { readonly groupId: string }): Promise<Node>;
}

/**
 * Makes an ended client stay ended: kafkajs cannot interrupt a consumer that is joining or restarting, which would
 * otherwise come back as a member that nobody knows.
 */
export function barCluster(cluster: Cluster): void {
  const refuse = () =>
    Promise.reject(new kafkajs.KafkaJSNonRetriableError('this consumer was stopped while it was joining'));
  cluster.connect = refuse;
  cluster.findBroker = refuse;
  cluster.findGroupCoordinator = refuse;
  cluster.refreshMetadata = refuse;
}

const FETCH_API_KEY = 1;
const FETCH_VERSION = 11;

export interface FetchRequest {
  readonly maxWaitTime: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      /** Decimal digits: kafkajs writes it as an int64. */
      readonly fetchOffset: string;
      readonly maxBytes: number;
    }[];
  }[];
}

const encodeFetch = require('kafkajs/src/protocol/requests/fetch/v11/request') as (
  request: FetchRequest & { readonly replicaId: number; readonly isolationLevel: number },
) => object;

/**
 * A read_committed fetch, version 11, whose answer the caller decodes. kafkajs's own decoder hides what consumers
 * here must know: the last stable offset, and the position behind control records and behind batches that compaction
 * has emptied (its position never passes those).
 * @returns undefined when the server is too old for it (Kafka before 2.3).
 */
export async function sendFetch(node: Node, request: FetchRequest): Promise<Buffer | undefined> {
  if ((node.versions[FETCH_API_KEY]?.maxVersion ?? 0) < FETCH_VERSION) return undefined;
  const send = sendRequestOf(node);
  const body = await send.call(node, {
    request: encodeFetch({ ...request, replicaId: -1, isolationLevel: 1 }),
    response: {
      // The first field is the time that a client over its quota has to wait.
      decode: async (answer: Buffer) => ({ answer, clientSideThrottleTime: answer.readInt32BE(0) }),
      parse: async ({ answer }: { answer: Buffer }) => answer,
    },
    requestTimeout: request.maxWaitTime + 15_000,
  });
  return body as Buffer;
}

/** `Broker.prototype[SEND_REQUEST]`: it picks the connection and cleans up after a closed one. */
function sendRequestOf(node: Node): (protocol: object) => Promise<unknown> {
  const prototype = Object.getPrototypeOf(node) as Record<symbol, (protocol: object) => Promise<unknown>>;
  const symbol = Object.getOwnPropertySymbols(prototype).find(
    ({ description }) => description === 'private:Broker:sendRequest',
  );
  if (symbol === undefined) throw new Error('kafkajs is not the version that patches.ts was written for');
  return prototype[symbol]!;
}
