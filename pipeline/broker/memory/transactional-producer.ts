/** Transactional producers of the memory broker, and who owns which transactional id. */
import { PermanentError } from '../../model/errors.ts';
import type { Transaction, TransactionalProducer } from '../port.ts';
import type { Cluster } from './cluster.ts';
import { MemoryTransaction } from './transaction.ts';

/** The running producer of each transactional id. */
export type TransactionalIds = Map<string, MemoryTransactionalProducer>;

export class MemoryTransactionalProducer implements TransactionalProducer {
  readonly name: string;
  readonly #id: string;
  readonly #cluster: Cluster;
  readonly #owners: TransactionalIds;
  #state: 'new' | 'running' | 'fenced' | 'stopped' = 'new';
  #transaction: MemoryTransaction | undefined;

  constructor(transactionalId: string, cluster: Cluster, owners: TransactionalIds) {
    this.name = `memory producer ${transactionalId}`;
    this.#id = transactionalId;
    this.#cluster = cluster;
    this.#owners = owners;
  }

  async start(): Promise<void> {
    this.#cluster.assertRunning();
    if (this.#state !== 'new') throw this.#stateError();
    const previous = this.#owners.get(this.#id);
    if (previous !== undefined) {
      previous.#fence();
      this.#cluster.log?.info(
        { transactionalId: this.#id },
        'fenced the previous owner of a transactional id',
      );
    }
    this.#owners.set(this.#id, this);
    this.#state = 'running';
  }

  async begin(): Promise<Transaction> {
    this.#cluster.assertRunning();
    if (this.#state !== 'running') throw this.#stateError();
    if (this.#transaction?.isOpen === true) {
      throw new PermanentError(`${this.#id} has an open transaction: commit or abort it before the next`);
    }
    this.#transaction = new MemoryTransaction(this.#cluster, this.#id);
    return this.#transaction;
  }

  /** Aborts what is pending: an open transaction would hold back every reader. */
  async stop(): Promise<void> {
    if (this.#owners.get(this.#id) === this) this.#owners.delete(this.#id);
    this.#transaction?.end('its producer was stopped');
    if (this.#state !== 'fenced') this.#state = 'stopped';
  }

  #fence(): void {
    this.#state = 'fenced';
    this.#transaction?.end('a newer producer of the same id has fenced it');
  }

  #stateError(): PermanentError {
    switch (this.#state) {
      case 'new':
        return new PermanentError(`transactional producer ${this.#id} is not started: call start() first`);
      case 'running':
        return new PermanentError(`transactional producer ${this.#id} is started already`);
      case 'fenced':
        return new PermanentError(
          `transactional producer ${this.#id} was fenced by a newer one of the same id: drop it`,
        );
      case 'stopped':
        return new PermanentError(`transactional producer ${this.#id} is stopped: make a new one`);
    }
  }
}
