import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/**
 * One cgroup for each attempt: its memory limit, its CPU weight (or quota), and the sure list of its processes. Version
 * 2 has one tree for everything; version 1 has a tree for memory and another for CPU, which may be missing.
 */
export interface Cgroups {
  /** What this machine does not allow, as sentences for `health().notes`. */
  readonly notes: readonly string[]
  /** Makes the attempt's cgroups and gives their directories. Idempotent. Throws if they cannot be made. */
  make(name: string, limits: { memoryMib: number; vcpus: number; cpuIsHardLimit: boolean }): string[]
  /** The names of all attempts that have a cgroup here. */
  list(): string[]
  directoriesOf(name: string): string[]
}

interface Tree {
  /** The directory whose children are the attempts' cgroups. */
  readonly parent: string
  readonly settings: (limits: {
    memoryMib: number
    vcpus: number
    cpuIsHardLimit: boolean
  }) => [file: string, value: string][]
}

const quotaPeriodMicros = 100_000

export function openCgroups(
  group: string,
  mounts = readMounts(),
  own = readFileSync('/proc/self/cgroup', 'utf8'),
): Cgroups {
  const trees: Tree[] = []
  const notes: string[] = []
  const unified = mounts.find(({ type, path }) => type === 'cgroup2' && hasControllers(path, ['memory']))
  if (unified !== undefined) {
    const parent = preparedV2(unified.path, group)
    if (parent !== undefined) trees.push({ parent, settings: v2Settings })
  } else {
    const memory = preparedV1(mounts, own, 'memory', group)
    if (memory !== undefined) trees.push({ parent: memory, settings: v1Memory })
    const cpu = preparedV1(mounts, own, 'cpu', group)
    if (cpu !== undefined) trees.push({ parent: cpu, settings: v1Cpu })
  }
  const holds = (wanted: Tree['settings']) => trees.some(({ settings }) => settings === wanted)
  if (!holds(v2Settings) && !holds(v1Memory)) {
    notes.push('memory limits are not enforced: this machine does not let this user make memory cgroups')
  }
  if (!holds(v2Settings) && !holds(v1Cpu)) {
    notes.push('CPU weights are not enforced: this machine does not let this user make cpu cgroups')
  }
  return {
    notes,
    make: (name, limits) =>
      trees.map(({ parent, settings }) => {
        const directory = join(parent, name)
        mkdirSync(directory, { recursive: true })
        for (const [file, value] of settings(limits)) writeFileSync(join(directory, file), value)
        return directory
      }),
    list: () => [
      ...new Set(
        trees.flatMap(({ parent }) =>
          readdirSync(parent, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])),
        ),
      ),
    ],
    directoriesOf: (name) => trees.map(({ parent }) => join(parent, name)).filter((directory) => existsSync(directory)),
  }
}

/** How often the kernel killed a process of the cgroup for its memory. 0 where that cannot be known. */
export function outOfMemoryKills(directories: readonly string[]): number {
  for (const directory of directories) {
    for (const file of ['memory.oom_control', 'memory.events']) {
      const kills = /^oom_kill (\d+)$/m.exec(readOrEmpty(join(directory, file)))
      if (kills) return Number(kills[1])
    }
  }
  return 0
}

export function processesIn(directories: readonly string[]): number[] {
  const pids = directories.flatMap((directory) => readOrEmpty(join(directory, 'cgroup.procs')).split('\n'))
  return [...new Set(pids.filter(Boolean).map(Number))]
}

/** False while a process in it has not quite ended: try again. */
export function removeCgroups(directories: readonly string[]): boolean {
  let gone = true
  for (const directory of directories) {
    try {
      rmdirSync(directory)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') gone = false
    }
  }
  return gone
}

const v1Memory: Tree['settings'] = ({ memoryMib }) => [['memory.limit_in_bytes', String(memoryMib * 1024 * 1024)]]

/** As Docker does on EC2: 1024 shares a vCPU; a quota where the limit is hard. */
const v1Cpu: Tree['settings'] = ({ vcpus, cpuIsHardLimit }) => [
  ['cpu.shares', String(Math.max(2, Math.round(vcpus * 1024)))],
  ...(cpuIsHardLimit
    ? ([['cpu.cfs_quota_us', String(Math.max(1000, Math.round(vcpus * quotaPeriodMicros)))]] as [string, string][])
    : []),
]

/** The weight is 100 for the 1024 shares of one vCPU, within the 1 to 10,000 the kernel takes. */
const v2Settings: Tree['settings'] = ({ memoryMib, vcpus, cpuIsHardLimit }) => [
  ['memory.max', String(memoryMib * 1024 * 1024)],
  ['cpu.weight', String(Math.min(10_000, Math.max(1, Math.round(vcpus * 100))))],
  ...(cpuIsHardLimit
    ? ([['cpu.max', `${Math.max(1000, Math.round(vcpus * quotaPeriodMicros))} ${quotaPeriodMicros}`]] as [
        string,
        string,
      ][])
    : []),
]

interface CgroupMount {
  readonly type: string
  readonly path: string
  readonly options: readonly string[]
}

function readMounts(): CgroupMount[] {
  return readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([, path = '', type = '', options = '']) =>
      type === 'cgroup' || type === 'cgroup2' ? [{ type, path, options: options.split(',') }] : [],
    )
}

/** Within this process's own cgroup where it can be seen, so that limits set from outside hold for jobs too. */
function preparedV1(
  mounts: readonly CgroupMount[],
  own: string,
  controller: string,
  group: string,
): string | undefined {
  const mount = mounts.find(({ type, options }) => type === 'cgroup' && options.includes(controller))
  if (mount === undefined) return undefined
  const ownPath = own
    .split('\n')
    .map((line) => line.split(':'))
    .find(([, names]) => names?.split(',').includes(controller))?.[2]
  for (const above of [ownPath, '']) {
    if (above === undefined || !existsSync(join(mount.path, above, 'cgroup.procs'))) continue
    const parent = join(mount.path, above, group)
    if (canMake(parent)) return parent
  }
  return undefined
}

/** At the top of the tree: below, the rule against processes in inner cgroups would forbid it beside this process. */
function preparedV2(root: string, group: string): string | undefined {
  const parent = join(root, group)
  try {
    writeFileSync(join(root, 'cgroup.subtree_control'), '+memory +cpu')
    mkdirSync(parent, { recursive: true })
    writeFileSync(join(parent, 'cgroup.subtree_control'), '+memory +cpu')
  } catch {
    return undefined
  }
  return canMake(parent) ? parent : undefined
}

function hasControllers(path: string, wanted: readonly string[]): boolean {
  const offered = readOrEmpty(join(path, 'cgroup.controllers')).trim().split(' ')
  return wanted.every((controller) => offered.includes(controller))
}

function canMake(parent: string): boolean {
  const probe = join(parent, `probe-${process.pid}`)
  try {
    mkdirSync(probe, { recursive: true })
    const usable = existsSync(join(probe, 'cgroup.procs'))
    rmdirSync(probe)
    return usable && basename(parent) !== ''
  } catch {
    return false
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
