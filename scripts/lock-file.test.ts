/**
 * `npm ci` installs exactly what was locked, on every platform, and no package that its authors
 * have abandoned. If a line fails, delete its entry from package-lock.json and run `npm install
 * --package-lock-only`: npm asks the registry and completes it.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

interface LockedPackage {
  readonly version: string
  readonly integrity?: string
  readonly deprecated?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const file = join(import.meta.dirname, '..', 'package-lock.json')
const locked = (JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, LockedPackage> }).packages
const { '': project, ...installed } = locked
const names = (holds: (one: LockedPackage) => boolean) =>
  Object.entries(installed)
    .filter(([, one]) => holds(one))
    .map(([path, { version }]) => `${path} ${version}`)

test('every locked package has the hash of its content, on every platform', () => {
  expect(project).toBeDefined()
  expect(names(({ integrity }) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ''))).toEqual([])
})

test('the packages of every platform are locked, so that npm ci accepts the file', () => {
  const missing = Object.entries(installed).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !locked[`node_modules/${name}`] && !locked[`${path}/node_modules/${name}`],
    ),
  )
  expect(missing).toEqual([])
})

test('no locked package is deprecated by its authors', () => {
  expect(names(({ deprecated }) => deprecated !== undefined)).toEqual([])
})
