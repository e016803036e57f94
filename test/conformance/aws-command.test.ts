/**
 * The supplied `aws` command beside the newest AWS CLI of PyPI: the same words on the same store, the
 * same output. That CLI is version 1, whose exit codes are coarser than those of version 2, which the
 * supplied command has.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SuppliedAws } from '../../src/aws-command/supply/supplied-aws.ts'
import { root } from '../support/built.ts'
import { startServer, type TestServer } from '../support/openbatch-server.ts'
import { cliEnvironment } from './clients/aws-cli.ts'
import { type Installed, newestClients } from './clients/installed.ts'

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

let server: TestServer
let folder: string
let installed: Installed
let supplied: string
let env: Record<string, string>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'openbatch-aws-command-'))
  installed = newestClients()
  server = await startServer({ driver: 'scripted' })
  const sources = { script: join(root, 'dist', 'aws-command', 'aws.mjs') }
  supplied = join(await new SuppliedAws(folder, sources).onHost(), 'bin', 'aws')
  const access = { endpoint: server.endpoint, credentials: server.administrator }
  env = { ...cliEnvironment(installed, access), HOME: folder, TZ: 'Europe/Berlin' }
  mkdirSync(join(folder, 'work/tree/sub'), { recursive: true })
  for (const [name, text] of Object.entries({ 'a b.txt': 'one', 'sub/ü+.csv': 'three', z: '' }))
    writeFileSync(join(folder, 'work/tree', name), text)
  writeFileSync(join(folder, 'work/file.txt'), 'text')
  expect((await theirs('s3', 'mb', 's3://parity')).code).toBe(0)
  expect((await theirs('s3', 'cp', '--recursive', '--quiet', 'tree', 's3://parity/dir')).code).toBe(0)
})
afterAll(async () => {
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const theirs = (...words: string[]) => run(join(installed.commandFolder, 'aws'), words)
const ours = (...words: string[]) => run(supplied, words)

function run(file: string, words: readonly string[], more: Record<string, string> = {}, input = ''): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { ...env, ...more }, cwd: join(folder, 'work') }
    const child = execFile(file, words, options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
    child.stdin!.end(input)
  })
}

/** Without progress, and with the lines in order: transfers end in any. */
function settled({ stdout, stderr }: Ended) {
  const lines = stdout.split('\n').map((line) => line.replace(/^.*\r/, '').trimEnd())
  return { stdout: lines.sort().filter(Boolean), stderr: stderr.trim() }
}

test.each([
  ['ls s3://parity', 0],
  ['ls s3://parity/dir/', 0],
  ['ls s3://parity/di', 0],
  ['ls s3://parity/none', 1],
  ['ls --recursive --human-readable --summarize s3://parity', 0],
  ['ls', 0],
  ['cp --no-progress file.txt s3://parity/copied', 0],
  ['cp --no-progress --recursive tree s3://parity/again --exclude * --include *.csv', 0],
  ['cp --no-progress s3://parity/dir/z down/', 0],
  ['cp --no-progress s3://parity/copied s3://parity/copy', 0],
  ['cp --only-show-errors s3://parity/copied -', 0],
  ['cp s3://parity/none x', 1],
  ['cp s3://parity/none -', 1],
  ['cp none s3://parity/x', 255],
  ['sync --no-progress --dryrun tree s3://parity/synced', 0],
  ['sync --no-progress --dryrun --delete tree s3://parity/', 0],
  ['rm --dryrun --recursive s3://parity/dir', 0],
])('aws s3 %s', async (line, code) => {
  const words = ['s3', ...line.split(' ')]
  const [one, other] = [await ours(...words), await theirs(...words)]
  expect(settled(one)).toEqual(settled(other))
  expect([one.code, other.code]).toEqual([code, code])
})

test.each([
  ['s3 ls s3://nobody-made-it', 254, 255],
  ['s3api head-object --bucket parity --key none', 254, 255],
  ['s3api head-object --bucket parity --key dir/a', 254, 255],
])('aws %s is an error of the service', async (line, code, theirCode) => {
  const [one, other] = [await ours(...line.split(' ')), await theirs(...line.split(' '))]
  expect(settled(one)).toEqual(settled(other))
  expect([one.code, other.code]).toEqual([code, theirCode])
})

test.each([
  's3api head-object --bucket parity --key dir/z --query ContentLength',
  's3api head-object --bucket parity --key dir/z --query [ContentLength,ETag] --output text',
  's3api list-objects-v2 --bucket parity --prefix dir/ --query Contents[].[Key,Size] --output text',
  's3api list-objects-v2 --bucket parity --delimiter / --query CommonPrefixes',
  'sts get-caller-identity',
  'sts get-caller-identity --output text',
])('aws %s', async (line) => {
  const [one, other] = [await ours(...line.split(' ')), await theirs(...line.split(' '))]
  expect(one).toEqual(other)
  expect(one.code).toBe(0)
})

test('an object has what the other command gave it', async () => {
  const given = ['--acl', 'private', '--metadata', 'a=1,b=x=y', '--cache-control', 'no-cache', '--quiet']
  await ours('s3', 'cp', 'file.txt', 's3://parity/of-ours', ...given)
  await theirs('s3', 'cp', 'file.txt', 's3://parity/of-theirs', ...given)
  const head = async (key: string) => {
    const { stdout } = await ours(
      's3api',
      'head-object',
      '--bucket',
      'parity',
      '--key',
      key,
      '--checksum-mode',
      'ENABLED',
    )
    const { LastModified, ...answer } = JSON.parse(stdout)
    return answer
  }
  const answer = await head('of-ours')
  expect(answer).toEqual(await head('of-theirs'))
  expect(answer).toMatchObject({ ContentType: 'text/plain', Metadata: { a: '1', b: 'x=y' }, CacheControl: 'no-cache' })
})

test('a synchronised tree is in step for the other command', async () => {
  await ours('s3', 'sync', 'tree', 's3://parity/step')
  expect(settled(await theirs('s3', 'sync', '--no-progress', 'tree', 's3://parity/step'))).toEqual({
    stdout: [],
    stderr: '',
  })
  await ours('s3', 'sync', 's3://parity/step', 'back')
  expect(settled(await theirs('s3', 'sync', '--no-progress', 's3://parity/step', 'back'))).toEqual({
    stdout: [],
    stderr: '',
  })
  expect(readFileSync(join(folder, 'work/back/sub/ü+.csv'), 'utf8')).toBe('three')
})

test('a moved file is gone where it was', async () => {
  writeFileSync(join(folder, 'work/moving'), 'x')
  expect((await ours('s3', 'mv', 'moving', 's3://parity/moved/')).stdout).toBe(
    'move: ./moving to s3://parity/moved/moving\n',
  )
  expect(statSync(join(folder, 'work/moving'), { throwIfNoEntry: false })).toBeUndefined()
  expect((await ours('s3', 'mv', 's3://parity/moved/moving', 'back-again')).code).toBe(0)
  expect((await ours('s3', 'ls', 's3://parity/moved/')).code).toBe(1)
})

test('without credentials both say so, and neither waits', async () => {
  const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' }
  const words = ['s3', 'cp', 'file.txt', 's3://parity/x']
  const [one, other] = [await run(supplied, words, none), await run(join(installed.commandFolder, 'aws'), words, none)]
  expect(one.stderr.trim()).toBe('upload failed: ./file.txt to s3://parity/x Unable to locate credentials')
  expect(one.stderr.trim()).toBe(other.stderr.trim())
  expect(await run(supplied, ['sts', 'get-caller-identity'], none)).toEqual({
    code: 253,
    stdout: '',
    stderr: '\nUnable to locate credentials. You can configure credentials by running "aws configure".\n',
  })
})

test('keys that one command configured serve the other', async () => {
  const { accessKeyId, secretAccessKey } = server.administrator
  const home = join(folder, 'home')
  const files = {
    AWS_CONFIG_FILE: join(home, '.aws/config'),
    AWS_SHARED_CREDENTIALS_FILE: join(home, '.aws/credentials'),
  }
  const own = { ...files, HOME: home, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }
  const set = (name: string, value: string) => run(supplied, ['configure', 'set', name, value, '--profile', 'lab'], own)
  await set('aws_access_key_id', accessKeyId)
  await set('aws_secret_access_key', secretAccessKey)
  await set('region', 'eu-west-1')
  const read = await run(join(installed.commandFolder, 'aws'), ['s3', 'ls', '--profile', 'lab'], own)
  expect(read).toEqual(await run(supplied, ['s3', 'ls', '--profile', 'lab'], own))
  expect(read.code).toBe(0)
  expect((await run(supplied, ['configure', 'get', 'region', '--profile', 'lab'], own)).stdout).toBe('eu-west-1\n')
  expect(statSync(join(folder, 'home/.aws/credentials')).mode & 0o777).toBe(0o600)
})

test('settings with a profile and a table in their names are written as by the AWS CLI', async () => {
  const names = ['default.s3.multipart_threshold', 'profile.lab.region', 's3.multipart_chunksize', 'profile.lab.s3.a']
  const written = []
  for (const command of [supplied, join(installed.commandFolder, 'aws')]) {
    const file = join(folder, `set-${written.length}`)
    const own = { HOME: folder, AWS_CONFIG_FILE: file }
    for (const name of names) expect((await run(command, ['configure', 'set', name, '16777216'], own)).code).toBe(0)
    written.push(readFileSync(file, 'utf8'))
  }
  expect(written[0]).toBe(written[1])
})

test('a stream goes up and comes down', async () => {
  const text = 'x'.repeat(9 * 1_048_576)
  expect(await run(supplied, ['s3', 'cp', '-', 's3://parity/stream'], {}, text)).toEqual({
    code: 0,
    stdout: '',
    stderr: '',
  })
  const { stdout } = await ours(
    's3api',
    'head-object',
    '--bucket',
    'parity',
    '--key',
    'stream',
    '--query',
    'ContentLength',
  )
  expect(stdout).toBe(`${text.length}\n`)
})

test.each([
  ['s3 cp file.txt', 252],
  ['s3 cp file.txt other', 252],
  ['s3 cp --nonsense file.txt s3://parity/x', 252],
  ['s3 cp - s3://parity/x --recursive', 252],
  ['ec2 describe-instances', 252],
  ['s3 frobnicate', 252],
])('aws %s is refused', async (line, code) => {
  const { code: ended, stderr, stdout } = await ours(...line.split(' '))
  expect([ended, stdout]).toEqual([code, ''])
  expect(stderr).toMatch(/^\nusage: /)
})
