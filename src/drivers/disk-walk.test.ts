import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { limits } from '../model/limits.ts'
import { bytesBelow } from './disk-walk.ts'

const mib = 1_048_576
const amply = { entries: 1_000, depth: 64, ms: 60_000 }

function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'openbatch-disk-walk-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

test('counts all that is in directories, and follows no link', async () => {
  const root = directory()
  for (const path of ['a/work/deep', 'a/tmp', 'outside']) mkdirSync(join(root, path), { recursive: true })
  writeFileSync(join(root, 'a/work/deep/data'), Buffer.alloc(2 * mib, 1))
  writeFileSync(join(root, 'a/tmp/data'), Buffer.alloc(mib, 1))
  writeFileSync(join(root, 'outside/data'), Buffer.alloc(8 * mib, 1))
  symlinkSync('../../outside', join(root, 'a/work/link'))
  symlinkSync('..', join(root, 'a/work/circle'))
  symlinkSync(join(root, 'outside'), join(root, 'a/lost'))
  execFileSync('mkfifo', [join(root, 'a/work/fifo')])
  const found = await bytesBelow(['work', 'tmp', 'lost', 'missing'].map((one) => join(root, 'a', one)))
  expect(found).toBeGreaterThanOrEqual(3 * mib)
  expect(found).toBeLessThan(3.2 * mib)
})

test('a tree that is too deep ends where it is too deep', async () => {
  const root = directory()
  const deepest = join(root, ...Array(limits.diskMeterDepth + 10).fill('d'))
  mkdirSync(deepest, { recursive: true })
  writeFileSync(join(deepest, 'data'), Buffer.alloc(2 * mib, 1))
  expect(await bytesBelow([root])).toBeLessThan(2 * mib)
})

test('looks at no more entries than it may, of all directories together', async () => {
  const root = directory()
  for (const name of ['one', 'two']) {
    mkdirSync(join(root, name))
    for (let index = 0; index < 60; index++) writeFileSync(join(root, name, `${index}`), Buffer.alloc(4096, 1))
  }
  const both = [join(root, 'one'), join(root, 'two')]
  expect(await bytesBelow(both, amply)).toBe(120 * 4096)
  expect(await bytesBelow(both, { ...amply, entries: 70 })).toBe(70 * 4096)
})

test('ends when its time is over, with what it found', async () => {
  const root = directory()
  writeFileSync(join(root, 'data'), Buffer.alloc(mib, 1))
  expect(await bytesBelow([root], { ...amply, ms: 0 })).toBe(0)
})
