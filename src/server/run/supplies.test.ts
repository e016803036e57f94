import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { AwsNotSupplied } from '../../aws-command/supply/supplied-aws.ts'
import { Supplies } from './supplies.ts'

async function dataDir(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'openbatch-supplies-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

it('makes each file once, whole, and readable for every user', async () => {
  const supplies = new Supplies(await dataDir())
  const ask = () => supplies.find('instance-id', '/id', 'i-0123')
  const [path, again] = await Promise.all([ask(), ask()])
  expect(again).toBe(path)
  expect(await readFile(path as string, 'utf8')).toBe('i-0123')
  expect((await stat(path as string)).mode & 0o777).toBe(0o644)
  expect(await supplies.find('instance-id', '/id', 'i-4567')).not.toBe(path)
  const script = (await supplies.find('fetch-and-run', '/run', 'i-0123')) as string
  expect((await stat(script)).mode & 0o777).toBe(0o755)
})

it('replaces a file that is not as it should be', async () => {
  const directory = await dataDir()
  const path = (await new Supplies(directory).find('fetch-and-run', '/run', 'i-1')) as string
  await writeFile(path, 'half')
  expect(await new Supplies(directory).find('fetch-and-run', '/run', 'i-1')).toBe(path)
  expect(await readFile(path, 'utf8')).toMatch(/^#!\/bin\/bash\n.*wait "\$child"\n$/s)
})

it('gives the directory of the aws command for the path in the container, or says why there is none', async () => {
  const supplies = new Supplies(await dataDir(), {
    at: async (path) => {
      if (path === '/strange') throw new AwsNotSupplied('there is none for this machine')
      return `/made/for${path}`
    },
  })
  expect(await supplies.find('aws', '/usr/local/aws-cli', 'i-1')).toBe('/made/for/usr/local/aws-cli')
  expect(await supplies.find('aws', '/strange', 'i-1')).toEqual({ why: 'there is none for this machine' })
})
