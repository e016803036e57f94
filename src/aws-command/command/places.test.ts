import { expect, test } from 'vitest'
import { destinationOf, endOf, inKeyOrder, pathTypes, placeOf, shownPath, staysInside } from './places.ts'

const s3 = (word: string, everything = false) => endOf(word, everything, false, '/w')
const local = (word: string, isDirectory: boolean, everything = false) => endOf(word, everything, isDirectory, '/w')

test.each([
  ['a file to a key', local('a', false), s3('s3://b/k'), false, '/w/a', 'b/k'],
  ['a file to a prefix', local('a', false), s3('s3://b/p/'), false, '/w/a', 'b/p/a'],
  ['a file to a bucket', local('a', false), s3('s3://b'), false, '/w/a', 'b/a'],
  ['an object to a directory', s3('s3://b/p/k'), local('.', true), false, 'b/p/k', '/w/k'],
  ['an object to a new name', s3('s3://b/p/k'), local('d/x', false), false, 'b/p/k', '/w/d/x'],
  ['a tree to a prefix', local('d', true, true), s3('s3://b/p', true), true, '/w/d/e/f', 'b/p/e/f'],
  ['a prefix to a directory', s3('s3://b/p', true), local('d', false, true), true, 'b/p/e/f', '/w/d/e/f'],
])('%s', (_, from, to, everything, found, path) => {
  expect(destinationOf(from, to, everything, found).path).toBe(path)
})

test('a bucket and its key', () => {
  expect(placeOf('b/a/c')).toEqual({ bucket: 'b', key: 'a/c' })
  expect(placeOf('b')).toEqual({ bucket: 'b', key: '' })
})

test('paths are told from the working directory', () => {
  expect(shownPath('/w/a', '/w')).toBe('./a')
  expect(shownPath('/w/d/a', '/w')).toBe('d/a')
  expect(shownPath('/x/a', '/w')).toBe('../x/a')
})

test('a key cannot lead out of the directory', () => {
  expect(staysInside('/w/', '/w/a/b')).toBe(true)
  expect(staysInside('/w/', '/w/../x')).toBe(false)
  expect(staysInside('/w/', '/w/..')).toBe(false)
})

test('order is that of bytes', () => {
  expect(['b', 'a/', 'a-', 'é', '\u{1F600}', '\uFFFD'].sort(inKeyOrder)).toEqual([
    'a-',
    'a/',
    'b',
    'é',
    '\uFFFD',
    '\u{1F600}',
  ])
})

test('two local paths are refused', () => {
  expect(() => pathTypes(['a', 'b'], ['s3local', 'locals3'], 'usage: x')).toThrow(
    'usage: x\nError: Invalid argument type',
  )
})
