/** Faults of kafkajs as the pipeline's three, told apart by what the caller does about them. */
import { ConfigError, PermanentError, RetryableError } from '../../model/errors.ts';

interface KafkaFault {
  readonly name: string;
  readonly message: string;
  /** Kafka's name of an error code. */
  readonly type?: string;
  /** Node's name of a system error. */
  readonly code?: string | number;
  readonly retriable?: boolean;
  readonly cause?: unknown;
  readonly partitions?: readonly { readonly error?: unknown }[];
}

/** Another producer has the transactional id, or the transaction ran out of time: the broker cannot say which. */
const FENCED: ReadonlySet<string> = new Set([
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_ID_MAPPING',
]);

/** The same request will always be refused. */
const PERMANENT: ReadonlySet<string> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'INVALID_TOPIC_EXCEPTION',
  'OFFSET_OUT_OF_RANGE',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'OFFSET_METADATA_TOO_LARGE',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_GROUP_ID',
  'POLICY_VIOLATION',
  'UNSUPPORTED_VERSION',
  'UNSUPPORTED_COMPRESSION_TYPE',
]);

/** A setting of this client or of the cluster is wrong; the value is what to do. */
const CONFIGURATION: Readonly<Record<string, string>> = {
  INVALID_SESSION_TIMEOUT:
    'the session timeout is outside what the cluster allows: raise broker.kafka.session_timeout, or lower ' +
    'group.min.session.timeout.ms in the cluster',
  INVALID_TRANSACTION_TIMEOUT:
    'the cluster allows shorter transactions only: raise transaction.max.timeout.ms',
  TOPIC_AUTHORIZATION_FAILED: 'this user may not use the topic: grant it in the cluster',
  GROUP_AUTHORIZATION_FAILED: 'this user may not use the group: grant it in the cluster',
  CLUSTER_AUTHORIZATION_FAILED: 'this user may not do that in the cluster: grant it there',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    'this user may not use the transactional id: grant it in the cluster',
  UNSUPPORTED_SASL_MECHANISM:
    'the cluster does not offer this mechanism here: set another in broker.kafka.sasl',
  ILLEGAL_SASL_STATE: 'this port knows no users: leave out broker.kafka.sasl, or name another port',
};

/** OpenSSL's and Node's names of what is wrong with a certificate or a handshake. */
const TLS_CODE = /CERT|^ERR_TLS|^ERR_SSL|UNABLE_TO_|^EPROTO$|^ERR_OSSL/;

/** Closed before anything was answered: the server is ending, or speaks another protocol at this port. */
const CLOSED = /closed connection|connection closed|disconnected before secure TLS/i;
const CLOSED_HINT =
  ': should that last, the port may want TLS or a user, or neither, or not be Kafka’s: see broker.kafka.brokers, ' +
  'broker.kafka.tls and broker.kafka.sasl';

/** A port that takes the connection and does not answer: kafkajs says the second once it has given up waiting. */
const NO_ANSWER = /^Request .* timed out$|^Broker not connected$/;
const NO_ANSWER_HINT =
  ': something listens there and does not answer as Kafka does: correct broker.kafka.brokers, or see its log';

const AWAY_HINT = ': start it, or correct broker.kafka.brokers';
/** What kafkajs says before the system's own words. */
const CONNECTION_PREFIX = /^(Connection error|Failed to connect): /;

export interface FaultContext {
  /** What failed, as the start of a sentence. */
  readonly what: string;
  readonly brokers?: readonly string[];
}

/** The error to throw instead; what already is one of the pipeline's stays as it is. */
export function translated(error: unknown, { what, brokers }: FaultContext): Error {
  if (isTranslated(error)) return error;
  const fault = rootOf(error);
  const { type = '', code, name, message } = fault;
  const where = brokers === undefined ? '' : ` at ${brokers.join(', ')}`;
  const options = { cause: error };
  if (name === 'KafkaJSSASLAuthenticationError') {
    const text = `${what}: Kafka${where} refused the user: check username, password and mechanism of broker.kafka.sasl`;
    return new ConfigError(text, options);
  }
  if (typeof code === 'string' && TLS_CODE.test(code)) {
    const text =
      `${what}: no TLS with Kafka${where} (${message}): check that the port speaks TLS and that broker.kafka.tls.ca_file ` +
      'is the authority of its certificate';
    return new ConfigError(text, options);
  }
  const advice = CONFIGURATION[type];
  if (advice !== undefined) return new ConfigError(`${what}: Kafka${where} says ${type}: ${advice}`, options);
  if (FENCED.has(type)) {
    const text = `${what}: a newer producer of the same transactional id has fenced this one, or the transaction timed out (${type}): drop it`;
    return new PermanentError(text, options);
  }
  if (PERMANENT.has(type) || !isKafkaFault(fault)) {
    return new PermanentError(`${what}: ${type === '' ? '' : `${type}: `}${message}`, options);
  }
  const reason = message.replace(CONNECTION_PREFIX, '');
  const hint = brokers === undefined ? '' : hintOf(fault);
  // The wrappers of a lost connection repeat it word for word.
  const cause = isLost(fault) ? Object.assign(new Error(reason), { code }) : error;
  return new RetryableError(`${what}: no use of Kafka${where} now (${reason})${hint}`, { cause });
}

/** What to do about a Kafka that cannot be used now; nothing where waiting is all. */
function hintOf(fault: KafkaFault): string {
  if (CLOSED.test(fault.message)) return CLOSED_HINT;
  if (NO_ANSWER.test(fault.message)) return NO_ANSWER_HINT;
  return isLost(fault) ? AWAY_HINT : '';
}

/** Whether there is no connection behind this error, of which the client tells by itself. */
export function isConnectionLost(error: unknown): boolean {
  return isLost(rootOf(error));
}

function isLost({ name, type }: KafkaFault): boolean {
  return name.startsWith('KafkaJSConnection') && type === undefined;
}

/** Whether this producer has lost its transactional id. */
export function isFenced(error: unknown): boolean {
  return FENCED.has(rootOf(error).type ?? '');
}

/** Kafka's name of the error that is behind this one; '' for none. */
export function errorType(error: unknown): string {
  return rootOf(error).type ?? '';
}

function isTranslated(error: unknown): error is ConfigError | PermanentError | RetryableError {
  return error instanceof ConfigError || error instanceof PermanentError || error instanceof RetryableError;
}

/** kafkajs wraps what ended its retries, some times twice, and what single partitions answered. */
function rootOf(error: unknown): KafkaFault {
  let fault = asFault(error);
  for (let depth = 0; depth < 10; depth += 1) {
    const cause = fault.cause ?? fault.partitions?.[0]?.error;
    if (cause === undefined || cause === null || cause === error) break;
    const inner = asFault(cause);
    // A wrapper repeats the message of what it wraps; the type may be on either.
    fault = inner.type === undefined && fault.type !== undefined ? { ...inner, type: fault.type } : inner;
  }
  return fault;
}

function asFault(error: unknown): KafkaFault {
  if (typeof error === 'object' && error !== null && 'message' in error) return error as KafkaFault;
  return { name: 'unknown', message: String(error) };
}

/** From kafkajs or a socket; anything else (a TypeError) is a mistake here, which trying again will not mend. */
function isKafkaFault({ name, code, type, message }: KafkaFault): boolean {
  return (
    name.startsWith('KafkaJS') || type !== undefined || typeof code === 'string' || NO_ANSWER.test(message)
  );
}
