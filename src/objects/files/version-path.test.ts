import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hostileKeys } from '../contract/keys.contract.ts'
import { pathOfVersion, versionOfPath } from './version-path.ts'

const order = Date.UTC(2026, 10, 27, 10, 49, 24, 123) * 1000 + 4
const version = { order, tail: '1k2m5x0c7e9qz', isDeleteMarker: false }

test.each([
  ['reads/a.fq', version, 'reads/a.fq@2026-11-27T10.49.24.123004Z-1k2m5x0c7e9qz'],
  ['a', { ...version, isDeleteMarker: true }, 'a@2026-11-27T10.49.24.123004Z-1k2m5x0c7e9qz-deleted'],
  ['a/', { ...version, tail: 'null' }, 'a/@2026-11-27T10.49.24.123004Z-null'],
  ['a//b/..', version, 'a/%empty/b/..@2026-11-27T10.49.24.123004Z-1k2m5x0c7e9qz'],
])('the version of %j is in a file that says so', (key, of, path) => {
  expect(pathOfVersion(key, of)).toBe(path)
  expect(versionOfPath(path)).toEqual({ key, ...of })
})

test.each([
  'a',
  '@2026-11-27T10.49.24.123004Z-null',
  'a@2026-11-27T10.49.24.123004Z-x',
  'a@2026-13-27T10.49.24.123004Z-null',
])('%j is the path of no version', (path) => {
  expect(versionOfPath(path)).toBeUndefined()
})

test('every key is read back from the path of its version', () => {
  const keys = fc.oneof(
    hostileKeys,
    fc
      .array(fc.constantFrom('a', '/', '@', '%more', '%object', '.', '-null', 'ü'.repeat(120)), { minLength: 1 })
      .map((it) => it.join('')),
  )
  fc.assert(
    fc.property(keys, fc.nat({ max: 2 ** 50 }), fc.boolean(), (key, at, isDeleteMarker) => {
      const of = { order: at, tail: isDeleteMarker ? 'null' : version.tail, isDeleteMarker }
      const path = pathOfVersion(key, of)
      if (path !== undefined) expect(versionOfPath(path)).toEqual({ key, ...of })
    }),
  )
})
