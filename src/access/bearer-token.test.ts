/** The token in a file: what is taken for it, and which files are refused. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BearerToken, TokenFileError } from './bearer-token.ts'

const token = 'a1b2c3d4e5f6a7b8'
let directory: string
let path: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'openbatch-token-'))
  path = join(directory, 'token')
  writeFileSync(path, `${token}\n`, { mode: 0o600 })
})
afterEach(() => rmSync(directory, { recursive: true }))

test('the token is taken, and nothing like it', () => {
  const bearer = new BearerToken(path)
  expect(bearer.accepts(`Bearer ${token}`)).toBe(true)
  expect(bearer.accepts(`bearer  ${token}`)).toBe(true)
  const others = [`${token}0`, token.slice(1), token.toUpperCase(), '', '__proto__'].map((it) => `Bearer ${it}`)
  for (const header of [undefined, '', 'Bearer', token, `Basic ${token}`, `Bearer ${token} x`, ...others])
    expect(bearer.accepts(header), header).toBe(false)
})

test('a token written anew holds at once, and the one before no longer', () => {
  const bearer = new BearerToken(path)
  writeFileSync(path, 'another-token-of-some-length')
  expect(bearer.accepts('Bearer another-token-of-some-length')).toBe(true)
  expect(bearer.accepts(`Bearer ${token}`)).toBe(false)
})

describe('a file is refused, with what mends it,', () => {
  const refused = (text: RegExp) => {
    expect(() => new BearerToken(path)).toThrow(TokenFileError)
    expect(() => new BearerToken(path)).toThrow(text)
  }

  test.each([0o640, 0o604, 0o620, 0o666])('that has the mode %o', (mode) => {
    chmodSync(path, mode)
    refused(/others may read or write .*; run: chmod 600 '.*token'/)
  })

  test('that is not there', () => {
    rmSync(path)
    refused(/does not exist; run: \(umask 077; openssl rand/)
  })

  test.each(['', 'short', 'two words that are long enough', 'ä'.repeat(20), 'x'.repeat(5000)])(
    'that holds %j',
    (text) => {
      writeFileSync(path, text)
      refused(/must hold one token of 16 to 512/)
    },
  )

  test('that is a named pipe, without waiting for a writer', () => {
    rmSync(path)
    execFileSync('mkfifo', ['-m', '600', path])
    refused(/is not a regular file/)
  })
})

test('a file that others may read later is refused from then on', () => {
  const bearer = new BearerToken(path)
  // As a careless `sed -i` would: a new file in its place.
  rmSync(path)
  writeFileSync(path, token, { mode: 0o644 })
  expect(() => bearer.accepts(`Bearer ${token}`)).toThrow(TokenFileError)
})
