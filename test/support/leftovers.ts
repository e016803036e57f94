/**
 * Removes what a stopped server leaves on purpose: the processes of its running jobs, and their
 * cgroups. For tests.
 */
import { readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const rounds = 20

/** Ends every process that works in the directory, and removes their cgroups and the directory. */
export function removeLeftovers(directory: string): void {
  const cgroups = new Set<string>()
  // Repeats, for processes that were being started meanwhile or have not quite ended.
  for (let round = 0; round < rounds; round++) {
    const pids = processesIn(directory)
    for (const pid of pids) {
      for (const path of cgroupsOf(pid)) cgroups.add(path)
      kill(pid)
    }
    if (pids.length === 0 && [...cgroups].every(removed)) break
  }
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
}

/**
 * Ends every process that works in the directory as a machine that goes down does: none sees
 * another one end.
 */
export function killAtOnce(directory: string): void {
  for (const name of ['SIGSTOP', 'SIGKILL'] as const) for (const pid of processesIn(directory)) kill(pid, name)
}

function processesIn(directory: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(`${directory}/`)
      } catch {
        return false
      }
    })
    .map(Number)
}

/** The process's own cgroups made by the driver, each before the one that contains it. */
function cgroupsOf(pid: number): string[] {
  let text = ''
  try {
    text = readFileSync(`/proc/${pid}/cgroup`, 'utf8')
  } catch {
    // It ended by itself.
  }
  return [...text.matchAll(/^\d+:([^:]*):(.*\/openbatch-[^/]+)(\/[^/]+)$/gm)].flatMap(([, controller, holder, own]) => {
    const mount = join('/sys/fs/cgroup', controller!)
    return [join(mount, holder! + own!), join(mount, holder!)]
  })
}

function removed(path: string): boolean {
  try {
    rmdirSync(path)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}

function kill(pid: number, name: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, name)
  } catch {
    // It ended by itself.
  }
}
