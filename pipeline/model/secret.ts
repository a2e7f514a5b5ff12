/** A value that never shows itself: not in logs, JSON, errors or inspection. `reveal` is the only way out. */
import { inspect } from 'node:util';

export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }

  [inspect.custom](): string {
    return '***';
  }
}

/** How an agent is asked. Readings and records name a credential, they never carry one. */
export type SnmpCredential =
  | { readonly version: 'v2c'; readonly community: Secret }
  | {
      readonly version: 'v3';
      readonly user: string;
      readonly level: 'noAuthNoPriv' | 'authNoPriv' | 'authPriv';
      readonly authProtocol: 'md5' | 'sha' | 'sha224' | 'sha256' | 'sha384' | 'sha512';
      readonly authKey?: Secret;
      readonly privProtocol: 'des' | 'aes' | 'aes256b' | 'aes256r';
      readonly privKey?: Secret;
    };
