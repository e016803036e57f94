/**
 * Finds what a run of tests left: files, processes, mounts, cgroups, networks, sockets, shared
 * memory. Files, mounts and processes name the run's temporary directory somewhere. The others do
 * not, so they count as the run's if they are new and nobody else on the machine makes the like.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

type Kind = 'file' | 'process' | 'mount' | 'cgroup' | 'network' | 'socket' | 'shared memory'

export interface Left {
  readonly kind: Kind
  /** A path; the id of a process; the interface of a network. */
  readonly name: string
  /** Shows a reader which test it was. */
  readonly detail?: string
}

interface Process {
  readonly pid: number
  readonly parent: number
  readonly command: string
  /** Whether its command, environment, directories or mounts name the run's directory. */
  readonly isOfRun: boolean
}

/** Kinds of things without an owner's name, and the commands that make them, ours or others'. */
const ownerless: readonly { kind: Kind; list: () => string[]; makers: RegExp }[] = [
  { kind: 'cgroup', list: ownCgroups, makers: /vitest|openbatch|main\.(js|ts) serve/ },
  { kind: 'cgroup', list: containerCgroups, makers: /dockerd|containerd/ },
  { kind: 'network', list: bridges, makers: /dockerd|vitest|engine\.ts/ },
  { kind: 'socket', list: shimSockets, makers: /dockerd|containerd/ },
  { kind: 'shared memory', list: clocks, makers: /vitest|faketime/ },
]

/** The ownerless things on the machine, to be compared with later. */
export function onMachine(): ReadonlySet<string> {
  return new Set(ownerless.flatMap(({ list }) => list()))
}

/** Everything that belongs to the run in `folder`, or appeared since `before`. */
export function findLeft(folder: string, before: ReadonlySet<string>): Left[] {
  const processes = readProcesses(folder)
  // Node's cache of compiled code serves the next run.
  const files = readdirSync(folder).filter((name) => name !== 'node-compile-cache')
  const ours = processes.filter(({ isOfRun, pid, parent }) => isOfRun && pid !== process.pid && parent !== process.pid)
  const starters = ancestors()
  const others = processes.filter(
    ({ isOfRun, pid, parent }) => !isOfRun && pid !== process.pid && parent !== process.pid && !starters.has(pid),
  )
  return [
    ...ours.map(({ pid, command }): Left => ({ kind: 'process', name: String(pid), detail: command })),
    ...mountsUnder(folder).map((name): Left => ({ kind: 'mount', name })),
    ...files.map((name): Left => ({ kind: 'file', name: join(folder, name) })),
    ...findOwnerless(
      before,
      others.map(({ command }) => command),
    ),
  ]
}

/**
 * Removes a cgroup of ours if it has no processes. The next server on the same data directory would
 * sweep what a server left that was killed with its shims, and the run's directories have no next
 * server. Returns false for anything else.
 */
export function isSwept({ kind, name }: Left): boolean {
  if (kind !== 'cgroup' || !basename(name).startsWith('openbatch-')) return false
  try {
    for (const directory of [...directoriesUnder(name, 2), name]) rmdirSync(directory)
    return true
  } catch {
    return false
  }
}

/** Only the kinds that none of the commands makes, because theirs cannot be told from the run's. */
export function findOwnerless(before: ReadonlySet<string>, commandsOfOthers: readonly string[]): Left[] {
  return ownerless
    .filter(({ makers }) => !commandsOfOthers.some((command) => makers.test(command)))
    .flatMap(({ kind, list }) => list().map((name): Left => ({ kind, name })))
    .filter(({ name }) => !before.has(name))
}

/**
 * Ends and removes what names the run, in an order in which each releases the next. Ownerless
 * things are only reported.
 */
export function end(left: readonly Left[]): void {
  for (const [kind, way] of ways)
    for (const { name } of left.filter((each) => each.kind === kind))
      try {
        way(name)
      } catch {
        // It disappeared by itself, or it stays: the run fails either way.
      }
}

const ways: readonly [Kind, (name: string) => void][] = [
  ['process', (name) => process.kill(Number(name), 'SIGKILL')],
  ['mount', (name) => execFileSync('umount', ['--lazy', name], { stdio: 'ignore' })],
  ['file', (name) => rmSync(name, { recursive: true, force: true, maxRetries: 5 })],
]

export function describe({ kind, name, detail }: Left): string {
  return `  ${kind} ${name}${detail === undefined ? '' : ` (${detail})`}`
}

/** The processes that started the run, whose commands contain vitest too. */
function ancestors(): ReadonlySet<number> {
  const found = new Set<number>()
  for (let pid = process.ppid; pid > 1 && !found.has(pid); pid = parentOf(pid)) found.add(pid)
  return found
}

function readProcesses(folder: string): Process[] {
  const namespace = linkOf('/proc/self/ns/mnt')
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number)
    .filter((pid) => !/^State:\s+[ZX]/m.test(textOf(`/proc/${pid}/status`)))
    .map((pid) => ({
      pid,
      parent: parentOf(pid),
      command: textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim(),
      isOfRun: isOfRun(pid, folder, namespace),
    }))
}

/** A container's process names nothing outside, but its mounts come from its engine's directory. */
function isOfRun(pid: number, folder: string, namespace: string): boolean {
  const places = ['cwd', 'exe', 'root'].map((name) => linkOf(`/proc/${pid}/${name}`))
  if (places.some((place) => place === folder || place.startsWith(`${folder}/`))) return true
  if (textOf(`/proc/${pid}/cmdline`).includes(folder)) return true
  if (textOf(`/proc/${pid}/environ`).includes(folder)) return true
  return linkOf(`/proc/${pid}/ns/mnt`) !== namespace && textOf(`/proc/${pid}/mountinfo`).includes(folder)
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0)
}

/** The innermost first, so that they can be unmounted in order. */
function mountsUnder(folder: string): string[] {
  const paths = textOf('/proc/self/mountinfo')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
  return paths.filter((path) => path.startsWith(`${folder}/`)).reverse()
}

function ownCgroups(): string[] {
  return directoriesUnder('/sys/fs/cgroup', 5).filter((path) => basename(path).startsWith('openbatch-'))
}

function containerCgroups(): string[] {
  return directoriesUnder('/sys/fs/cgroup', 5).filter(
    (path) => /^[0-9a-f]{64}$/.test(basename(path)) && basename(dirname(path)) === 'docker',
  )
}

/** The bridges of test engines (`ob…`) and of the networks that engines make. */
function bridges(): string[] {
  return namesIn('/sys/class/net')
    .filter((name) => /^(ob\w{10}|br-[0-9a-f]{12}|veth[0-9a-f]{7})$/.test(name))
    .map((name) => join('/sys/class/net', name))
}

/** The sockets of containers' shims, which are outside their engine's directory. */
function shimSockets(): string[] {
  return namesIn('/run/containerd/s').map((name) => join('/run/containerd/s', name))
}

function clocks(): string[] {
  return namesIn('/dev/shm')
    .filter((name) => name.includes('faketime'))
    .map((name) => join('/dev/shm', name))
}

/** The deepest first. */
function directoriesUnder(path: string, depth: number): string[] {
  if (depth === 0) return []
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(path, name))
      .flatMap((inner) => [...directoriesUnder(inner, depth - 1), inner])
  } catch {
    return []
  }
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
