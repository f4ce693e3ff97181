/** A new Idempotency-Key: a request that is sent twice with it does its work once. */
export function newKey(): string {
  // crypto.randomUUID is not there on plain HTTP from afar.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
}
