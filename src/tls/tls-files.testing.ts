/** A data directory with TLS for tests. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'

/** Returns a function that makes directories, which are removed after each test. */
export function directories(): () => string {
  const made: string[] = []
  afterEach(() => {
    for (const directory of made.splice(0)) rmSync(directory, { recursive: true })
  })
  return () => {
    made.push(mkdtempSync(join(tmpdir(), 'openbatch-tls-')))
    return made.at(-1)!
  }
}

/** Remembers what is logged: the messages, in order. */
export function logOfMessages() {
  const messages: string[] = []
  const note = (_fields: object, message: string) => void messages.push(message)
  return { messages, log: { info: note, warn: note, error: note } }
}
