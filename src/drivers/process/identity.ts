import { readdirSync, readFileSync } from 'node:fs'

/**
 * Who a process is: its number alone may have been given to another since, so its start time (in clock ticks since
 * boot) goes with it, and the boot itself.
 */
export interface ProcessIdentity {
  readonly pid: number
  readonly startTicks: string
}

export interface ProcessStat extends ProcessIdentity {
  /** Ended and not yet collected by its parent. */
  readonly zombie: boolean
  readonly session: number
}

/** Reads a line of /proc/PID/stat (proc(5)): the name stands in parentheses and may hold anything. */
export function parseStat(line: string): ProcessStat | undefined {
  const pid = Number.parseInt(line, 10)
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const [state, startTicks] = [fields[0], fields[19]]
  if (!Number.isSafeInteger(pid) || !state || !startTicks) return undefined
  return { pid, startTicks, zombie: state === 'Z' || state === 'X', session: Number(fields[3]) }
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
 * The processes of the session that `leader` began. A session's number stays taken while any member lives; if another
 * process has the leader's number, the session is over and a stranger's began.
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

/** Whether any process works in a directory: how a shim that has not yet written its claim is told from a dead one. */
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

export function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
