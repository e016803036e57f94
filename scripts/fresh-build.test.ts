import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
// @ts-expect-error Plain JavaScript, as it runs before anything is installed.
import { isFreshlyBuilt, noteBuild } from './fresh-build.mjs'

let root: string
const at = (name: string, seconds: number) => utimesSync(join(root, name), seconds, seconds)

/** A checkout whose sources changed at 1,000 s and were built at 2,000 s. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'openbatch-build-'))
  for (const folder of ['dist', 'src/core']) mkdirSync(join(root, folder), { recursive: true })
  const sources = [
    'src/core/loop.ts',
    'src/core/loop.test.ts',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
  ]
  for (const name of [...sources, 'dist/main.js']) writeFileSync(join(root, name), '')
  noteBuild(root, new Date(2_000_000))
  for (const name of [...sources, 'src', 'src/core']) at(name, 1000)
  for (const name of ['dist/main.js', '.cache/built']) at(name, 2000)
})
afterEach(() => rmSync(root, { recursive: true }))

test('a build is fresh until a source, a setting, or the content of a folder changes', () => {
  expect(isFreshlyBuilt(root)).toBe(true)
  at('src/core/loop.test.ts', 3000)
  expect(isFreshlyBuilt(root)).toBe(true)
  for (const name of ['src/core/loop.ts', 'package-lock.json', 'src/core', 'src']) {
    at(name, 3000)
    expect(isFreshlyBuilt(root), name).toBe(false)
    at(name, 1000)
  }
})

test('a build that is missing or was not noted is not fresh', () => {
  rmSync(join(root, '.cache/built'))
  expect(isFreshlyBuilt(root)).toBe(false)
  noteBuild(root, new Date(2_000_000))
  expect(isFreshlyBuilt(root)).toBe(true)
  rmSync(join(root, 'dist/main.js'))
  expect(isFreshlyBuilt(root)).toBe(false)
})

test('a change made during the build is not in it', () => {
  at('src/core/loop.ts', 2001)
  noteBuild(root, new Date(2_000_000))
  expect(isFreshlyBuilt(root)).toBe(false)
})
