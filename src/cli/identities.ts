/** Opens the identities of a data directory for a verb, and finds the policies that verbs name. */
import { existsSync } from 'node:fs'
import { arnOf, newRandomPart } from '../access/identities/arn.ts'
import type { Occasion } from '../access/identities/decision.ts'
import type { Holder } from '../access/identities/entities.ts'
import type { Identities } from '../access/identities/identities.ts'
import { IdentityDirectory, identitiesPath } from '../access/identities/identity-directory.ts'
import { shippedPolicyArn, shippedPolicyOfId } from '../access/identities/shipped-policies.ts'
import { usersFilePath } from '../access/identities/take-over-users-file.ts'
import { shippedPolicyNames } from '../access/policy/shipped.ts'
import { isServerRunning, readServerFile } from './server-file.ts'
import { CommandFailure, type Terminal } from './terminal.ts'

/**
 * Makes the identities if there are none. Throws `CommandFailure` while a server of an older version
 * uses the users file.
 */
export function openIdentities(dataDir: string, { now }: Pick<Terminal, 'now'>): IdentityDirectory {
  const server = readServerFile(dataDir)
  // A server of this version takes the file over before it says where it is.
  if (existsSync(usersFilePath(dataDir)) && server && isServerRunning(server)) {
    throw new CommandFailure(`a server of an older version runs on ${dataDir}: stop it, and start this version first`)
  }
  return new IdentityDirectory(dataDir, now())
}

/** Whether the directory has identities. A verb that only reads makes no files. */
export function hasIdentities(dataDir: string): boolean {
  return existsSync(identitiesPath(dataDir)) || existsSync(usersFilePath(dataDir))
}

/** The account is the configuration's, which verbs do not read. They make ARNs only to take them apart again. */
const account = '000000000000'

export function occasionOf({ now }: Pick<Terminal, 'now'>): Occasion {
  return { now: now(), account, randomPart: newRandomPart() }
}

/** Returns the ARN of the policy that a person names, in any account. Throws `CommandFailure` for an unknown name. */
export function policyArn(known: Identities, name: string): string {
  const shipped = shippedPolicyNames.find((candidate) => candidate === name)
  if (shipped) return shippedPolicyArn(shipped)
  const policy = known.named('policy', name)
  if (policy) return arnOf(account, policy)
  throw new CommandFailure(`there is no policy ${JSON.stringify(name)}; openbatch has ${shippedPolicyNames.join(', ')}`)
}

/** Lists the policies of a group or role for a table. */
export function policyList(known: Identities, { attachedPolicyIds, inlinePolicies }: Holder): string {
  const attached = attachedPolicyIds.map((id) => shippedPolicyOfId(id) ?? known.find('policy', id)?.name ?? id)
  return [...attached, ...Object.keys(inlinePolicies)].join(', ') || '-'
}
