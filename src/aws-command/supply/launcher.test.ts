import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launcherFor } from './launcher.ts'

/** Prints its arguments and its environment, a line each. */
const show = 'process.stdout.write(JSON.stringify([process.argv.slice(1), process.env]))'
const run = promisify(execFile)
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(process.env.TMPDIR ?? '/tmp', 'openbatch-launcher-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function launcher(leading: string[], kept: string[] = []): string {
  const path = join(folder, `aws-${Math.random()}`)
  writeFileSync(path, launcherFor(process.arch as 'x64' | 'arm64', { leading, kept }), { mode: 0o755 })
  return path
}

test.runIf(process.platform === 'linux')(
  'it runs the program with the user’s arguments and the kept variables',
  async () => {
    const path = launcher([process.execPath, '-e', show, '--'], ['AWS_', 'HOME='])
    const env = {
      AWS_REGION: 'eu-west-1',
      HOME: '/h',
      HOMEWORK: '1',
      LD_PRELOAD: '/nothing.so',
      NODE_OPTIONS: '--nope',
    }
    const { stdout } = await run(path, ['s3', '', 'a b', '--x=ü'], { env })
    expect(JSON.parse(stdout)).toEqual([['s3', '', 'a b', '--x=ü'], { AWS_REGION: 'eu-west-1', HOME: '/h' }])
  },
)

test.runIf(process.platform === 'linux')('it runs the program without arguments and variables', async () => {
  const { stdout } = await run(launcher([process.execPath, '-e', show]), [], { env: {} })
  expect(JSON.parse(stdout)).toEqual([[], {}])
})

test.runIf(process.platform === 'linux')('it passes ten thousand arguments on', async () => {
  const many = Array.from({ length: 10_000 }, (_, index) => `${index}`)
  const { stdout } = await run(launcher([process.execPath, '-p', 'process.argv.length', '--']), many, { env: {} })
  expect(stdout.trim()).toBe('10001')
})

test.runIf(process.platform === 'linux')('it says which program it cannot start', async () => {
  await expect(run(launcher(['/nothing/here']), [])).rejects.toMatchObject({
    code: 126,
    stderr: 'aws: cannot start /nothing/here\n',
  })
})

test('a launcher for arm64 says so in its header', () => {
  const file = launcherFor('arm64', { leading: ['/a'], kept: [] })
  expect(file.readUInt16LE(18)).toBe(0xb7)
})
