import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir, uptime } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { drain, ending, messages, observe, readUntil } from '../contract/fixture.contract.ts'
import { makeSharedDirectory, type SharedDirectory } from '../contract/shared-directory.contract.ts'
import { nodeNetwork } from '../contract/shell-network.contract.ts'
import { shellScript } from '../contract/shell-steps.contract.ts'
import type { Step } from '../driver.contract.ts'
import type { AttemptSpec, Driver } from '../driver.ts'
import { readParties } from './attempt-files.ts'
import { relativePath } from './attempt-places.ts'
import { attemptSpec } from './attempt-spec.contract.ts'
import { readBootId, readStat } from './identity.ts'
import { createProcessDriver } from './process-driver.ts'

/**
 * Every point at which a kill, a crash of the machine or a full disk can interrupt an attempt, and
 * what the driver reports then.
 */
describe('process driver, interrupted', () => {
  let dataDir: string
  let driver: Driver
  let shared: SharedDirectory
  let serial = 0
  beforeAll(() => {
    shared = makeSharedDirectory()
  })
  afterAll(() => shared.dispose())
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'openbatch-crash-'))
    driver = createProcessDriver({ dataDir })
  })
  afterEach(async () => {
    for (const name of await driver.list()) await driver.remove(name)
    await driver.close()
    rmSync(dataDir, { recursive: true, force: true })
  })

  const directoryOf = (name: string) => join(dataDir, 'process/attempts', relativePath(name))
  const jobDirectoryOf = (name: string) => join(dataDir, 'process/jobs', relativePath(name))
  const specOf = (name: string, steps: readonly Step[]): AttemptSpec => {
    shared.prepare(steps)
    return attemptSpec(name, [
      'sh',
      '-c',
      shellScript({ name, steps, sharedDirectory: shared.path, network: nodeNetwork }),
    ])
  }
  const names = () => [`crash-${process.pid}-${serial}`, `gate-${serial++}`] as const
  /** Starts an attempt that waits, and returns the processes behind it. */
  const startWaiting = async (name: string, steps: readonly Step[]) => {
    expect(await driver.start(specOf(name, steps))).toEqual({ kind: 'started' })
    await readUntil(driver, name, 'ready')
    const parties = readParties(directoryOf(name))!
    return { shim: parties.shim.pid, job: parties.job!.pid }
  }
  /** Leaves the files of an attempt as a crash left them. */
  const leave = (name: string, claim: string | undefined, files: Record<string, string> = {}) => {
    const directory = directoryOf(name)
    mkdirSync(directory, { recursive: true })
    for (const inner of ['work', 'tmp']) mkdirSync(join(jobDirectoryOf(name), inner), { recursive: true })
    const all = { run: runText, output: '', ...files, ...(claim === undefined ? {} : { claim }) }
    for (const [file, text] of Object.entries(all)) {
      writeFileSync(join(directory, file), text)
      utimesSync(join(directory, file), 1_000_000, 1_000_000)
    }
    utimesSync(directory, 1_000_000, 1_000_000)
  }
  const runText = 'echo "job 999999999 1" >&3\necho begun >&3\necho s\nexit 5\n'
  const self = readStat(process.pid)!

  it('server killed (-9): the attempt goes on, and the next server finds its output and exit code', async () => {
    const [name, gate] = names()
    const spec = specOf(name, [{ print: 'before' }, { waitFor: gate }, { print: 'after' }, { exit: 9 }])
    const server = startServer(dataDir, spec)
    await server.started
    server.child.kill('SIGKILL')
    await once(server.child, 'exit')
    expect(await observe(driver, name)).toMatchObject({ kind: 'running' })
    expect(await driver.start(spec)).toEqual({ kind: 'started' })
    const reading = messages(driver, name)
    await shared.openGate(gate)
    expect(await reading).toEqual(['before', 'after'])
    expect(await observe(driver, name)).toMatchObject({ kind: 'exited', exitCode: 9 })
    expect(await shared.runs(name)).toBe(1)
  })

  it('server killed (-9) while it starts many attempts: each runs once', async () => {
    const specs = Array.from({ length: 40 }, () => specOf(names()[0], [{ exit: 6 }]))
    const server = startServer(dataDir, ...specs)
    await server.started
    server.child.kill('SIGKILL')
    await once(server.child, 'exit')
    for (const spec of specs) {
      expect(await driver.start(spec)).toEqual({ kind: 'started' })
      expect(await ending(driver, spec.name)).toMatchObject({ exitCode: 6 })
      expect(await shared.runs(spec.name)).toBe(1)
    }
  })

  it('shim killed: the attempt runs on, and ends without an exit code', async () => {
    const [name, gate] = names()
    const { shim } = await startWaiting(name, [{ print: 'ready' }, { waitFor: gate }, { print: 'after' }])
    process.kill(shim, 'SIGKILL')
    const reading = messages(driver, name)
    await shared.openGate(gate)
    expect(await reading).toEqual(['ready', 'after'])
    const end = await observe(driver, name)
    expect(end).toMatchObject({ kind: 'lost', why: expect.stringContaining('was killed') })
    await driver.close()
    driver = createProcessDriver({ dataDir })
    expect(await observe(driver, name)).toEqual(end)
  })

  it('shim killed: the attempt can still be stopped', async () => {
    const [name, gate] = names()
    const { shim, job } = await startWaiting(name, [{ ignoreTerm: true }, { print: 'ready' }, { waitFor: gate }])
    process.kill(shim, 'SIGKILL')
    await driver.stop(name, 0)
    expect(await observe(driver, name)).toMatchObject({ kind: 'lost' })
    expect(readStat(job)?.zombie ?? true).toBe(true)
  })

  it('shim and command killed together: the attempt is over, without an exit code', async () => {
    const [name, gate] = names()
    const { shim, job } = await startWaiting(name, [{ print: 'ready' }, { waitFor: gate }])
    process.kill(shim, 'SIGSTOP')
    process.kill(job, 'SIGKILL')
    process.kill(shim, 'SIGKILL')
    await drain(driver, name)
    expect(await observe(driver, name)).toMatchObject({ kind: 'lost' })
  })

  it('idle shim killed: the next attempt takes another', async () => {
    const [first, gate] = names()
    const { shim } = await startWaiting(first, [{ print: 'ready' }, { waitFor: gate }])
    await shared.openGate(gate)
    await drain(driver, first)
    process.kill(shim, 'SIGKILL')
    const [second] = names()
    expect(await driver.start(specOf(second, [{ exit: 8 }]))).toEqual({ kind: 'started' })
    expect(await ending(driver, second)).toMatchObject({ exitCode: 8 })
  })

  it('machine restarted: running attempts are over, their exit codes unknown', async () => {
    const [name] = names()
    const claim = `another-boot ${self.pid} ${self.startTicks} -\n`
    leave(name, claim, { output: 'last words\n', status: `job ${self.pid} ${self.startTicks}\n` })
    const end = await observe(driver, name)
    expect(end).toEqual({
      kind: 'lost',
      startedAtMs: 1_000_000_000,
      stoppedAtMs: 1_000_000_000,
      why: 'the machine was restarted while the attempt ran',
    })
    expect(await messages(driver, name)).toEqual(['last words'])
    expect(await driver.start(attemptSpec(name, ['true']))).toEqual({ kind: 'started' })
  })

  it('machine shut down: attempts that its signals ended are lost, earlier ends stay as they were', async () => {
    const bootedAt = Date.now() / 1000 - uptime()
    const claim = `another-boot ${self.pid} ${self.startTicks} -\n`
    const endedAs = async (line: string, secondsBefore: number, by = claim) => {
      const [name] = names()
      leave(name, by, { status: `job ${self.pid} ${self.startTicks}\nbegun\n${line}\n` })
      const at = bootedAt - secondsBefore
      utimesSync(join(directoryOf(name), 'status'), at, at)
      return observe(driver, name)
    }
    expect(await endedAs('exit 143', 20)).toMatchObject({ kind: 'lost', why: expect.stringContaining('shut down') })
    expect(await endedAs('exit 137', 20)).toMatchObject({ kind: 'lost' })
    expect(await endedAs('exit 137 oom', 20)).toMatchObject({ kind: 'exited', exitCode: 137, outOfMemory: true })
    expect(await endedAs('exit 0', 20)).toMatchObject({ kind: 'exited', exitCode: 0 })
    expect(await endedAs('exit 143', 3600)).toMatchObject({ kind: 'exited', exitCode: 143 })
    const thisBoot = `${readBootId()} ${self.pid} 1 -\n`
    expect(await endedAs('exit 143', 20, thisBoot)).toMatchObject({ kind: 'exited', exitCode: 143 })
  })

  it('notes lost in a disk failure, output still there: the attempt ran, and is lost', async () => {
    for (const files of [{ status: '' }, {}] as Record<string, string>[]) {
      const [name] = names()
      leave(name, '', { output: 'last words\n', ...files })
      expect(await driver.start(attemptSpec(name, ['true']))).toEqual({ kind: 'started' })
      expect(await messages(driver, name)).toEqual(['last words'])
      expect(await observe(driver, name)).toMatchObject({ kind: 'lost', why: expect.stringContaining('was lost') })
    }
  })

  it('clock set back: an interrupted claim still expires', async () => {
    const [name] = names()
    leave(name, '')
    const ahead = Date.now() / 1000 + 86_400
    utimesSync(join(directoryOf(name), 'claim'), ahead, ahead)
    expect(await driver.start(attemptSpec(name, ['true']))).toMatchObject({ kind: 'failed' })
  })

  it('process id reused: the attempt is over', async () => {
    const [name] = names()
    leave(name, `${readBootId()} ${self.pid} 1 -\n`, { status: `job ${self.pid} 1\nbegun\n` })
    expect(await observe(driver, name)).toMatchObject({ kind: 'lost', why: expect.stringContaining('was killed') })
  })

  it('killed while writing the claim: the attempt never ran, and never will', async () => {
    for (const claim of ['', `${readBootId()} 12`]) {
      const [name] = names()
      leave(name, claim)
      expect(await driver.start(attemptSpec(name, ['true']))).toMatchObject({ kind: 'failed' })
      const end = await observe(driver, name)
      expect(end).toMatchObject({ kind: 'exited', reason: expect.stringContaining('CannotStartContainerError') })
      expect(end).not.toHaveProperty('startedAtMs')
    }
  })

  it('killed before the shim had its order: absent, and the next start runs it', async () => {
    const [name] = names()
    leave(name, undefined)
    expect(await observe(driver, name)).toEqual({ kind: 'absent' })
    expect(await driver.start(attemptSpec(name, ['true']))).toEqual({ kind: 'started' })
    expect(await ending(driver, name)).toMatchObject({ exitCode: 5 })
  })

  it('killed while writing the exit code: the part is not taken for a code', async () => {
    const [name] = names()
    const begun = `job ${self.pid} ${self.startTicks}\nbegun\n`
    leave(name, `${readBootId()} ${self.pid} 1 -\n`, { status: `${begun}exit 1` })
    expect(await observe(driver, name)).toMatchObject({ kind: 'running' })
    writeFileSync(join(directoryOf(name), 'status'), `${begun}exit 1\nexit 13\n`)
    expect(await observe(driver, name)).toMatchObject({ kind: 'exited', exitCode: 1 })
  })

  it('killed during a removal: the next start of the driver removes the rest', async () => {
    const aside = join(dataDir, 'process', 'aside', 'left-behind')
    mkdirSync(join(aside, 'work'), { recursive: true })
    expect(await driver.list()).toEqual([])
    const swept = createProcessDriver({ dataDir })
    await swept.remove('waits-for-nothing')
    await expect.poll(() => readFileOrGone(aside)).toBe('gone')
    await swept.close()
  })
})

/**
 * A server in a process of its own that starts these attempts and then does nothing. `started`
 * resolves after the first.
 */
function startServer(dataDir: string, ...specs: AttemptSpec[]): { child: ChildProcess; started: Promise<unknown> } {
  const module = pathToFileURL(join(dirname(import.meta.filename), 'process-driver.ts')).href
  const program = `
    import { createProcessDriver } from ${JSON.stringify(module)}
    const driver = createProcessDriver({ dataDir: ${JSON.stringify(dataDir)} })
    for (const spec of ${JSON.stringify(specs)}) {
      const started = driver.start(spec)
      if (spec.name !== ${JSON.stringify(specs[0]?.name)}) continue
      await started
      console.log('started')
    }
    setInterval(() => {}, 1000)
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return { child, started: once(createInterface({ input: child.stdout! }), 'line') }
}

function readFileOrGone(directory: string): string {
  try {
    return readFileSync(directory, 'utf8')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'gone' : 'there'
  }
}
