import { type ChildProcess, execFile } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

/**
 * Ends what a daemon left behind: containerd, shims, containers' processes, mounts. Only what
 * belongs to its folder.
 */

const run = promisify(execFile)
const endTimeoutMs = 30_000

/** Sends the signal and waits. A daemon that does not obey SIGTERM in time is killed. */
export async function endProcess(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  const abort = new AbortController()
  const timeout = delay(endTimeoutMs, 'timeout' as const, { signal: abort.signal }).catch(() => 'stopped' as const)
  if ((await Promise.race([exited, timeout])) === 'timeout') {
    child.kill('SIGKILL')
    await exited
  }
  abort.abort()
}

/**
 * Waits for the daemon's containerd to die with it, and forgets it. Otherwise a new daemon would
 * take its process for alive until the machine's first process has collected it.
 */
export async function forgetContainerd(folder: string): Promise<void> {
  const file = join(folder, 'exec/containerd/containerd.pid')
  const pid = Number(await readFile(file, 'utf8').catch(() => ''))
  if (pid > 1) await gone([pid], endTimeoutMs)
  await rm(file, { force: true })
}

export async function removeEngineLeftovers(folder: string): Promise<void> {
  const daemonPid = Number(await readFile(join(folder, 'pid'), 'utf8').catch(() => ''))
  if (daemonPid > 1 && (await commandLine(daemonPid)).includes(folder)) {
    process.kill(daemonPid, 'SIGTERM')
    await gone([daemonPid], endTimeoutMs)
  }
  const sockets = await shimSockets(folder)
  const containerIds = await readdir(join(folder, 'data/containers')).catch(() => [] as string[])
  const left = await processesOf(folder, containerIds)
  for (const pid of left) kill(pid)
  await gone(left, endTimeoutMs)
  for (const path of sockets) await rm(path, { force: true })
  for (const path of await cgroupsOf(containerIds)) await rmdir(path).catch(() => {})
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${folder}/`))
  for (const path of mounts.reverse()) await run('umount', ['--lazy', path]).catch(() => {})
  for (const name of await bridgesOf(folder)) await run('/bin/busybox', ['ip', 'link', 'del', name]).catch(() => {})
}

/**
 * A killed engine leaves its containers' cgroups: one in every tree with version 1, a single one
 * with version 2.
 */
async function cgroupsOf(containerIds: readonly string[]): Promise<string[]> {
  const root = '/sys/fs/cgroup'
  const holders = ['', ...(await readdir(root).catch(() => [] as string[]))].map((tree) => join(root, tree, 'docker'))
  const names = await Promise.all(holders.map((holder) => readdir(holder).catch(() => [] as string[])))
  return holders.flatMap((holder, index) =>
    names[index]!.filter((name) => containerIds.includes(name)).map((name) => join(holder, name)),
  )
}

/**
 * The sockets of shims, which are outside the folder. A killed shim leaves its socket there. Each
 * container's bundle names it.
 */
async function shimSockets(folder: string): Promise<string[]> {
  const bundles = join(folder, 'exec/containerd/daemon/io.containerd.runtime.v2.task')
  const files = await readdir(bundles, { recursive: true }).catch(() => [] as string[])
  const named = files.filter((file) => /(^|\/)(address|bootstrap\.json)$/.test(file))
  const texts = await Promise.all(named.map((file) => readFile(join(bundles, file), 'utf8').catch(() => '')))
  return [...new Set(texts.join('\n').match(/\/run\/containerd\/s\/[0-9a-f]{64}/g))]
}

/**
 * The bridges of the daemon's networks, whose names begin with the network's id, from the daemon's
 * own database.
 */
async function bridgesOf(folder: string): Promise<string[]> {
  const database = await readFile(join(folder, 'data/network/files/local-kv.db'), 'latin1').catch(() => '')
  const ids = new Set([...database.matchAll(/[0-9a-f]{64}/g)].map(([id]) => `br-${id.slice(0, 12)}`))
  return (await readdir('/sys/class/net')).filter((name) => ids.has(name))
}

/**
 * Processes that name the folder on their command line (daemon, containerd, shims), or are in one
 * of its containers.
 */
async function processesOf(folder: string, containerIds: readonly string[]): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 1 && pid !== process.pid)
  const found: number[] = []
  for (const pid of pids) {
    const [command, cgroup] = [await commandLine(pid), await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '')]
    const isDaemons =
      /^\S*(dockerd|containerd|containerd-shim\S*|docker-proxy|runc)\s/.test(command) && command.includes(`${folder}/`)
    if (isDaemons || containerIds.some((id) => cgroup.includes(id))) found.push(pid)
  }
  return found
}

async function commandLine(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return text.replaceAll('\0', ' ')
}

async function gone(pids: readonly number[], timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs
  for (const pid of pids) while ((await isAlive(pid)) && Date.now() < deadline) await delay(25)
}

/** A process that ended but was not collected yet counts as dead. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  return stat !== undefined && !/\) [ZX] /.test(stat)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself meanwhile.
  }
}
