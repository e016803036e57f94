import { readdirSync, readFileSync, statSync } from 'node:fs'

/**
 * Identifies a process. Its id alone may have been given to another process since, so its start
 * time (in clock ticks since boot) and the boot belong to it.
 */
export interface ProcessIdentity {
  readonly pid: number
  readonly startTicks: string
}

export interface ProcessStat extends ProcessIdentity {
  /** Ended, and not yet collected by its parent. */
  readonly zombie: boolean
  /** Stopped by SIGSTOP, or by a tracer. */
  readonly stopped: boolean
  readonly session: number
}

/**
 * Parses a line of /proc/PID/stat (proc(5)). The name stands in parentheses and may contain
 * anything.
 */
export function parseStat(line: string): ProcessStat | undefined {
  const pid = Number.parseInt(line, 10)
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const [state, startTicks] = [fields[0], fields[19]]
  if (!Number.isSafeInteger(pid) || !state || !startTicks) return undefined
  const zombie = state === 'Z' || state === 'X'
  return { pid, startTicks, zombie, stopped: state.toUpperCase() === 'T', session: Number(fields[3]) }
}

export function readStat(pid: number): ProcessStat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return undefined
  }
}

/** Whether that very process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  const stat = readStat(identity.pid)
  return stat !== undefined && stat.startTicks === identity.startTicks && !stat.zombie
}

export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
}

/**
 * The processes of the session that `leader` began. A session's id stays taken while any member
 * lives. If another process has the leader's id, the session is over and a new one began.
 */
export function sessionMembers(leader: ProcessIdentity): number[] {
  const current = readStat(leader.pid)
  if (current !== undefined && current.startTicks !== leader.startTicks) return []
  const members: number[] = []
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const stat = readStat(Number(entry))
    if (stat?.session !== leader.pid || stat.zombie || BigInt(stat.startTicks) < BigInt(leader.startTicks)) continue
    members.push(stat.pid)
  }
  return members
}

/**
 * Whether any process works in the directory. This tells a shim that has not yet written its claim
 * from a dead one.
 */
export function someoneWorksIn(
  inode: { dev: number; ino: number },
  statOf: (path: string) => { dev: number; ino: number },
) {
  return readdirSync('/proc').some((entry) => {
    if (!/^\d+$/.test(entry)) return false
    try {
      const { dev, ino } = statOf(`/proc/${entry}/cwd`)
      return dev === inode.dev && ino === inode.ino
    } catch {
      return false
    }
  })
}

/**
 * Finds the shim that runs the attempt with these files, its command, and the list of its
 * processes, without reading the files. `shim.ts` documents its arguments: the script, its name,
 * BASE, OOM_COUNTS, the cgroups.
 */
export function shimWorkingIn(
  directory: string,
): { shim: ProcessIdentity; job: ProcessIdentity | undefined; processList: string | undefined } | undefined {
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry)
    if (!Number.isInteger(pid) || !worksIn(pid, directory)) continue
    const words = readProc(pid, 'cmdline').split('\0')
    const shim = words[3] === 'openbatch-shim' ? readStat(pid) : undefined
    if (shim === undefined || shim.zombie) continue
    const [command] = readProc(pid, `task/${pid}/children`).split(' ')
    const cgroup = words[6]
    return { shim, job: readStat(Number(command || NaN)), processList: cgroup ? `${cgroup}/cgroup.procs` : undefined }
  }
  return undefined
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    return ''
  }
}

/** Whether the process works in that directory. */
export function worksIn(pid: number, directory: string): boolean {
  try {
    const [cwd, inode] = [statSync(`/proc/${pid}/cwd`), statSync(directory)]
    return cwd.dev === inode.dev && cwd.ino === inode.ino
  } catch {
    return false
  }
}

/** Continues a process that somebody stopped. The identity is checked in the same moment. */
export function wake(identity: ProcessIdentity): void {
  const stat = readStat(identity.pid)
  if (stat?.startTicks === identity.startTicks && stat.stopped) signal(identity.pid, 'SIGCONT')
}

export function signal(pid: number, name: 'SIGTERM' | 'SIGKILL' | 'SIGCONT'): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
