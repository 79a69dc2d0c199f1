import { restoreTable } from "./definition-table.ts";
import type { BindingDefinition, Definition } from "./definitions.ts";
import type { Destination } from "./exchange.ts";
import type { BrokerVirtualHost } from "./virtual-host.ts";

const ORDER = ["exchange", "queue", "binding"] as const;

/** Fills the virtual hosts with what was declared. Returns definitions that refer to what is not there. */
export function restoreDefinitions(
  hosts: ReadonlyMap<string, BrokerVirtualHost>,
  definitions: readonly Definition[],
): Definition[] {
  const passedOver: Definition[] = [];
  for (const kind of ORDER) {
    for (const definition of definitions) {
      if (definition.kind === kind && !restore(hosts, definition)) passedOver.push(definition);
    }
  }
  return passedOver;
}

function restore(hosts: ReadonlyMap<string, BrokerVirtualHost>, definition: Definition): boolean {
  if (definition.kind === "virtual host") return true;
  const host = hosts.get(definition.virtualHost);
  if (host === undefined) return false;
  if (definition.kind === "binding") return restoreBinding(host, definition);
  const declaration = { ...definition, durable: true, arguments: restoreTable(definition.arguments) };
  if (definition.kind === "queue") host.adopt({ ...declaration, exclusiveOwner: null });
  else
    host.topology.declareExchange({ ...declaration, type: definition.type, internal: definition.internal });
  return true;
}

function restoreBinding(host: BrokerVirtualHost, binding: BindingDefinition): boolean {
  const { topology } = host;
  const source = topology.exchanges.get(binding.source);
  const destination: Destination | undefined =
    binding.to === "queue" ? host.queue(binding.destination) : topology.exchanges.get(binding.destination);
  if (source === undefined || destination === undefined) return false;
  topology.bind(source, destination, binding.routingKey, restoreTable(binding.arguments));
  return true;
}
