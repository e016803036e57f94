import { expect, test } from 'vitest'
import { httpUrl } from './http-url.ts'

test('an IPv6 address stands in brackets', () => {
  expect(httpUrl('127.0.0.1', 8642)).toBe('http://127.0.0.1:8642')
  expect(httpUrl('::1', 8642)).toBe('http://[::1]:8642')
})
