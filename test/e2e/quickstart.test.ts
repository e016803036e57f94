/**
 * `npm run quickstart`: what a newcomer sees, with and without a container engine, and from a fresh
 * clone.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { importImage } from '../engine/base-image.ts'
import { startEngine, type TestEngine } from '../engine/engine.ts'
import { root } from '../support/built.ts'
import { eventually } from '../support/eventually.ts'

const noEngine = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' }
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'openbatch-quickstart-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('without a container engine the jobs run as processes, and a second time too', async () => {
  for (const revision of [1, 2]) {
    const { code, out } = await ended(demonstrate('process', noEngine, '--once'))
    expect(code, out).toBe(0)
    expect(out).toContain('No container engine answers')
    expectAllShown(out)
    expect(out).toContain('when a server runs again (')
    expect(out).not.toContain('in another terminal')
    expect(out).toContain(`Registered the job definition hello:${revision}.`)
  }
})

test('without --once it keeps serving, and its instructions work as printed', async () => {
  const shown = demonstrate('serving', noEngine)
  try {
    await eventually('it serves on', () => shown.out().includes('Serving on.'))
    expect(shown.out()).toContain('in another terminal:')
    const line = /^ +(eval .*)$/m.exec(shown.out())![1]!
    const script = `${line} && echo "$AWS_ENDPOINT_URL $AWS_DEFAULT_REGION"`
    const [endpoint, region] = execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).trim().split(' ')
    expect(region).toBe('us-west-2')
    expect(await (await fetch(`${endpoint}/healthz`)).text()).toBe('ok\n')
  } finally {
    shown.child.kill('SIGTERM')
  }
  expect((await ended(shown)).code).toBe(0)
})

describe('with a container engine', () => {
  let engine: TestEngine
  beforeAll(async () => {
    engine = await startEngine()
  })
  afterAll(() => engine?.stop())

  test('the jobs run in containers', async () => {
    const env = { DOCKER_HOST: engine.dockerHost, QUICKSTART_IMAGE: 'busybox:local' }
    const { code, out } = await ended(demonstrate('docker', env, '--once'))
    expect(code, out).toBe(0)
    expect(out).toContain('jobs run on the docker driver')
    expectAllShown(out)
  })

  test('an image that cannot be pulled is reported, and the jobs run as processes', async () => {
    // Nothing listens on port 9 of the loopback address.
    const env = { DOCKER_HOST: engine.dockerHost, QUICKSTART_IMAGE: '127.0.0.1:9/none:1' }
    const { code, out } = await ended(demonstrate('no-image', env, '--once'))
    expect(code, out).toBe(0)
    expect(out).toMatch(/it has no image 127\.0\.0\.1:9\/none:1 and cannot fetch it/)
    expect(out).toContain('jobs run on the process driver')
    expectAllShown(out)
  })

  test('failed jobs are reported, and so is the exit code', async () => {
    const emptyTar = Buffer.alloc(1024)
    await importImage(engine.socketPath, emptyTar, 'empty:local', ['CMD ["none"]'])
    const env = { DOCKER_HOST: engine.dockerHost, QUICKSTART_IMAGE: 'empty:local' }
    const { code, out } = await ended(demonstrate('fails', env))
    expect(out).toMatch(/The demonstration failed: (hello|ten-children) FAILED: /)
    expect(code).toBe(1)
  })
})

test('from a fresh clone it installs, builds and runs', async () => {
  const clone = join(folder, 'clone')
  execFileSync('git', ['clone', '--quiet', '--depth', '1', `file://${root}`, clone])
  // As on a machine that has never seen the project, without this run's own Node and settings.
  const { HOME = '/root', PATH = '' } = process.env
  const path = PATH.split(':').filter((part) => !part.includes('node_modules'))
  const env = { HOME, PATH: path.join(':'), ...noEngine }
  const quickstart = () =>
    ended(
      watched(
        spawn('npm', ['run', 'quickstart', '--', '--once'], { cwd: clone, env, stdio: ['ignore', 'pipe', 'pipe'] }),
      ),
    )
  const first = await quickstart()
  expect(first.code, first.out).toBe(0)
  expectAllShown(first.out)
  expect(first.out).toContain('Building')
  // Unchanged parts are neither installed nor built again.
  const second = await quickstart()
  expect(second.code, second.out).toBe(0)
  expect(second.out).not.toMatch(/Building|Installing/)
})

interface Watched {
  readonly child: ChildProcess
  readonly exit: Promise<number | null>
  /** The output so far, of both streams. */
  out(): string
}

/**
 * Only the demonstration, on the existing build: installing and building in this checkout would
 * disturb other tests.
 */
function demonstrate(name: string, env: Record<string, string>, ...args: string[]): Watched {
  const script = join(root, 'scripts', 'quickstart', 'demonstration.ts')
  const all = { ...process.env, NO_COLOR: '1', QUICKSTART_DATA_DIR: join(folder, name), ...env }
  return watched(spawn(process.execPath, [script, ...args], { env: all, stdio: ['ignore', 'pipe', 'pipe'] }))
}

function watched(child: ChildProcess): Watched {
  let out = ''
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
  return { child, exit: once(child, 'close').then(([code]) => code as number | null), out: () => out }
}

async function ended({ exit, out }: Watched): Promise<{ code: number | null; out: string }> {
  const code = await exit
  return { code, out: out() }
}

function expectAllShown(out: string): void {
  expect(out).toMatch(/Hello from job [0-9a-f-]{36}/)
  for (let index = 0; index < 10; index++) expect(out).toContain(`child ${index} of 10`)
  expect(out).toContain('All 11 SUCCEEDED.')
  expect(out).toMatch(/^ {2}endpoint {2}http:\/\/127\.0\.0\.1:\d+$/m)
}
