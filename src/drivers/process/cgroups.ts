import { randomUUID } from 'node:crypto'
import { type Dirent, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { textOrEmpty } from '../../ground/text-file.ts'

/**
 * A cgroup for each shim, which the shim's attempts inherit. It sets the memory limit and the CPU
 * weight or quota, and lists the processes reliably. The cgroup passes from attempt to attempt with
 * its shim, because making and removing one takes the kernel as long as a small job. Version 2 has
 * one tree for everything. Version 1 has a tree for memory and another for CPU.
 */
export interface Cgroups {
  /** What this machine does not allow, as sentences for `health().notes`. */
  readonly notes: readonly string[]
  /** Whether each cgroup lists its processes, so that none can hide. */
  readonly listsProcesses: boolean
  /** Throws if the cgroup cannot be made. */
  make(limits: CgroupLimits): Cgroup
  /** Removes cgroups without processes, which earlier servers left. */
  sweep(): void
  /** Removes its own cgroups without processes, and the parent if no cgroup is left. */
  close(): void
}

export interface CgroupLimits {
  readonly memoryMib: number
  readonly vcpus: number
  readonly cpuIsHardLimit: boolean
}

export interface Cgroup {
  /** The directory with the memory limit comes first, if there is one. */
  readonly directories: readonly string[]
  /**
   * The file that counts what the kernel killed for lack of memory; undefined without a memory
   * limit.
   */
  readonly oomCounts: string | undefined
  /** Throws if the kernel refuses (a memory limit below what is in use). */
  setLimits(limits: CgroupLimits): void
  /**
   * Whether earlier attempts left memory behind that counts against the next one (files in
   * /dev/shm).
   */
  holdsMemory(): boolean
  /** False while a process in it has not quite ended. Try again then. */
  remove(): boolean
}

interface Tree {
  /** The directory whose children are the cgroups. */
  readonly parent: string
  /** Makes the parent again, after another driver object took it away. */
  readonly restore: () => void
  readonly settings: (limits: CgroupLimits) => [file: string, value: string][]
  readonly memoryFiles?: { usage: string; counts: string }
}

const quotaPeriodMicros = 100_000
/** More than a shell and the libraries that it read. */
const leftoverBytes = 16 * 1024 * 1024

export function openCgroups(
  group: string,
  mounts = readMounts(),
  own = readFileSync('/proc/self/cgroup', 'utf8'),
): Cgroups {
  const { trees, notes } = findTrees(group, mounts, own)
  const series = randomUUID().slice(0, 8)
  let serial = 0
  return {
    notes,
    listsProcesses: trees.length > 0,
    make(limits) {
      const name = `${series}-${serial++}`
      const directories = trees.map(({ parent, restore }) => {
        const directory = join(parent, name)
        makeIn(directory, restore)
        return directory
      })
      const made = cgroupIn(trees, directories)
      made.setLimits(limits)
      return made
    },
    sweep() {
      for (const { parent } of trees) removeEmptyIn(parent, (name) => !name.startsWith(series))
    },
    close() {
      for (const { parent } of trees) {
        // Only this driver object's own cgroups: another may have made one that its shim is about
        // to join.
        removeEmptyIn(parent, (name) => name.startsWith(series))
        removed(parent)
      }
    },
  }
}

/** The last shim of a closed driver removes the parent when it ends, which may be at any moment. */
function makeIn(directory: string, restoreParent: () => void): void {
  for (let tries = 1; ; tries++)
    try {
      mkdirSync(directory)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tries === triesToMake) throw error
      restoreParent()
    }
}

const triesToMake = 5

function cgroupIn(trees: readonly Tree[], directories: readonly string[]): Cgroup {
  const [memoryDirectory = ''] = directories
  const memoryFiles = trees[0]?.memoryFiles
  return {
    directories,
    oomCounts: memoryFiles && join(memoryDirectory, memoryFiles.counts),
    setLimits(limits) {
      for (const [index, { settings }] of trees.entries()) {
        for (const [file, value] of settings(limits)) writeFileSync(join(directories[index]!, file), value)
      }
    },
    holdsMemory: () =>
      memoryFiles !== undefined && Number(textOrEmpty(join(memoryDirectory, memoryFiles.usage))) > leftoverBytes,
    remove: () => directories.map(removed).every(Boolean),
  }
}

/** The processes that a `cgroup.procs` file names. */
export function processesIn(processList: string): number[] {
  return textOrEmpty(processList).split('\n').filter(Boolean).map(Number)
}

/** Empty if the directory does not exist: the last shim of a closed driver removes the parent. */
function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** A cgroup with processes refuses to be removed. */
function removeEmptyIn(parent: string, isMeant: (name: string) => boolean): void {
  for (const entry of entriesOf(parent)) {
    if (entry.isDirectory() && isMeant(entry.name)) removed(join(parent, entry.name))
  }
}

function removed(directory: string): boolean {
  try {
    rmdirSync(directory)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}

function findTrees(group: string, mounts: readonly CgroupMount[], own: string): { trees: Tree[]; notes: string[] } {
  const trees: Tree[] = []
  const notes: string[] = []
  const unified = mounts.find(({ type, path }) => type === 'cgroup2' && hasControllers(path, ['memory', 'cpu']))
  const parent = unified && preparedV2(unified.path, group)
  if (unified !== undefined && parent !== undefined) {
    const restore = () => void preparedV2(unified.path, group)
    trees.push({ parent, restore, settings: v2Settings, memoryFiles: v2MemoryFiles })
    return { trees, notes }
  }
  const memory = preparedV1(mounts, own, 'memory', group)
  if (memory === undefined) {
    notes.push('memory limits are not enforced: this machine does not let this user make memory cgroups')
    notes.push(
      'processes that a job moves to another process group may outlive it, for there is no cgroup to find them by',
    )
    // Without the memory tree there is no reliable list of processes either, so cgroups are not
    // used.
    notes.push('CPU weights are not enforced')
    return { trees, notes }
  }
  trees.push({
    parent: memory,
    restore: () => void mkdirSync(memory, { recursive: true }),
    settings: v1Memory,
    memoryFiles: v1MemoryFiles,
  })
  const cpu = preparedV1(mounts, own, 'cpu', group)
  if (cpu === undefined)
    notes.push('CPU weights are not enforced: this machine does not let this user make cpu cgroups')
  else trees.push({ parent: cpu, restore: () => void mkdirSync(cpu, { recursive: true }), settings: v1Cpu })
  return { trees, notes }
}

const v1MemoryFiles = { usage: 'memory.usage_in_bytes', counts: 'memory.oom_control' }
const v2MemoryFiles = { usage: 'memory.current', counts: 'memory.events' }

const v1Memory: Tree['settings'] = ({ memoryMib }) => [['memory.limit_in_bytes', String(memoryMib * 1024 * 1024)]]

/** As Docker does on EC2: 1024 shares for each vCPU, and a quota where the limit is hard. */
const v1Cpu: Tree['settings'] = ({ vcpus, cpuIsHardLimit }) => [
  ['cpu.shares', String(Math.max(2, Math.round(vcpus * 1024)))],
  // -1 removes the quota of the previous attempt.
  ['cpu.cfs_quota_us', cpuIsHardLimit ? String(quotaMicros(vcpus)) : '-1'],
]

/** The 1024 shares of one vCPU become a weight of 100. The kernel accepts 1 to 10,000. */
const v2Settings: Tree['settings'] = ({ memoryMib, vcpus, cpuIsHardLimit }) => [
  ['memory.max', String(memoryMib * 1024 * 1024)],
  ['cpu.weight', String(Math.min(10_000, Math.max(1, Math.round(vcpus * 100))))],
  ['cpu.max', `${cpuIsHardLimit ? quotaMicros(vcpus) : 'max'} ${quotaPeriodMicros}`],
]

/** The kernel accepts no quota below a millisecond. */
function quotaMicros(vcpus: number): number {
  return Math.max(1000, Math.round(vcpus * quotaPeriodMicros))
}

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

/**
 * Within this process's own cgroup where it is visible, so that limits set from outside hold for
 * jobs too.
 */
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

/**
 * At the top of the tree. Below, the rule against processes in inner cgroups would forbid a cgroup
 * beside this process.
 */
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
  const offered = textOrEmpty(join(path, 'cgroup.controllers')).trim().split(' ')
  return wanted.every((controller) => offered.includes(controller))
}

function canMake(parent: string): boolean {
  const probe = join(parent, `probe-${process.pid}`)
  try {
    mkdirSync(probe, { recursive: true })
    const usable = existsSync(join(probe, 'cgroup.procs'))
    rmdirSync(probe)
    return usable
  } catch {
    return false
  }
}
