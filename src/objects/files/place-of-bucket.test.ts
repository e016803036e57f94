/** Directories that can be buckets, and those that cannot. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { overlap, problemOfDirectory } from './place-of-bucket.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'openbatch-bucket-'))
  for (const name of ['data', 'data/objects', 'free', 'genomes', 'genomes/hg38']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'file'), '')
  symlinkSync(join(folder, 'data'), join(folder, 'link'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const problem = (name: string, readOnly = false) =>
  problemOfDirectory({ directory: join(folder, name), readOnly }, [
    { directory: join(folder, 'link'), what: 'the data directory' },
    { directory: join(folder, 'genomes'), what: 'the bucket genomes' },
    { directory: join(folder, 'gone'), what: 'the bucket gone' },
  ])

test('a directory that is free can be a bucket, and stays as it is', async () => {
  expect(await problem('free')).toBeUndefined()
  expect(await problem('free', true)).toBeUndefined()
  expect(readdirSync(join(folder, 'free'))).toEqual([])
})

test.each([
  ['none', /^does not exist$/],
  ['file/x', /^does not exist$/],
  ['file', /^is no directory$/],
  ['data', /^is the data directory$/],
  ['link/objects', /^is inside the data directory \(.*\/data\)$/],
  ['.', /^contains the data directory/],
  ['genomes', /^is the bucket genomes$/],
  ['genomes/hg38', /^is inside the bucket genomes/],
])('%s cannot', async (name, text) => {
  expect(await problem(name)).toMatch(text)
})

test('a relative path cannot', async () => {
  expect(await problemOfDirectory({ directory: 'free', readOnly: true }, [])).toBe('is no absolute path')
})

test('directories overlap by whole names', () => {
  expect(overlap('/data/genomes-2', '/data/genomes', 'it')).toBeUndefined()
  expect(overlap('/', '/data', 'it')).toBe('contains it (/data)')
  expect(overlap('/data', '/', 'it')).toBe('is inside it (/)')
})

test('a file system that takes no files can only be read', async () => {
  // Not even root makes a file here.
  expect(await problemOfDirectory({ directory: '/sys/kernel', readOnly: true }, [])).toBeUndefined()
  expect(await problemOfDirectory({ directory: '/sys/kernel', readOnly: false }, [])).toMatch(
    /^cannot be written by the account of the server \(uid \d+\) \(E\w+\); serve it read-only/,
  )
})

test.runIf(process.geteuid?.() === 0)('a file system without room can be written, once there is some', async () => {
  const directory = join(folder, 'free')
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'openbatch-test', directory])
  try {
    expect(() => writeFileSync(join(directory, 'filler'), Buffer.alloc(1024 * 1024))).toThrow('ENOSPC')
    expect(await problem('free')).toBeUndefined()
    expect(readdirSync(directory)).toEqual(['filler'])
  } finally {
    execFileSync('umount', [directory])
  }
})

test.skipIf(process.geteuid?.() === 0)('a directory that may not be written can only be read', async () => {
  chmodSync(join(folder, 'free'), 0o500)
  expect(await problem('free')).toMatch(/^cannot be written by .* \(EACCES\)/)
  expect(await problem('free', true)).toBeUndefined()
  chmodSync(join(folder, 'free'), 0o300)
  expect(await problem('free')).toMatch(/^cannot be read by/)
})
