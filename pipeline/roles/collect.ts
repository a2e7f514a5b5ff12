/** The role collect: polls the devices of its zone; publishes the inventory of its file, if it has one. */
import { inventoryPublisher } from '../collect/inventory-publisher.ts';
import type { Inventory } from '../collect/inventory.ts';
import type { RuleSet } from '../collect/rules-file.ts';
import { rulesPublishing } from '../collect/rules-publisher.ts';
import type { Profile } from '../collect/snmp/profile.ts';
import { snmpCollector, type SnmpCollector } from '../collect/snmp/snmp-collector.ts';
import type { Component } from '../model/component.ts';
import type { SnmpCredential } from '../model/secret.ts';
import { snmpMetrics } from '../observe/observers.ts';
import type { Role, RoleDeps } from './role.ts';

export interface CollectOptions {
  /** undefined: another process publishes what there is to poll. */
  readonly inventory: Inventory | undefined;
  /** The rules of the file, if there is one. */
  readonly rules?: RuleSet | undefined;
  readonly credentials: ReadonlyMap<string, SnmpCredential>;
  /** What is read off agents, by name; the standard ones unless told. */
  readonly profiles?: ReadonlyMap<string, Profile> | undefined;
}

export interface CollectRole extends Role {
  /** What publishes the inventory and the rules at its start, if there is one to publish: before the collector. */
  readonly publishing: readonly Component[];
  readonly collector: SnmpCollector;
}

export function collectRole(deps: RoleDeps, options: CollectOptions): CollectRole {
  const { config, metrics } = deps;
  const { inventory, rules, credentials, profiles } = options;
  const { partitions } = config.broker;
  const publishing = [
    ...(inventory ? [inventoryPublisher({ ...deps, partitions, inventory })] : []),
    ...(rules ? [rulesPublishing({ ...deps, partitions }, rules)] : []),
  ];
  const collector = snmpCollector({
    ...deps,
    partitions,
    zone: config.zone,
    collectorId: config.collectorId,
    credentials,
    settings: config.collect.snmp,
    ...(profiles && { profiles }),
    observer: snmpMetrics(metrics),
  });
  return {
    name: 'collect',
    publishing,
    collector,
    components: [...publishing, collector],
    status: () => ({
      collect: {
        zone: config.zone,
        collectorId: config.collectorId,
        devices: collector.devices.size,
        devicesBackedOff: [...collector.devices.values()].filter(({ isOpen }) => isOpen).length,
        partitions: collector.partitions,
        pollsUnderWay: collector.inFlight,
      },
    }),
    notReady: () => (collector.running ? [] : ['the collector has not started yet']),
  };
}
