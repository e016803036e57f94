/** A container is known by an id and a token that only this installation can make, and nobody keeps. */
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SealingKey } from '../identities/sealing.ts'
import { ContainerKeys, type Opens } from './container-keys.ts'

const keysOf = (...keys: SealingKey[]) =>
  new ContainerKeys({ current: () => keys.at(-1)!, find: (id) => keys.find((key) => key.id === id) })
const key: SealingKey = { id: '00c0ffee', secret: randomBytes(32) }
const keys = keysOf(key)
const [one, two] = ['openbatch-6c0f.7-1', 'openbatch-6c0f.7-2.n0c1']

test('an id opens what it was made for, and is the same after a restart', () => {
  for (const name of [one, two]) {
    const id = keys.idOf(name, 'credentials')
    expect(id).toMatch(/^[a-zA-Z0-9_.-]{50,200}$/)
    expect(keysOf({ ...key }).idOf(name, 'credentials')).toBe(id)
    expect(keys.open(id, 'credentials')).toBe(name)
    expect(keys.open(keys.idOf(name, 'credentialsWithToken'), 'credentialsWithToken', keys.tokenOf(name))).toBe(name)
  }
  expect(keys.tokenOf(one)).toMatch(/^[\w-]{22}$/)
})

test('an id opens nothing else, and nothing without its token', () => {
  const kinds: Opens[] = ['credentials', 'credentialsWithToken', 'metadata']
  for (const made of kinds)
    for (const opens of kinds.filter((it) => it !== made))
      expect(keys.open(keys.idOf(one, made), opens, keys.tokenOf(one))).toBeUndefined()
  const id = keys.idOf(one, 'credentialsWithToken')
  for (const token of [undefined, '', keys.tokenOf(two), `${keys.tokenOf(one)}x`, keys.tokenOf(one).slice(1)])
    expect(keys.open(id, 'credentialsWithToken', token)).toBeUndefined()
})

test('nobody can make the id of another container from their own, nor guess it', () => {
  const id = keys.idOf(one, 'credentials')
  expect(keys.open(id.replace(one, two), 'credentials')).toBeUndefined()
  expect(keys.open(id.replace(one, `${one}0`), 'credentials')).toBeUndefined()
  fc.assert(
    fc.property(fc.nat(id.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, put) => {
      fc.pre(id[at] !== put)
      expect(keys.open(id.slice(0, at) + put + id.slice(at + 1), 'credentials')).toBeUndefined()
    }),
  )
  fc.assert(fc.property(fc.string(), (text) => keys.open(text, 'credentials') === undefined))
  const guess = `${key.id}${'0'.repeat(32)}-${one}`
  expect(keys.open(guess, 'credentials')).toBeUndefined()
})

test('ids end with the sealing key that they are derived from', () => {
  const next: SealingKey = { id: '00000002', secret: randomBytes(32) }
  const id = keys.idOf(one, 'credentials')
  expect(keysOf(key, next).open(id, 'credentials')).toBe(one)
  expect(keysOf(next).open(id, 'credentials')).toBeUndefined()
  expect(keysOf({ ...next, id: key.id }).open(id, 'credentials')).toBeUndefined()
})
