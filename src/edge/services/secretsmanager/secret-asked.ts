/** Finds the secret that a request means, by its name or its ARN, whole or without the end. */
import type { Account } from '../../../model/arn.ts'
import type { Refusal } from '../../../model/refusal.ts'
import type { Secret } from '../../../secrets/secret.ts'
import { secretArn } from '../../../secrets/secret-arn.ts'
import type { Backend } from '../../context.ts'

/** The stage of the only version. */
export const currentStage = 'AWSCURRENT'

export function secretAsked(secretId: string, backend: Pick<Backend, 'secrets' | 'account'>): Secret | Refusal {
  for (const name of namesIn(secretId, backend.account)) {
    const secret = backend.secrets.look(name)
    if (secret) return secret
  }
  return noSecret("Secrets Manager can't find the specified secret.")
}

export function noSecret(message: string): Refusal {
  return { kind: 'refusal', code: 'ResourceNotFoundException', message }
}

/**
 * The ARN that policies are asked about: that of the secret which is meant, however the request
 * writes it. One that is not there has the ARN that it would have, so that a refusal does not tell
 * whether it is.
 */
export function secretResource(secretId: string, backend: Pick<Backend, 'secrets'> & Account): string {
  const names = namesIn(secretId, backend.account)
  const name = names.find((each) => backend.secrets.look(each)) ?? names.at(-1)
  return name === undefined ? secretId : secretArn(backend, name)
}

/** Of the names that an ARN may mean, the first that exists is meant. None for another account's. */
function namesIn(secretId: string, account: string): readonly string[] {
  if (!secretId.startsWith('arn:')) return [secretId]
  const arn = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]*:([0-9]*):secret:([^:]+)$/.exec(secretId)
  if (!arn || arn[1] !== account) return []
  const name = arn[2]!
  const withoutEnd = /^(.+)-[A-Za-z0-9]{6}$/.exec(name)?.[1]
  return withoutEnd === undefined ? [name] : [name, withoutEnd]
}
