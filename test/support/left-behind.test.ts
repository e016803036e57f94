import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from './eventually.ts'
import { end, findLeft, findOwnerless, isSwept, onMachine } from './left-behind.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'openbatch-left-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a run that leaves nothing is clean', () => {
  expect(findLeft(folder, onMachine())).toEqual([])
})

test('a file and a directory are found and removed', () => {
  const before = onMachine()
  mkdirSync(join(folder, 'openbatch-store-x'))
  writeFileSync(join(folder, 'loose'), '')
  const left = findLeft(folder, before)
  expect(left).toEqual(
    expect.arrayContaining([
      { kind: 'file', name: join(folder, 'openbatch-store-x') },
      { kind: 'file', name: join(folder, 'loose') },
    ]),
  )
  end(left)
  expect(findLeft(folder, before)).toEqual([])
})

test.each([
  ['its environment', { env: { TMPDIR: 'FOLDER' } }],
  ['its directory', { cwd: 'FOLDER' }],
])('a process that names the run in %s is found by its id and command, and ended', async (_, told) => {
  const before = onMachine()
  const options = JSON.parse(JSON.stringify({ cwd: '/', env: {}, ...told }).replaceAll('FOLDER', folder)) as object
  // Behind a shell that ends, because the child of the run itself is a vitest worker.
  const shell = spawn('/bin/sh', ['-c', 'sleep 1000 & echo $!'], { ...options, stdio: ['ignore', 'pipe', 'ignore'] })
  const pid = String((await once(shell.stdout.setEncoding('utf8'), 'data'))[0]).trim()
  const process = { kind: 'process', name: pid, detail: 'sleep 1000' }
  await eventually('the command is what it will be', () =>
    findLeft(folder, before).some(({ name, detail }) => name === pid && detail === process.detail),
  )
  const left = findLeft(folder, before)
  expect(left).toContainEqual(process)
  end(left.filter(({ name }) => name === pid))
  await eventually('the process ends', () => !findLeft(folder, before).some(({ name }) => name === pid))
})

const cgroups = ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup'].find((path) => existsSync(join(path, 'cgroup.procs')))
test.runIf(process.getuid?.() === 0 && cgroups !== undefined)(
  'a cgroup of ours is removed if no process is in it, and reported otherwise',
  async () => {
    const name = join(cgroups!, `openbatch-${randomUUID()}`)
    const inner = join(name, 'series-0')
    mkdirSync(inner, { recursive: true })
    const child = spawn('sleep', ['1000'])
    writeFileSync(join(inner, 'cgroup.procs'), String(child.pid))
    expect(isSwept({ kind: 'cgroup', name })).toBe(false)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await eventually('the kernel lets go of the process', () => isSwept({ kind: 'cgroup', name }))
    expect(existsSync(name)).toBe(false)
    expect(isSwept({ kind: 'file', name: folder })).toBe(false)
  },
)

test.runIf(process.getuid?.() === 0)('a mount is found and removed', async () => {
  const before = onMachine()
  const place = join(folder, 'mounted')
  mkdirSync(place)
  await once(spawn('mount', ['-t', 'tmpfs', 'none', place]), 'exit')
  const left = findLeft(folder, before)
  expect(left).toContainEqual({ kind: 'mount', name: place })
  end(left)
  expect(findLeft(folder, before)).toEqual([])
})

test('a thing without an owner is found if it is new, unless another process on the machine makes the like', () => {
  const before = onMachine()
  const name = `/dev/shm/faketime_shm_left_${process.pid}`
  writeFileSync(name, '')
  try {
    expect(findOwnerless(before, ['/usr/sbin/dockerd'])).toContainEqual({ kind: 'shared memory', name })
    expect(findOwnerless(before, ['node vitest run'])).not.toContainEqual({ kind: 'shared memory', name })
    expect(findOwnerless(onMachine(), [])).not.toContainEqual({ kind: 'shared memory', name })
  } finally {
    rmSync(name)
  }
})
