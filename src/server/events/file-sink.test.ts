/**
 * The file of events: whole lines, even after a crash in the middle of one. Nothing that others
 * wrote is removed.
 */
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fileSink } from './file-sink.ts'
import { OutboxEvent } from './outbox-events.ts'

let directory: string
let file: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'openbatch-events-'))
  file = join(directory, 'events.jsonl')
})
afterEach(() => rmSync(directory, { recursive: true }))

const textOf = (id: string, more = '') => `{"version":"0","id":"${id}","more":"${more}"}`
const send = (...texts: string[]) =>
  fileSink(file).send(
    texts.map((text, at) => new OutboxEvent(at + 1, text)),
    new AbortController().signal,
  )
const lines = () => readFileSync(file, 'utf8').split('\n')

test('gets a line for each event, and can be read by its owner alone', async () => {
  await send(textOf('a', 'ünïcode'), textOf('b'))
  await send(textOf('c'))
  expect(lines()).toEqual([textOf('a', 'ünïcode'), textOf('b'), textOf('c'), ''])
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

test.each([1, 5, 21, 22, 40, 100_000, 200_000])('removes a line that was cut off after %i bytes', async (bytes) => {
  await send(textOf('a'))
  appendFileSync(file, textOf('b', 'x'.repeat(300_000)).slice(0, bytes))
  await send(textOf('b'))
  expect(lines()).toEqual([textOf('a'), textOf('b'), ''])
})

test('removes a first line that was cut off, too', async () => {
  writeFileSync(file, textOf('b', 'x'.repeat(100_000)).slice(0, 90_000))
  await send(textOf('b'))
  expect(lines()).toEqual([textOf('b'), ''])
})

test('keeps another program’s line without an end, and ends it', async () => {
  writeFileSync(file, 'header')
  await send(textOf('a'))
  expect(lines()).toEqual(['header', textOf('a'), ''])
})

test('is made anew when it was moved away', async () => {
  await send(textOf('a'))
  renameSync(file, `${file}.1`)
  await send(textOf('b'))
  expect(lines()).toEqual([textOf('b'), ''])
})

test('that cannot be written fails the send', async () => {
  mkdirSync(file)
  await expect(send(textOf('a'))).rejects.toThrow(/EISDIR/)
})
