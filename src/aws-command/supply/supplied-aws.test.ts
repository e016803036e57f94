import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { launcherFor } from './launcher.ts'
import { AwsNotSupplied, SuppliedAws } from './supplied-aws.ts'

const run = promisify(execFile)
const machine = process.arch as 'x64' | 'arm64'
let folder: string
let supplied: SuppliedAws

/** In place of Node, a static program that runs `echo` with its arguments. */
beforeEach(() => {
  folder = mkdtempSync(join(process.env.TMPDIR ?? '/tmp', 'openbatch-supplied-'))
  const node = join(folder, 'node')
  writeFileSync(node, launcherFor(machine, { leading: ['/bin/echo', 'node'], kept: [] }), { mode: 0o755 })
  writeFileSync(join(folder, 'aws.mjs'), 'the command')
  supplied = new SuppliedAws(folder, { node, script: join(folder, 'aws.mjs') })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a directory has the command where clients look for it', async () => {
  const directory = await supplied.at('/home/ec2-user/miniconda')
  for (const path of ['bin/aws', 'v2/current/bin/aws', 'lib/node', 'lib/aws.mjs'])
    expect(statSync(join(directory, path)).mode & 0o777).toBe(0o755)
})

test('on the host it starts Node with the command and the user’s arguments', async () => {
  const directory = await supplied.onHost()
  const { stdout } = await run(join(directory, 'bin/aws'), ['s3', 'ls'])
  expect(stdout.trim()).toMatch(/^node --.* \/\S+\/lib\/aws\.mjs s3 ls$/)
})

test('a path has one directory, made once, and two paths share their files', async () => {
  const [first, again, slashed, other] = await Promise.all(
    ['/opt/a', '/opt/a', '/opt/a/', '/opt/b'].map((path) => supplied.at(path)),
  )
  expect(again).toBe(first)
  expect(slashed).toBe(first)
  expect(other).not.toBe(first)
  expect(statSync(join(first!, 'lib/node')).ino).toBe(statSync(join(other!, 'lib/node')).ino)
  expect(statSync(join(first!, 'lib/node')).ino).not.toBe(statSync(join(folder, 'node')).ino)
  expect(readdirSync(join(folder, 'aws-command')).filter((name) => name.startsWith('new-'))).toEqual([])
})

test('another command makes another directory', async () => {
  const before = await supplied.at('/opt/a')
  writeFileSync(join(folder, 'aws.mjs'), 'a newer command')
  const after = await new SuppliedAws(folder, { node: join(folder, 'node'), script: join(folder, 'aws.mjs') }).at(
    '/opt/a',
  )
  expect(after).not.toBe(before)
  expect(existsSync(before)).toBe(true)
})

test.each(['opt/a', '/', '/a:b', '/$ORIGIN', '/a;b', `/${'a'.repeat(1025)}`])('%s is refused', async (path) => {
  await expect(supplied.at(path)).rejects.toThrow(AwsNotSupplied)
})

test('a machine that it is not made for is named', async () => {
  const elsewhere = new SuppliedAws(folder, { machine: 'riscv64' })
  await expect(elsewhere.at('/opt/a')).rejects.toThrow('this machine is riscv64')
})

test('a failure is told, and the next call tries again', async () => {
  rmSync(join(folder, 'aws.mjs'))
  await expect(supplied.at('/opt/a')).rejects.toThrow(/^the aws command cannot be made: ENOENT/)
  writeFileSync(join(folder, 'aws.mjs'), 'the command')
  await expect(supplied.at('/opt/a')).resolves.toContain(folder)
})
