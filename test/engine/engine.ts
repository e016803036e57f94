import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { loadBaseImage } from './base-image.ts'
import { callEngine, engineJson } from './engine-http.ts'
import { freeSubnet } from './free-subnet.ts'
import { endProcess, forgetContainerd, removeEngineLeftovers } from './leftovers.ts'
import { installEnginePackages } from './packages.ts'

/**
 * A real Docker engine for tests: a private `dockerd` with its own data, socket, bridge and
 * containerd namespace, so that it neither needs nor disturbs another engine of the machine.
 * Installs Debian's packages when root and missing.
 *
 * In a test: const engine = await startEngine() … await engine.stop() By hand: node
 * test/engine/engine.ts up starts one that stays, or finds it, and prints its DOCKER_HOST
 *              node test/engine/engine.ts down    ends it and removes all it made
 * With `OPENBATCH_TEST_DOCKER_HOST=unix:///…` set, tests use that engine and start none.
 */
export interface TestEngine {
  readonly socketPath: string
  /** `unix://` and the socket, as in DOCKER_HOST. */
  readonly dockerHost: string
  /** Ends only the daemon, at once, as a crash would. Its containers' processes are left alone. */
  kill9(): Promise<void>
  /** Starts the daemon again after `kill9`; resolves when it answers. */
  resume(): Promise<void>
  /**
   * Ends everything at once, containers included, wipes whatever does not outlive a boot, and
   * starts the daemon: a reboot without the machine.
   */
  reboot(): Promise<void>
  /** Stops the daemon in an orderly way and starts it anew. */
  restart(): Promise<void>
  /** Ends the daemon and all its containers and removes everything it made. */
  stop(): Promise<void>
}

export interface EngineOptions {
  /** Containers run on while the daemon is away. Default false, which is Docker's own default. */
  readonly liveRestore?: boolean
}

const run = promisify(execFile)
const startTimeoutMs = 60_000

export async function startEngine(options: EngineOptions = {}): Promise<TestEngine> {
  const given = process.env.OPENBATCH_TEST_DOCKER_HOST
  if (given !== undefined && given !== '') return givenEngine(given)
  await installEnginePackages()
  const folder = await mkdtemp(join(tmpdir(), 'openbatch-engine-'))
  return startIn(folder, { ...options, stays: false })
}

/** An engine that somebody else started: it is used, and never stopped. */
async function givenEngine(dockerHost: string): Promise<TestEngine> {
  if (!dockerHost.startsWith('unix://')) throw new Error('OPENBATCH_TEST_DOCKER_HOST must begin with unix://')
  const socketPath = dockerHost.slice('unix://'.length)
  await callEngine(socketPath, 'GET', '/_ping')
  await installEnginePackages()
  if ((await callEngine(socketPath, 'GET', '/images/busybox:local/json')).status === 404)
    await loadBaseImage(socketPath)
  const refuse = async () => {
    throw new Error('the engine of OPENBATCH_TEST_DOCKER_HOST is not this test run’s to stop; unset it for this test')
  }
  return {
    socketPath,
    dockerHost,
    kill9: refuse,
    resume: refuse,
    reboot: refuse,
    restart: refuse,
    stop: async () => {},
  }
}

async function startIn(folder: string, options: EngineOptions & { stays: boolean }): Promise<TestEngine> {
  const bridge = await makeBridge(folder)
  const socketPath = join(folder, 'docker.sock')
  let daemon: ChildProcess | undefined
  const resume = async () => {
    daemon = startDaemon(folder, bridge, options)
    await answers(daemon, folder, socketPath)
  }
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (daemon !== undefined) await endProcess(daemon, signal)
    daemon = undefined
  }
  const stop = async () => {
    await removeContainers(socketPath).catch(() => {})
    await end('SIGTERM')
    await removeEngineLeftovers(folder)
    await run('/bin/busybox', ['ip', 'link', 'del', bridge]).catch(() => {})
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await resume()
    await loadBaseImage(socketPath)
  } catch (error) {
    await stop()
    throw error
  }
  const kill9 = async () => {
    await end('SIGKILL')
    await forgetContainerd(folder)
  }
  const reboot = async () => {
    await end('SIGKILL')
    await removeEngineLeftovers(folder)
    for (const name of ['exec', 'pid', 'docker.sock']) await rm(join(folder, name), { recursive: true, force: true })
    await resume()
  }
  const restart = async () => {
    await end('SIGTERM')
    await resume()
  }
  return { socketPath, dockerHost: `unix://${socketPath}`, kill9, resume, reboot, restart, stop }
}

function startDaemon(folder: string, bridge: string, options: EngineOptions & { stays: boolean }): ChildProcess {
  const id = folder.replace(/[^a-zA-Z0-9]/g, '').slice(-16)
  const args = [
    ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec'), '--bridge', bridge],
    ...['--pidfile', join(folder, 'pid'), '--host', `unix://${join(folder, 'docker.sock')}`],
    // Keeps it apart from the machine's own engine, if the two share a containerd.
    ...['--containerd-namespace', `openbatch-${id}`, '--containerd-plugins-namespace', `openbatch-plugins-${id}`],
    ...(options.liveRestore ? ['--live-restore'] : []),
  ]
  const log = openSync(join(folder, 'dockerd.log'), 'a')
  const [file, ...rest] = options.stays
    ? ['/usr/sbin/dockerd', ...args]
    : // Ends with the test run, however that ends.
      ['setpriv', '--pdeathsig', 'TERM', '/usr/sbin/dockerd', ...args]
  // Where containerd writes its stack traces, if it is slow to stop.
  const env = { ...process.env, TMPDIR: folder }
  const child = spawn(file!, rest, { stdio: ['ignore', log, log], detached: true, cwd: '/', env })
  child.unref()
  return child
}

async function answers(daemon: ChildProcess, folder: string, socketPath: string): Promise<void> {
  const deadline = Date.now() + startTimeoutMs
  const ended = once(daemon, 'exit').then(() => 'ended' as const)
  while (Date.now() < deadline) {
    const reply = await callEngine(socketPath, 'GET', '/_ping').catch(() => undefined)
    if (reply?.status === 200) return
    if ((await Promise.race([ended, delay(50)])) === 'ended') break
  }
  const log = await readFile(join(folder, 'dockerd.log'), 'utf8').catch(() => '')
  throw new Error(`dockerd does not answer; the end of its log:\n${log.split('\n').slice(-15).join('\n')}`)
}

/**
 * The daemon's default bridge has a name and a subnet of its own, because two daemons on `docker0`
 * would give out the same addresses.
 */
async function makeBridge(folder: string): Promise<string> {
  const name = `ob${folder.replace(/[^a-zA-Z0-9]/g, '').slice(-10)}`
  await run('/bin/busybox', ['ip', 'link', 'add', 'name', name, 'type', 'bridge'])
  await run('/bin/busybox', ['ip', 'addr', 'add', `${freeSubnet()}.1/24`, 'dev', name])
  await run('/bin/busybox', ['ip', 'link', 'set', name, 'up'])
  return name
}

async function removeContainers(socketPath: string): Promise<void> {
  const containers = (await engineJson(socketPath, 'GET', '/containers/json?all=1')) as { Id: string }[]
  for (const { Id } of containers) await callEngine(socketPath, 'DELETE', `/containers/${Id}?force=1&v=1`)
  await callEngine(socketPath, 'POST', '/networks/prune')
}

/** The engine that `up` starts, in a place that `down` finds. */
const stayingFolder = join(tmpdir(), 'openbatch-engine')

async function up(): Promise<string> {
  const socketPath = join(stayingFolder, 'docker.sock')
  const reply = await callEngine(socketPath, 'GET', '/_ping').catch(() => undefined)
  if (reply?.status === 200) return `unix://${socketPath}`
  await down()
  await installEnginePackages()
  await mkdir(stayingFolder)
  const engine = await startIn(stayingFolder, { stays: true })
  await writeFile(join(stayingFolder, 'ready'), '')
  return engine.dockerHost
}

async function down(): Promise<void> {
  await removeContainers(join(stayingFolder, 'docker.sock')).catch(() => {})
  await removeEngineLeftovers(stayingFolder)
  const bridge = `ob${stayingFolder.replace(/[^a-zA-Z0-9]/g, '').slice(-10)}`
  await run('/bin/busybox', ['ip', 'link', 'del', bridge]).catch(() => {})
  await rm(stayingFolder, { recursive: true, force: true })
}

if (import.meta.main) {
  const verb = process.argv[2]
  if (verb === 'up') console.log(await up())
  else if (verb === 'down') await down()
  else {
    console.error('usage: node test/engine/engine.ts up|down')
    process.exitCode = 2
  }
}
