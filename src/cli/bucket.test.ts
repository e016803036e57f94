/** Directories as buckets, as the command adds and removes them. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeMark } from '../data-directory/mark.ts'
import { runCommand } from './program.ts'

let dataDir: string
let genomes: string
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'openbatch-cli-'))
  writeMark(dataDir, { installationId: 'i', epoch: 0, number: 1 })
  genomes = join(dataDir, 'genomes')
  mkdirSync(genomes)
})
afterEach(() => rmSync(dataDir, { recursive: true }))

async function run(...args: string[]): Promise<string> {
  let text = ''
  const write = (more: string) => {
    text += more
  }
  const env = { OPENBATCH_DATA_DIR: dataDir }
  const terminal = { write, warn: write, env, input: new PassThrough().end(), now: () => 0 }
  return `${await runCommand(['bucket', ...args], terminal)} ${text.trimEnd()}`
}

test('a directory is added, listed and removed, and stays as it is', async () => {
  symlinkSync(genomes, join(dataDir, 'link'))
  writeFileSync(join(genomes, 'chr1'), 'ACGT')
  const later = 'a running server learns of it at its next start'
  expect(await run('add', 'genomes', join(dataDir, 'link'), '--read-only')).toBe(`0 added genomes; ${later}`)
  expect(await run('add', 'again', genomes)).toBe(`0 added again; ${later}`)
  expect(await run('list')).toBe(
    ['0 BUCKET   DIRECTORY', 'again    ', 'genomes  ']
      .map((start, index) =>
        index === 0
          ? `${start}${' '.repeat(genomes.length - 9)}  CLIENTS`
          : `${start}${genomes}  ${index === 1 ? 'read and write' : 'read'}`,
      )
      .join('\n'),
  )
  expect(await run('remove', 'again')).toBe(`0 removed again; ${later}`)
  expect(readFileSync(join(genomes, 'chr1'), 'utf8')).toBe('ACGT')
})

test('what cannot be a bucket is refused', async () => {
  expect(await run('add', 'Genomes', genomes)).toMatch(/^1 openbatch: "Genomes" cannot be the name of a bucket/)
  expect(await run('add', 'genomes', join(dataDir, 'none'))).toMatch(/^1 openbatch: cannot use .*ENOENT/)
  writeFileSync(join(dataDir, 'file'), '')
  expect(await run('add', 'genomes', join(dataDir, 'file'))).toMatch(/^1 openbatch: .*file is no directory/)
  await run('add', 'genomes', genomes)
  expect(await run('add', 'genomes', genomes)).toBe('1 openbatch: there is a bucket genomes already')
  expect(await run('remove', 'others')).toBe('1 openbatch: no directory is served as the bucket others')
})

test('a damaged list is reported and not replaced', async () => {
  writeFileSync(join(dataDir, 'buckets.json'), '{"version":1,"buckets":[{"name":"x"}]}')
  expect(await run('list')).toMatch(/^1 openbatch: the buckets file .* is damaged: "x" cannot be the name/)
})
