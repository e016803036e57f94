import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AuditLog } from './audit-log.ts'
import type { AuditRecord } from './audit-record.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'openbatch-audit-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const large = { fileBytes: 1_000_000, files: 3, waitingBytes: 1_000_000 }
const troubles: unknown[] = []
const open = (limits = large) => new AuditLog({ directory, limits, onTrouble: (error) => troubles.push(error) })

function record(number: number, more: Partial<AuditRecord> = {}): AuditRecord {
  return {
    ...{ at: '2026-11-27T00:00:00.000Z', user: 'ada', sourceIp: '127.0.0.1', action: 'batch:SubmitJob' },
    ...{ httpStatus: 200, requestId: String(number), ...more },
  }
}

const numbers = (records: readonly AuditRecord[]) => records.map(({ requestId }) => Number(requestId))

test('what is appended is read again, the newest first, also by the next server', async () => {
  const log = open()
  for (const number of [1, 2, 3]) log.append(record(number))
  expect(await log.read({ limit: 10 })).toEqual([record(3), record(2), record(1)])
  await log.close()
  const next = open()
  next.append(record(4))
  expect(numbers(await next.read({ limit: 2 }))).toEqual([4, 3])
  expect(statSync(join(directory, 'audit.jsonl')).mode & 0o777).toBe(0o600)
  await next.close()
})

test('is asked by user, by action, and for refusals alone', async () => {
  const log = open()
  log.append(record(1, { user: 'bob' }))
  log.append(record(2, { action: 'batch:CancelJob' }))
  log.append(record(3, { httpStatus: 403, code: 'AccessDeniedException' }))
  expect(numbers(await log.read({ user: 'bob', limit: 9 }))).toEqual([1])
  expect(numbers(await log.read({ action: 'BATCH:canceljob', limit: 9 }))).toEqual([2])
  expect(numbers(await log.read({ refused: true, limit: 9 }))).toEqual([3])
  await log.close()
})

test('keeps a bounded number of files of a bounded size, and the newest records', async () => {
  const log = open({ ...large, fileBytes: 1000 })
  for (let number = 1; number <= 100; number++) {
    log.append(record(number))
    await log.settled()
  }
  const files = readdirSync(directory)
  expect(files).toHaveLength(3)
  for (const file of files) expect(statSync(join(directory, file)).size).toBeLessThanOrEqual(1000)
  const kept = numbers(await log.read({ limit: 100 }))
  expect(kept[0]).toBe(100)
  expect(kept).toEqual(kept.toSorted((a, b) => b - a))
  expect(kept.length).toBeGreaterThan(10)
  await log.close()
})

test('a line that a crash cut off spoils neither the one before nor the next', async () => {
  const log = open()
  log.append(record(1))
  await log.close()
  appendFileSync(join(directory, 'audit.jsonl'), '{"at":"2026')
  const next = open()
  next.append(record(2))
  expect(numbers(await next.read({ limit: 9 }))).toEqual([2, 1])
  await next.close()
})

test('what cannot be written is counted and said once, and the audit goes on when it can', async () => {
  troubles.length = 0
  const log = open()
  rmSync(directory, { recursive: true })
  for (const number of [1, 2]) {
    log.append(record(number))
    await log.settled()
  }
  expect([log.leftOut, troubles.length]).toEqual([2, 1])
  const { mkdirSync } = await import('node:fs')
  mkdirSync(directory)
  log.append(record(3))
  expect(numbers(await log.read({ limit: 9 }))).toEqual([3])
  await log.close()
})

test('no more bytes wait for the disk than may', async () => {
  const log = open({ ...large, waitingBytes: 2000 })
  for (let number = 1; number <= 1000; number++) log.append(record(number))
  await log.close()
  expect(log.leftOut).toBeGreaterThan(900)
  const lines = readFileSync(join(directory, 'audit.jsonl'), 'utf8').trim().split('\n')
  expect(lines.length + log.leftOut).toBe(1000)
})
