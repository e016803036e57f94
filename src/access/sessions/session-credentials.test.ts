/** Sessions are known again by their sealed claims alone; nothing else passes for one. */
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRole, deleteRole } from '../identities/decide-role.ts'
import { eraseUser, setUserDisabled } from '../identities/decide-user.ts'
import { checkJson, IdentityWorld, startMs } from '../identities/identity-world.testing.ts'
import type { SealingKey } from '../identities/sealing.ts'
import type { SessionClaims } from './session-claims.ts'
import { type InstallationKeys, issueSession, openSession } from './session-credentials.ts'
import { checkSessionName, sessionSeconds } from './session-duration.ts'
import { partiesOf } from './session-end.ts'

class Keys implements InstallationKeys {
  readonly #keys: readonly SealingKey[]

  constructor(...keys: SealingKey[]) {
    this.#keys = keys
  }

  current(): SealingKey {
    return this.#keys.at(-1)!
  }

  find(id: string): SealingKey | undefined {
    return this.#keys.find((key) => key.id === id)
  }
}

const newKey = (id = '00c0ffee'): SealingKey => ({ id, secret: randomBytes(32) })
const keys = new Keys(newKey())
const claims: SessionClaims = {
  ...{ userId: 'AIDAADA', issuedAtMs: startMs, expiresAtMs: startMs + 3_600_000 },
  role: { roleId: 'AROALAB', sessionName: 'a session' },
  attempt: { jobId: 'b6f2…', number: 3 },
}

const arbitraryClaims: fc.Arbitrary<SessionClaims> = fc.record(
  {
    userId: fc.string(),
    issuedAtMs: fc.nat(),
    expiresAtMs: fc.nat(),
    role: fc.record({ roleId: fc.string(), sessionName: fc.string() }),
    attempt: fc.record({ jobId: fc.string(), number: fc.nat() }),
  },
  { requiredKeys: ['userId', 'issuedAtMs', 'expiresAtMs'], noNullPrototype: true },
)

test('what was issued is opened with the same claims and secret, also after a restart', () => {
  fc.assert(
    fc.property(arbitraryClaims, (any) => {
      const { accessKeyId, secretAccessKey, sessionToken, expiresAtMs } = issueSession(keys, any)
      const restarted = new Keys({ ...keys.current() })
      expect(openSession(restarted, accessKeyId, sessionToken)).toEqual({ claims: any, secretAccessKey })
      expect(expiresAtMs).toBe(any.expiresAtMs)
    }),
  )
  const { accessKeyId, secretAccessKey, sessionToken } = issueSession(keys, claims)
  expect(accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/)
  expect(secretAccessKey).toMatch(/^[\w-]{40}$/)
  expect(sessionToken).toMatch(/^[\w-]{60,300}$/)
})

test('any other token is refused', () => {
  const { accessKeyId, sessionToken } = issueSession(keys, claims)
  const isRefused = (token: string, id = accessKeyId): void => {
    expect(openSession(keys, id, token)).toBeUndefined()
  }
  fc.assert(
    fc.property(fc.nat(sessionToken.length - 1), fc.string({ minLength: 1, maxLength: 2 }), (at, put) => {
      fc.pre(sessionToken[at] !== put)
      isRefused(sessionToken.slice(0, at) + put + sessionToken.slice(at + 1))
      isRefused(sessionToken.slice(0, at) + put + sessionToken.slice(at))
      isRefused(sessionToken.slice(0, at) + sessionToken.slice(at + 1))
      isRefused(sessionToken.slice(0, at))
    }),
  )
  fc.assert(fc.property(fc.string(), (token) => isRefused(token)))
  // Each bit of it counts.
  const bytes = Buffer.from(sessionToken, 'base64url')
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    isRefused(flipped.toString('base64url'))
  }
  isRefused(`${sessionToken}=`)
  isRefused(sessionToken.repeat(100))
  isRefused(sessionToken, `${accessKeyId.slice(0, -1)}${accessKeyId.endsWith('A') ? 'B' : 'A'}`)
})

test('the claims cannot be read from the token, and secrets of two sessions have nothing in common', () => {
  const [one, two] = [issueSession(keys, claims), issueSession(keys, claims)]
  expect(Buffer.from(one.sessionToken, 'base64url').toString('latin1')).not.toContain('AIDAADA')
  expect(
    new Set([
      one.accessKeyId,
      one.secretAccessKey,
      one.sessionToken,
      two.accessKeyId,
      two.secretAccessKey,
      two.sessionToken,
    ]).size,
  ).toBe(6)
  expect(openSession(keys, one.accessKeyId, two.sessionToken)).toBeUndefined()
})

test('tokens of another installation are refused, though its key has the same id', () => {
  const other = new Keys(newKey(keys.current().id))
  const { accessKeyId, sessionToken } = issueSession(other, claims)
  expect(openSession(other, accessKeyId, sessionToken)).toBeDefined()
  expect(openSession(keys, accessKeyId, sessionToken)).toBeUndefined()
})

test('sessions outlive a new key of the installation, and end with their own', () => {
  const [old, next] = [newKey('00000001'), newKey('00000002')]
  const { accessKeyId, secretAccessKey, sessionToken } = issueSession(new Keys(old), claims)
  expect(openSession(new Keys(old, next), accessKeyId, sessionToken)).toEqual({ claims, secretAccessKey })
  expect(openSession(new Keys(next), accessKeyId, sessionToken)).toBeUndefined()
})

test('a session ends with its user and its role, and not with what has their names later', () => {
  const world = new IdentityWorld()
  const userId = world.user('ada')
  const newRole = () =>
    world.do((known, occasion) => createRole(known, { roleName: 'lab', trustPolicy: '{}' }, checkJson, occasion))
  const role = newRole() as { id: string }
  const ofUser: SessionClaims = { userId, issuedAtMs: startMs, expiresAtMs: startMs + 1 }
  const ofRole: SessionClaims = { ...ofUser, role: { roleId: role.id, sessionName: 's' } }
  expect(partiesOf(world.known, ofUser)).toMatchObject({ user: { name: 'ada' } })
  expect(partiesOf(world.known, ofRole)).toMatchObject({ user: { name: 'ada' }, role: { name: 'lab' } })
  world.do((known) => deleteRole(known, 'lab'))
  expect(partiesOf(world.known, ofRole)).toBeUndefined()
  newRole()
  expect(partiesOf(world.known, ofRole)).toBeUndefined()
  expect(partiesOf(world.known, ofUser)).toBeDefined()

  const setDisabled = (disabled: boolean) =>
    world.do((known, occasion) => setUserDisabled(known, { userName: 'ada', disabled }, occasion))
  setDisabled(true)
  expect(partiesOf(world.known, ofUser)).toBeUndefined()
  world.now += 1
  const later = { ...ofUser, issuedAtMs: world.now }
  setDisabled(false)
  expect(partiesOf(world.known, ofUser)).toBeUndefined()
  expect(partiesOf(world.known, later)).toBeDefined()
  world.do((known) => eraseUser(known, 'ada'))
  world.user('ada')
  expect(partiesOf(world.known, later)).toBeUndefined()
})

test('a session lasts from a quarter of an hour to twelve hours, and no longer than its role lets it', () => {
  expect(sessionSeconds(undefined)).toBe(3600)
  for (const seconds of [900, 3600, 43_200]) expect(sessionSeconds(seconds)).toBe(seconds)
  expect(sessionSeconds(899)).toMatchObject({
    code: 'ValidationError',
    message:
      "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
  })
  expect(sessionSeconds(43_201)).toMatchObject({
    message:
      "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200",
  })
  for (const seconds of [Number.NaN, 900.5]) expect(sessionSeconds(seconds)).toMatchObject({ kind: 'refusal' })
  expect(sessionSeconds(3600, { maxSessionSeconds: 3600 })).toBe(3600)
  expect(sessionSeconds(3601, { maxSessionSeconds: 3600 })).toMatchObject({
    message: 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
  })
})

test('the name of a session has the form of other names', () => {
  for (const name of ['ab', 'nextflow-1@lab', 'x'.repeat(64)]) expect(checkSessionName(name)).toBeUndefined()
  for (const name of ['', 'a', 'a b', 'a/b', 'ä'.repeat(3), 'x'.repeat(65)])
    expect(checkSessionName(name)).toMatchObject({ code: 'ValidationError' })
})
