/** Directories as buckets, as the command adds and removes them. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeMark } from '../data-directory/mark.ts'
import { runCommand } from './program.ts'

let folder: string
let dataDir: string
let genomes: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'openbatch-cli-'))
  dataDir = join(folder, 'data')
  genomes = join(folder, 'genomes')
  for (const directory of [dataDir, genomes, join(folder, 'other')]) mkdirSync(directory)
  writeMark(dataDir, { installationId: 'i', epoch: 0, number: 1 })
})
afterEach(() => rmSync(folder, { recursive: true }))

async function run(...args: string[]): Promise<string> {
  let text = ''
  const write = (more: string) => {
    text += more
  }
  const env = { OPENBATCH_DATA_DIR: dataDir }
  const terminal = { write, warn: write, env, input: new PassThrough().end(), now: () => 0 }
  return `${await runCommand(['bucket', ...args], terminal)} ${text.trimEnd()}`
}

const later = 'the server learns of it at its next start'

test('a directory is added, listed and removed, and stays as it is', async () => {
  symlinkSync(genomes, join(folder, 'link'))
  writeFileSync(join(genomes, 'chr1'), 'ACGT')
  expect(await run('add', 'genomes', join(folder, 'link'), '--read-only')).toBe(`0 added genomes; ${later}`)
  expect(await run('add', 'other', join(folder, 'other'))).toBe(`0 added other; ${later}`)
  const rows = [
    ['BUCKET ', 'DIRECTORY'.padEnd(genomes.length), 'CLIENTS'],
    ['genomes', genomes, 'read'],
    ['other  ', join(folder, 'other').padEnd(genomes.length), 'read and write'],
  ]
  expect(await run('list')).toBe(`0 ${rows.map((row) => row.join('  ')).join('\n')}`)
  expect(await run('remove', 'genomes')).toBe(`0 removed genomes; ${later}`)
  expect(readdirSync(genomes)).toEqual(['chr1'])
})

test('what cannot be a bucket is refused', async () => {
  expect(await run('add', 'Genomes', genomes)).toMatch(/^1 openbatch: "Genomes" cannot be the name of a bucket/)
  expect(await run('add', 'genomes', join(folder, 'none'))).toMatch(/^1 openbatch: .*none does not exist$/)
  writeFileSync(join(folder, 'file'), '')
  expect(await run('add', 'genomes', join(folder, 'file'))).toMatch(/^1 openbatch: .*file is no directory$/)
  expect(await run('add', 'genomes', dataDir)).toMatch(/^1 openbatch: .* is the data directory$/)
  mkdirSync(join(dataDir, 'objects'))
  expect(await run('add', 'genomes', join(dataDir, 'objects'))).toMatch(/^1 openbatch: .* is inside the data directory/)
  await run('add', 'genomes', genomes)
  expect(await run('add', 'genomes', genomes)).toBe('1 openbatch: there is a bucket genomes already')
  expect(await run('add', 'again', genomes)).toBe(`1 openbatch: ${genomes} is the bucket genomes`)
  expect(await run('add', 'all', folder)).toMatch(/^1 openbatch: .* contains the data directory/)
  expect(await run('remove', 'others')).toBe('1 openbatch: no directory is served as the bucket others')
})

test.runIf(process.geteuid?.() === 0)('a directory that only root may use is none of the server', async () => {
  const nobody = 65_534
  chownSync(dataDir, nobody, nobody)
  chmodSync(folder, 0o755)
  chmodSync(genomes, 0o700)
  expect(await run('add', 'genomes', genomes)).toMatch(/^1 openbatch: .* cannot be read by the account of the server/)
  chmodSync(genomes, 0o755)
  expect(await run('add', 'genomes', genomes)).toMatch(
    /^1 openbatch: .* cannot be written by the account of the server/,
  )
  expect(await run('add', 'genomes', genomes, '--read-only')).toBe(`0 added genomes; ${later}`)
  expect(process.geteuid?.()).toBe(0)
})

test('a damaged list is reported and not replaced', async () => {
  writeFileSync(join(dataDir, 'buckets.json'), '{"version":1,"buckets":[{"name":"x"}]}')
  expect(await run('list')).toMatch(/^1 openbatch: the buckets file .* is damaged: "x" cannot be the name/)
})
