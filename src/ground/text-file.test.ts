import { expect, test } from 'vitest'
import { textIfThere, textOrEmpty } from './text-file.ts'

test('a missing file is not an error', () => {
  expect(textIfThere('/no/such/file')).toBeUndefined()
  expect(textOrEmpty('/no/such/file')).toBe('')
})

test('an existing file that cannot be read is an error, unless it is optional', () => {
  expect(() => textIfThere('/')).toThrow('EISDIR')
  expect(textOrEmpty('/')).toBe('')
})

test('reads a file', () => {
  expect(textIfThere(import.meta.filename)).toContain('reads a file')
  expect(textOrEmpty(import.meta.filename)).toContain('reads a file')
})
