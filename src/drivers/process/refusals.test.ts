import { describe, expect, it } from 'vitest'
import type { AttemptSpec } from '../driver.ts'
import { attemptSpec } from './attempt-spec.contract.ts'
import { whyNotAsProcess, whyNotExecutable } from './refusals.ts'

const scratch = (containerPath: string) => ({ kind: 'scratch', volume: 'v', containerPath, readOnly: false }) as const
const host = (sourcePath: string, containerPath: string, readOnly = false) =>
  ({ kind: 'host', sourcePath, containerPath, readOnly }) as const

describe('whyNotAsProcess', () => {
  it.each<[string, Partial<AttemptSpec>]>([
    ['has no image to take a command from, and the job names none', { command: [] }],
    ['cannot mount scratch space at /data', { mounts: [scratch('/tmp'), scratch('/data')] }],
    ['cannot mount /a at /b', { mounts: [host('/a', '/b')] }],
    ['cannot make /a read-only', { mounts: [host('/a', '/a', true)] }],
    ['has no GPUs to give', { gpus: 1 }],
    ['cannot mount a tmpfs', { linux: { tmpfs: [{ containerPath: '/t', sizeMib: 1, mountOptions: [] }] } }],
    [
      'cannot give a device another name',
      { linux: { devices: [{ hostPath: '/dev/a', containerPath: '/dev/b', permissions: 'r' }] } },
    ],
    ['cannot pass a NUL character', { environment: { A: 'a\0b' } }],
  ])('%s', (why, change) => {
    const reason = whyNotAsProcess({ ...attemptSpec('a', ['true']), ...change })
    expect(reason).toBe(`CannotStartContainerError: the process driver ${why}`)
  })

  it('lets pass what needs no mount', () => {
    const mounts = [scratch('/tmp'), host('/srv/data', '/srv/data')]
    expect(whyNotAsProcess({ ...attemptSpec('a', ['true']), mounts })).toBeUndefined()
  })
})

describe('whyNotExecutable', () => {
  it('finds programs by PATH and by path', () => {
    expect(whyNotExecutable('sh', '/nowhere:/bin', '/')).toBeUndefined()
    expect(whyNotExecutable('/bin/sh', '', '/')).toBeUndefined()
    expect(whyNotExecutable('bin/sh', '', '/')).toBeUndefined()
  })

  it.each([
    ['no-such-program', 'executable file not found in $PATH'],
    ['/no/such/program', 'no such file or directory'],
    ['/etc', 'is a directory'],
    ['/etc/passwd', 'permission denied'],
  ])('%s: %s', (program, trouble) => {
    expect(whyNotExecutable(program, '/bin:/usr/bin', '/')).toBe(
      `CannotStartContainerError: exec: "${program}": ${trouble}`,
    )
  })
})
