import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { RereadFile } from './reread-file.ts'

const directory = mkdtempSync(join(tmpdir(), 'openbatch-reread-'))
afterAll(() => rmSync(directory, { recursive: true }))

test('a file is read once, and again after each change', () => {
  const path = join(directory, 'file')
  writeFileSync(path, 'first')
  const read = vi.fn((it: string) => readFileSync(it, 'utf8'))
  const file = new RereadFile(path, read)
  expect([file.content(), file.content()]).toEqual(['first', 'first'])
  expect(read).toHaveBeenCalledOnce()
  writeFileSync(path, 'the second')
  expect(file.content()).toBe('the second')
})

test('a file that could not be read is read again', () => {
  const path = join(directory, 'broken')
  writeFileSync(path, 'good')
  const read = vi
    .fn(() => 'read')
    .mockImplementationOnce(() => {
      throw new Error('broken')
    })
  const file = new RereadFile(path, read)
  expect(() => file.content()).toThrow('broken')
  expect(file.content()).toBe('read')
})
