import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

// Plain JavaScript, because it is used before TypeScript can run.
const { readResults } = await import(pathToFileURL(join(import.meta.dirname, 'test-results.mjs')).href)
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'openbatch-results-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('tests are counted, and those that did not pass are named with their file', () => {
  const tests = (...statuses: string[]) => statuses.map((status, index) => ({ status, fullName: `${status} ${index}` }))
  const file = join(folder, 'results.json')
  const testResults = [
    { name: '/root/a.test.ts', status: 'failed', message: '', assertionResults: tests('passed', 'failed', 'pending') },
    { name: '/root/b.test.ts', status: 'passed', message: '', assertionResults: tests('passed', 'skipped', 'todo') },
    // A file that cannot be loaded has no tests to fail.
    { name: '/root/c.test.ts', status: 'failed', message: 'cannot be loaded\nat …', assertionResults: [] },
  ]
  writeFileSync(file, JSON.stringify({ testResults }))
  expect(readResults(file, '/root')).toEqual({
    passed: 2,
    failed: ['a.test.ts: failed 1', 'c.test.ts: cannot be loaded'],
    skipped: ['a.test.ts: pending 2', 'b.test.ts: skipped 1', 'b.test.ts: todo 2'],
  })
})

test('a run that wrote nothing has no passed tests', () => {
  expect(readResults(join(folder, 'missing.json'), '/root')).toEqual({ passed: 0, failed: [], skipped: [] })
})
