/** The scan finds what it is for. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { needlesFor, scanFiles, scanProcesses, scanText } from './secret-scan.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'openbatch-scan-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const value = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const needles = needlesFor([{ what: 'the secret', value, keptIn: 'keys' }])

test.each([
  ['in the clear', value],
  ['as base64', Buffer.from(value).toString('base64')],
  ['as hex', Buffer.from(value).toString('hex')],
  ['as a part of a URL', encodeURIComponent(value)],
])('a secret %s is found, wherever in a large file', (form, text) => {
  mkdirSync(join(directory, 'logs'))
  const filler = 4 * 1_048_576
  for (const before of [0, filler - 20, filler, filler + 5])
    writeFileSync(join(directory, 'logs', String(before)), `${'x'.repeat(before)}${text}yy`)
  writeFileSync(join(directory, 'innocent'), value.slice(1))
  writeFileSync(join(directory, 'keys'), text)
  expect(scanFiles(directory, needles).sort()).toEqual(
    [0, filler - 20, filler, filler + 5].map((before) => `the secret, ${form}, in logs/${before}`).sort(),
  )
  expect(scanText(`a ${text}`, 'the log', needles)).toEqual([`the secret, ${form}, in the log`])
})

test('a secret is found in arguments and environments', async () => {
  const env = { ...process.env, SHOWN: value }
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)', value], { cwd: directory, env })
  await new Promise((resolve) => child.once('spawn', resolve))
  try {
    expect(scanProcesses({ pid: process.pid, dataDir: directory }, needles).sort()).toEqual([
      `the secret, in the clear, in the arguments of process ${child.pid}`,
      `the secret, in the clear, in the environment of process ${child.pid}`,
    ])
  } finally {
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('exit', resolve))
  }
})
