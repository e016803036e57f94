import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hostileKeys } from '../contract/keys.contract.ts'
import { besideName, keyOfPath, pathOfKey } from './object-path.ts'

test.each([
  ['reads/a b+ü.fq', 'reads/a b+ü.fq'],
  ['a/', 'a/%empty'],
  ['/a', '%empty/a'],
  ['a//b', 'a/%empty/b'],
  ['../.', '%2E%2E/%2E'],
  ['.../.a', '.../.a'],
  ['100%', '100%'],
  ['a%20b', 'a%20b'],
  ['%25', '%25'],
  ['%empty', '%25empty'],
  ['%25empty', '%2525empty'],
  ['%object/%2E', '%25object/%252E'],
  ['%2E%2E', '%252E%2E'],
  ['a%more', 'a%25more'],
  ['a%25more', 'a%2525more'],
  ['x'.repeat(255), 'x'.repeat(255)],
  ['x'.repeat(256), `${'x'.repeat(240)}%more/${'x'.repeat(16)}`],
  [`${'ü'.repeat(200)}/b`, `${'ü'.repeat(120)}%more/${'ü'.repeat(80)}/b`],
])('the path of %j is %j', (key, path) => {
  expect(pathOfKey(key)).toBe(path)
  expect(keyOfPath(path)).toBe(key)
  expect(keyOfPath(`${path}/${besideName}`)).toBe(key)
})

test.each([
  ...['', '%object', '%empty', 'a%more', 'a%more/b', '%more', '%25more/', 'a/%object/b', '.', '..', 'a//b'],
  ...['%2e', `${'x'.repeat(241)}%more/${'x'.repeat(20)}`, `${'x'.repeat(240)}%more/x`, 'a%more/%object'],
])('%j is the path of no key', (path) => {
  const key = keyOfPath(path)
  expect(key === undefined || key === path).toBe(true)
  if (!['%2e'].includes(path)) expect(key).toBeUndefined()
})

test('a key whose escapes are too long has no path', () => {
  expect(pathOfKey('/'.repeat(1024))).toBeUndefined()
})

const anyKey = fc.oneof(
  hostileKeys,
  fc
    .array(fc.constantFrom('%', '25', '%25', 'more', 'empty', 'object', '2E', '/', '.', 'x'.repeat(120)), {
      minLength: 1,
      maxLength: 12,
    })
    .map((parts) => parts.join('')),
)

test('a path leads back to its key, and stays below the bucket', () => {
  fc.assert(
    fc.property(anyKey, (key) => {
      const path = pathOfKey(key)!
      const isName = (name: string) => !['', '.', '..', besideName].includes(name) && Buffer.byteLength(name) <= 255
      return keyOfPath(path) === key && path.split('/').every(isName)
    }),
    { numRuns: 10_000 },
  )
})

test('two keys have two paths, and no path of one is that of the other beside its directory', () => {
  fc.assert(
    fc.property(anyKey, anyKey, (a, b) => {
      const [path, other] = [pathOfKey(a), pathOfKey(b)]
      return a === b || (path !== other && path !== `${other}/${besideName}`)
    }),
    { numRuns: 10_000 },
  )
})
