import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { limits } from '../model/limits.ts'
import { DiskMeter } from './disk-meter.ts'

const mib = 1_048_576

function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'openbatch-disk-meter-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

test('counts all that an attempt has in its directories, and follows no link', async () => {
  const root = directory()
  for (const path of ['a/work/deep', 'a/tmp', 'outside']) mkdirSync(join(root, path), { recursive: true })
  writeFileSync(join(root, 'a/work/deep/data'), Buffer.alloc(2 * mib, 1))
  writeFileSync(join(root, 'a/tmp/data'), Buffer.alloc(mib, 1))
  writeFileSync(join(root, 'outside/data'), Buffer.alloc(8 * mib, 1))
  symlinkSync('../../outside', join(root, 'a/work/link'))
  symlinkSync('..', join(root, 'a/work/circle'))
  symlinkSync(join(root, 'outside'), join(root, 'a/lost'))
  const meter = new DiskMeter((name) => ['work', 'tmp', 'lost', 'missing'].map((one) => join(root, name, one)))
  const found = await meter.last('a')
  expect(found).toBeGreaterThanOrEqual(3)
  expect(found).toBeLessThan(3.2)
  expect(await meter.last('never was')).toBe(0)
})

test('remembers the most that it saw of a running attempt', async () => {
  const root = directory()
  const file = join(root, 'data')
  writeFileSync(file, Buffer.alloc(3 * mib, 1))
  const meter = new DiskMeter(() => [root])
  expect(meter.latest(['a']).get('a')).toBeUndefined()
  await expect.poll(() => meter.latest(['a']).get('a')).toBeGreaterThanOrEqual(3)
  rmSync(file)
  expect(await meter.last('a')).toBeGreaterThanOrEqual(3)
  expect(await meter.last('a')).toBeLessThan(1)
})

test('a tree that is too deep or too large does not hold it up', async () => {
  const root = directory()
  mkdirSync(join(root, ...Array(limits.diskMeterDepth + 10).fill('d')), { recursive: true })
  expect(await new DiskMeter(() => [root]).last('a')).toBeLessThan(2)
})
