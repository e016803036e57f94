/**
 * Credentials that last for a while, without a table. The secret is derived from the access key id,
 * and the token holds the claims, sealed and bound to that id. Both use a key of the installation, so
 * an installation recognises its own sessions, however many there are and across restarts, and no
 * others. Dropping the sealing key ends its sessions.
 */
import { createHmac } from 'node:crypto'
import type { TimeMs } from '../../model/time.ts'
import { newRandomPart } from '../identities/arn.ts'
import { DerivedKeys, fromBase64url, open, type SealingKey, seal } from '../identities/sealing.ts'
import { claimsOfText, claimsText, type SessionClaims } from './session-claims.ts'

/** The keys of the installation: one that seals, and those that still open. Throws if they cannot be read. */
export interface InstallationKeys {
  current(): SealingKey
  find(id: string): SealingKey | undefined
}

export interface SessionCredentials {
  /** `ASIA` and 16 letters or digits. */
  readonly accessKeyId: string
  /** 40 characters. */
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiresAtMs: TimeMs
}

/** A session as its token describes it. The caller checks whether it has expired or ended early. */
export interface OpenedSession {
  readonly claims: SessionClaims
  readonly secretAccessKey: string
}

const idLength = 16
/** The first byte of each token. */
const version = 1
const keyIdBytes = 4
const headBytes = 1 + keyIdBytes
/** Far more than claims take. Longer tokens are not looked at. */
const tokenLengthMax = 2048

export function issueSession(
  keys: InstallationKeys,
  claims: SessionClaims,
  accessKeyId: string = `ASIA${newRandomPart(idLength)}`,
): SessionCredentials {
  const key = keys.current()
  const head = Buffer.concat([Buffer.of(version), Buffer.from(key.id, 'hex')])
  const sealed = seal(tokenKeys.of(key), claimsText(claims), boundTo(head, accessKeyId))
  return {
    accessKeyId,
    secretAccessKey: secretOf(key, accessKeyId),
    sessionToken: Buffer.concat([head, sealed]).toString('base64url'),
    expiresAtMs: claims.expiresAtMs,
  }
}

/** Returns undefined unless this installation issued the token for this id and still has the sealing key. */
export function openSession(
  keys: InstallationKeys,
  accessKeyId: string,
  sessionToken: string,
): OpenedSession | undefined {
  if (sessionToken.length > tokenLengthMax) return undefined
  const bytes = fromBase64url(sessionToken)
  if (!bytes || bytes[0] !== version) return undefined
  const head = bytes.subarray(0, headBytes)
  const key = keys.find(head.subarray(1).toString('hex'))
  const text = key && open(tokenKeys.of(key), bytes.subarray(headBytes), boundTo(head, accessKeyId))
  if (text === undefined) return undefined
  return { claims: claimsOfText(text), secretAccessKey: secretOf(key!, accessKeyId) }
}

export function isSessionKeyId(accessKeyId: string): boolean {
  return accessKeyId.startsWith('ASIA')
}

const tokenKeys = new DerivedKeys('session tokens')
const secretKeys = new DerivedKeys('session secrets')

function secretOf(key: SealingKey, accessKeyId: string): string {
  return createHmac('sha256', secretKeys.of(key)).update(accessKeyId).digest().subarray(0, 30).toString('base64url')
}

function boundTo(head: Buffer, accessKeyId: string): string {
  return `session ${head.toString('hex')} ${accessKeyId}`
}
