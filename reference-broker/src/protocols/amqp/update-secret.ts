/** connection.update-secret: the new password of a user whose credentials expire. */
import type { Identity, User } from "../../engines/identity/contract.ts";
import type { MethodFields } from "./methods/table.ts";
import { AmqpError } from "./reply-codes.ts";

/** Throws NOT_ALLOWED. */
export async function updateSecret(
  identity: Identity,
  { newSecret }: MethodFields["connection.update-secret"],
  user: User,
  isLoopback: boolean,
): Promise<void> {
  const found = await identity.authenticate(user.name, newSecret.toString("utf8"), isLoopback);
  if (found === null) throw new AmqpError("NOT_ALLOWED", "New secret was refused by one of the backends");
}
