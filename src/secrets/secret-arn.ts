/** What Secrets Manager calls the operator's secrets. */
import { stableId } from '../ground/stable-id.ts'
import type { Account } from '../model/arn.ts'
import type { Secret } from './secret.ts'

/** The ARNs of secrets end in six letters or digits. Ours follow from the name. */
export function secretArn({ region, account }: Account, name: string): string {
  return `arn:aws:secretsmanager:${region}:${account}:secret:${name}-${stableId(`secret ${name}`, 6)}`
}

/** The id of the only version, in the form of a UUID: another one after each change. */
export function versionIdOf({ name, changedAtMs }: Secret): string {
  const hex = stableId(`${name}\0${changedAtMs}`, 32)
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
