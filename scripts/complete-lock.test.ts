import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Lock, lockFile, missingEntries } from './complete-lock.ts'

test('the lock file has the packages of every platform, so that npm ci takes it', () => {
  const lock = JSON.parse(readFileSync(lockFile, 'utf8')) as Lock
  expect(missingEntries(lock), 'run node scripts/complete-lock.ts').toEqual({})
})

test('what is missing is made from its name', () => {
  const lock: Lock = {
    packages: {
      'node_modules/tool': {
        dev: true,
        optionalDependencies: {
          '@tool/a-linux-x64-musl': '1.0.0',
          '@tool/b-win32-arm64-msvc': '1.0.0',
          '@tool/c': '1.0.0',
        },
      },
      'node_modules/@tool/c': { version: '1.0.0' },
    },
  }
  const entry = { version: '1.0.0', dev: true, optional: true }
  expect(missingEntries(lock)).toEqual({
    'node_modules/@tool/a-linux-x64-musl': { ...entry, cpu: ['x64'], libc: ['musl'], os: ['linux'] },
    'node_modules/@tool/b-win32-arm64-msvc': { ...entry, cpu: ['arm64'], os: ['win32'] },
  })
})
