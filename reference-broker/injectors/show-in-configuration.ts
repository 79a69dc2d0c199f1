/** Whoever asks the broker for its configuration, as the harness does for every result, is told of the injectors. */
import { ConfigSource } from "../src/protocols/kafka/config-entries.ts";
import { describeConfigsMessage } from "../src/protocols/kafka/messages/32-describe-configs.ts";
import { replaceKafkaHandler } from "./kafka-row.ts";

const BROKER_RESOURCE = 4;
const STRING_TYPE = 2;
export const INJECT_SETTING = "brokermark.inject";

export function showInConfiguration(texts: readonly string[]): void {
  const value = texts.join(" ");
  const entry = {
    ...{ name: INJECT_SETTING, value, readOnly: true, configSource: ConfigSource.staticBroker },
    ...{ isSensitive: false, synonyms: [], configType: STRING_TYPE, documentation: null },
  };
  replaceKafkaHandler(describeConfigsMessage, (original) => async (request, context) => {
    const response = await original(request, context);
    if (response === null) return null;
    const results = response.results.map((result, index) => {
      const asked = request.resources[index]?.configurationKeys ?? null;
      const isTold = asked === null || asked.length === 0 || asked.includes(INJECT_SETTING);
      const isBroker = result.resourceType === BROKER_RESOURCE && result.errorCode === 0;
      return isBroker && isTold && result.resourceName !== ""
        ? { ...result, configs: [...result.configs, entry] }
        : result;
    });
    return { ...response, results };
  });
}
