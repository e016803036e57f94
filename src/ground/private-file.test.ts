import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { fileMark, withLock, writePrivateFile } from './private-file.ts'

const directory = mkdtempSync(join(tmpdir(), 'openbatch-ground-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const refuse = (why: string) => new Error(`refused: ${why}`)

test('a file is replaced whole, is readable only by its owner, and leaves nothing beside it', () => {
  const path = join(directory, 'whole.json')
  expect(fileMark(path)).toBe('none')
  writePrivateFile(path, 'first')
  const first = fileMark(path)
  writePrivateFile(path, 'second')
  expect(readFileSync(path, 'utf8')).toBe('second')
  expect(fileMark(path)).not.toBe(first)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(directory)).toEqual(['whole.json'])
})

test('the lock is released after the work, even if that throws', () => {
  const path = join(directory, 'some.lock')
  const broken = () => {
    throw new Error('broken')
  }
  expect(() => withLock(path, refuse, broken)).toThrow('broken')
  expect(withLock(path, refuse, () => 'done')).toBe('done')
})
