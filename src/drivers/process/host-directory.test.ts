import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { makeHostDirectory, makeRealDirectory } from './host-directory.ts'

function directory(): string {
  const made = realpathSync(mkdtempSync(join(tmpdir(), 'openbatch-host-directory-')))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

test('makes what is missing, open to all, and nothing where a link was put meanwhile', () => {
  const root = directory()
  mkdirSync(join(root, 'elsewhere'))
  symlinkSync('elsewhere', join(root, 'link'))
  makeHostDirectory(join(root, 'link/a/b'))
  for (const path of ['elsewhere/a', 'elsewhere/a/b']) expect(statSync(join(root, path)).mode & 0o7777).toBe(0o755)
  expect(() => makeRealDirectory(join(root, 'link/new'))).toThrow(/ENOTDIR|ELOOP/)
  expect(existsSync(join(root, 'elsewhere/new'))).toBe(false)
  makeHostDirectory(join(root, 'link/a/b'))
  makeHostDirectory('/')
})

test('says what is in the way', () => {
  const root = directory()
  writeFileSync(join(root, 'file'), '')
  expect(() => makeHostDirectory(join(root, 'file/a'))).toThrow()
  symlinkSync('nowhere', join(root, 'lost'))
  expect(() => makeHostDirectory(join(root, 'lost/a'))).toThrow(/leads nowhere/)
})
