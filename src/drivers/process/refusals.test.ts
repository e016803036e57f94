import { describe, expect, it } from 'vitest'
import type { AttemptSpec } from '../driver.ts'
import { attemptSpec } from './attempt-spec.contract.ts'
import { findProgram, whyNotAsProcess } from './refusals.ts'

describe('whyNotAsProcess', () => {
  it.each<[string, Partial<AttemptSpec>]>([
    ['has no image to take a command from, and the job names none', { command: [] }],
    ['has no GPUs to give', { gpus: 1 }],
    ['cannot mount a tmpfs', { linux: { tmpfs: [{ containerPath: '/t', sizeMib: 1, mountOptions: [] }] } }],
    [
      'cannot give a device another name',
      { linux: { devices: [{ hostPath: '/dev/a', containerPath: '/dev/b', permissions: 'r' }] } },
    ],
    ['knows no ulimit "pid"', { ulimits: [{ name: 'pid', softLimit: 1, hardLimit: 1 }] }],
    [
      'cannot set the soft ulimit nofile (9) above the hard one (8)',
      { ulimits: [{ name: 'nofile', softLimit: 9, hardLimit: 8 }] },
    ],
    [
      'cannot set the soft ulimit core (-1) above the hard one (8)',
      { ulimits: [{ name: 'core', softLimit: -1, hardLimit: 8 }] },
    ],
  ])('%s', (why, change) => {
    const reason = whyNotAsProcess({ ...attemptSpec('a', ['true']), ...change })
    expect(reason).toBe(`CannotStartContainerError: the process driver ${why}`)
  })

  it.each<[string, Partial<AttemptSpec>]>([
    ['a NUL character cannot be passed', { environment: { A: 'a\0b' } }],
    ['an environment variable cannot be named ""', { environment: { '': 'x' } }],
    ['an environment variable cannot be named "=x"', { environment: { '=x': 'x' } }],
    ['the environment variable "LONG" is too long', { environment: { LONG: 'x'.repeat(131_072) } }],
    ['argument list too long', { command: ['x'.repeat(131_072)] }],
  ])('%s', (why, change) => {
    expect(whyNotAsProcess({ ...attemptSpec('a', ['true']), ...change })).toBe(`CannotStartContainerError: ${why}`)
  })
})

describe('findProgram', () => {
  it('finds programs by PATH and by path', () => {
    expect(findProgram('sh', '/nowhere:/bin', '/')).toEqual({ path: '/bin/sh' })
    expect(findProgram('/bin/sh', '', '/')).toEqual({ path: '/bin/sh' })
    expect(findProgram('bin/sh', '', '/')).toEqual({ path: '/bin/sh' })
  })

  it.each([
    ['no-such-program', 'executable file not found in $PATH'],
    ['/no/such/program', 'no such file or directory'],
    ['/etc', 'is a directory'],
    ['/etc/passwd', 'permission denied'],
  ])('%s: %s', (program, trouble) => {
    expect(findProgram(program, '/bin:/usr/bin', '/')).toEqual({
      reason: `CannotStartContainerError: exec: "${program}": ${trouble}`,
    })
  })
})
