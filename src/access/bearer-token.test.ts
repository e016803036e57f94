/** The token in a file: what counts as the token, and which files are refused. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BearerToken } from './bearer-token.ts'
import { OwnFileProblem } from './own-file.ts'

const token = 'a1b2c3d4e5f6a7b8'
let directory: string
let path: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'openbatch-token-'))
  path = join(directory, 'token')
  writeFileSync(path, `${token}\n`, { mode: 0o600 })
})
afterEach(() => rmSync(directory, { recursive: true }))

test('accepts the token and nothing similar to it', () => {
  const bearer = new BearerToken(path)
  expect(bearer.accepts(`Bearer ${token}`)).toBe(true)
  expect(bearer.accepts(`bearer  ${token}`)).toBe(true)
  const others = [`${token}0`, token.slice(1), token.toUpperCase(), '', '__proto__'].map((it) => `Bearer ${it}`)
  for (const header of [undefined, '', 'Bearer', token, `Basic ${token}`, `Bearer ${token} x`, ...others])
    expect(bearer.accepts(header), header).toBe(false)
})

test('a rewritten token is valid at once, and the previous one no longer is', () => {
  const bearer = new BearerToken(path)
  writeFileSync(path, 'another-token-of-some-length')
  expect(bearer.accepts('Bearer another-token-of-some-length')).toBe(true)
  expect(bearer.accepts(`Bearer ${token}`)).toBe(false)
})

describe('a file is refused, and the message says how to mend it,', () => {
  const refused = (text: RegExp) => {
    expect(() => new BearerToken(path)).toThrow(OwnFileProblem)
    expect(() => new BearerToken(path)).toThrow(text)
  }

  test.each([0o640, 0o604, 0o620, 0o666])('when its mode is %o', (mode) => {
    chmodSync(path, mode)
    refused(/others may read or write .*; run: chmod 600 '.*token'/)
  })

  test('when it does not exist', () => {
    rmSync(path)
    refused(/does not exist; run: \(umask 077; openssl rand/)
  })

  test.each(['', 'short', 'two words that are long enough', 'ä'.repeat(20), 'x'.repeat(5000)])(
    'when it holds %j',
    (text) => {
      writeFileSync(path, text)
      refused(/must hold one token of 16 to 512/)
    },
  )

  test('when it is a named pipe, without waiting for a writer', () => {
    rmSync(path)
    execFileSync('mkfifo', ['-m', '600', path])
    refused(/is not a regular file/)
  })
})

test('a file that becomes readable by others is refused from then on', () => {
  const bearer = new BearerToken(path)
  // Does what a careless `sed -i` would do: replaces the file with a new one.
  rmSync(path)
  writeFileSync(path, token, { mode: 0o644 })
  expect(() => bearer.accepts(`Bearer ${token}`)).toThrow(OwnFileProblem)
})
