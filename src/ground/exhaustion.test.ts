import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { carriedByDescriptors, descriptorLimit, isExhaustion, processLimit } from './exhaustion.ts'

const module = pathToFileURL(join(import.meta.dirname, 'exhaustion.ts')).href

/** What a separate Node prints, with a soft limit below the hard one. */
function printed(limits: string, script: string): unknown {
  const text = `import { openSync } from 'node:fs'\nimport * as exhaustion from ${JSON.stringify(module)}\n${script}`
  const words = [`--nofile=${limits}`, '--', process.execPath, '--input-type=module', '-e', text]
  return JSON.parse(execFileSync('prlimit', words, { encoding: 'utf8' }))
}

it('raises the soft limit to the hard one', () => {
  expect(printed('100:333', 'console.log(exhaustion.descriptorLimit())')).toBe(333)
})

it('says that descriptors are few before none is left, and when none is left', () => {
  const script = `
    const opened = []
    const open = (until) => { try { while (opened.length < until) opened.push(openSync('/dev/null')) } catch {} }
    const said = []
    for (const until of [10, 60, 1000]) { open(until); said.push(exhaustion.whyNoDescriptors() ?? 'enough') }
    console.log(JSON.stringify(said))`
  expect(printed('100:100', script)).toEqual([
    'enough',
    expect.stringMatching(/^the server has \d+ of its 100 file descriptors in use/),
    expect.stringMatching(/^the server has all of its 100 file descriptors in use/),
  ])
})

it('keeps a share of the descriptors for everything else', () => {
  expect(carriedByDescriptors(2, 1024)).toBe(384)
  expect(carriedByDescriptors(2, 100_000)).toBe((100_000 - 256) / 2)
  expect(carriedByDescriptors(1, 100)).toBe(75)
  expect(descriptorLimit()).toBeGreaterThan(0)
  expect(processLimit()).toBeGreaterThan(0)
})

it('recognises shortages that pass by themselves', () => {
  expect(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM'].every((code) => isExhaustion({ code }))).toBe(true)
  expect([{ code: 'ENOENT' }, undefined, new Error('x')].some(isExhaustion)).toBe(false)
})
