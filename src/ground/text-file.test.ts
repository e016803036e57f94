import { expect, test } from 'vitest'
import { textIfThere, textOrEmpty } from './text-file.ts'

test('a file that is not there is no error', () => {
  expect(textIfThere('/no/such/file')).toBeUndefined()
  expect(textOrEmpty('/no/such/file')).toBe('')
})

test('a file that is there and cannot be read is an error, unless it may be left out', () => {
  expect(() => textIfThere('/')).toThrow('EISDIR')
  expect(textOrEmpty('/')).toBe('')
})

test('reads a file', () => {
  expect(textIfThere(import.meta.filename)).toContain('reads a file')
  expect(textOrEmpty(import.meta.filename)).toContain('reads a file')
})
