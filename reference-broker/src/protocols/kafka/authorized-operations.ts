/** Bit fields of allowed operations (KIP-430), one bit per ACL operation. Without an authorizer all are allowed. */
const operation = {
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
} as const;

type Operation = keyof typeof operation;

function bits(...operations: Operation[]): number {
  return operations.reduce((field, name) => field | (1 << operation[name]), 0);
}

/** Stands for "not asked". */
const NOT_ASKED = -2147483648;

export const topicOperations = bits(
  "read",
  "write",
  "create",
  "delete",
  "alter",
  "describe",
  "describeConfigs",
  "alterConfigs",
);
export const clusterOperations = bits(
  "create",
  "alter",
  "describe",
  "clusterAction",
  "describeConfigs",
  "alterConfigs",
  "idempotentWrite",
);

export function operationsIf(asked: boolean, operations: number): number {
  return asked ? operations : NOT_ASKED;
}
