import { chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { fileMark, makePrivateFile, replacePrivateFile, withLock, writePrivateFile } from './private-file.ts'

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

test.skipIf(process.getuid!() !== 0)('what root writes in another account’s directory belongs to that account', () => {
  const theirs = join(directory, 'theirs')
  mkdirSync(theirs)
  chownSync(theirs, 65534, 65534)
  writePrivateFile(join(theirs, 'a'), 'text')
  makePrivateFile(join(theirs, 'b'))
  withLock(join(theirs, 'c'), refuse, () => {})
  for (const name of ['a', 'b', 'c']) expect(statSync(join(theirs, name))).toMatchObject({ uid: 65534, gid: 65534 })
  rmSync(theirs, { recursive: true })
})

test('the lock is released after the work, even if that throws', () => {
  const path = join(directory, 'some.lock')
  const broken = () => {
    throw new Error('broken')
  }
  expect(() => withLock(path, refuse, broken)).toThrow('broken')
  expect(withLock(path, refuse, () => 'done')).toBe('done')
})

test('a file that is replaced beside other work is whole, private, and forced to disk with its directory', async () => {
  const path = join(directory, 'beside.json')
  const probe = await open(directory)
  const sync = vi.spyOn(Object.getPrototypeOf(probe), 'sync')
  try {
    await replacePrivateFile(path, 'first')
    expect(sync).toHaveBeenCalledTimes(2)
    await replacePrivateFile(path, 'second')
  } finally {
    sync.mockRestore()
    await probe.close()
  }
  expect(readFileSync(path, 'utf8')).toBe('second')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(directory).filter((name) => name.startsWith('beside'))).toEqual(['beside.json'])
})
