import { message } from "../schema.ts";
import { array, boolean, int16, int32, int8, nullableArrayOf, nullableString, string } from "../types.ts";

export const describeConfigsMessage = message({
  name: "DescribeConfigs",
  apiKey: 32,
  versions: [1, 4],
  flexible: 4,
  request: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configurationKeys: nullableArrayOf(string()),
    }),
    includeSynonyms: boolean({ default: false }),
    includeDocumentation: boolean({ since: 3, default: false }),
  },
  response: {
    throttleTimeMs: int32(),
    results: array({
      errorCode: int16(),
      errorMessage: nullableString(),
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        value: nullableString(),
        readOnly: boolean(),
        configSource: int8({ default: -1 }),
        isSensitive: boolean(),
        synonyms: array({
          name: string(),
          value: nullableString(),
          source: int8(),
        }),
        configType: int8({ since: 3, default: 0 }),
        documentation: nullableString({ since: 3 }),
      }),
    }),
  },
});
