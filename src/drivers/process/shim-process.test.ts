import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { openCgroups } from './cgroups.ts'
import { ShimProcess } from './shim-process.ts'

const none = { begun() {}, free() {}, gone() {} }
const noCgroup = () => openCgroups('none', [], '0::/\n').make({ memoryMib: 64, vcpus: 1, cpuIsHardLimit: false })

it('is gone, with a reason, when it cannot be started', async () => {
  const shim = new ShimProcess({ shell: '/no/such/shell', base: '/' }, noCgroup(), '', none)
  const run = shim.give('any')
  const broken = { kind: 'broken', why: expect.stringMatching(/^no process can be started: .*ENOENT/) }
  expect(await run.claimed).toEqual(broken)
  await run.ended
  expect(await shim.give('another').claimed).toEqual(broken)
  for (const end of [() => shim.letGo(), () => shim.end()]) end()
})

it('is gone, and ends nothing else, when there is no descriptor for it', () => {
  const module = (file: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, file)).href)
  const script = `
    import { openSync } from 'node:fs'
    import { ShimProcess } from ${module('shim-process.ts')}
    const cgroup = { directories: [], oomCounts: undefined }
    const started = () => {
      const shim = new ShimProcess({ shell: '/bin/sh', base: '/' }, cgroup, '', { begun() {}, free() {}, gone() {} })
      return shim.give('any').claimed
    }
    try { for (;;) openSync('/dev/null') } catch {}
    console.log(JSON.stringify(await Promise.all([started(), started()])))`
  const words = ['--nofile=60:60', '--', process.execPath, '--input-type=module', '-e', script]
  const claimed = JSON.parse(execFileSync('prlimit', words, { encoding: 'utf8' }))
  const broken = { kind: 'broken', why: expect.stringMatching(/^no process can be started: .*EMFILE/) }
  expect(claimed).toEqual([broken, broken])
})
