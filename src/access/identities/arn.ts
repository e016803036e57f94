/**
 * Ids and ARNs of identities, as IAM makes them.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
 */
import { randomBytes } from 'node:crypto'
import { stableBytes } from '../../ground/stable-id.ts'
import type { Entity, RecordKind } from './entities.ts'

type NamedKind = Exclude<RecordKind, 'accessKey'>

const idPrefixes: Readonly<Record<NamedKind, string>> = { user: 'AIDA', group: 'AGPA', role: 'AROA', policy: 'ANPA' }
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
/** Letters or digits after the four that say the kind. */
const randomLength = 17

export function idOf(kind: NamedKind, randomPart: string): string {
  return `${idPrefixes[kind]}${randomPart}`
}

export function newRandomPart(length: number = randomLength): string {
  return base32(randomBytes(length))
}

/** The same for the same text, in every installation. */
export function stableRandomPart(text: string): string {
  return base32(stableBytes(text).subarray(0, randomLength))
}

/** One letter or digit for each byte. */
function base32(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => alphabet[byte & 31]).join('')
}

/** `arn:aws:iam::123456789012:user/lab/ada` */
export function arnOf(account: string, { kind, path, name }: Pick<Entity, 'path' | 'name'> & { kind: NamedKind }) {
  return `arn:aws:iam::${account}:${kind}${path}${name}`
}
