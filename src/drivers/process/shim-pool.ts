import { type ChildProcess, spawn } from 'node:child_process'
import type { Cgroup, CgroupLimits, Cgroups } from './cgroups.ts'
import { pause } from './change.ts'
import { shimScript } from './shim.ts'

/** The shims of this server: as many as attempts run at once, each taking the next attempt when its last has ended. */
export interface ShimPool {
  /** Hands the attempt to an idle shim, or to a new one. Throws if its cgroup cannot be made. */
  run(relativeDirectory: string, limits: CgroupLimits): ShimRun
  /** Lets the shims go: each ends after the attempt it runs. */
  close(): void
}

export interface ShimRun {
  /** `taken`: another shim has claimed the attempt. `broken`: the shim ended, or could not be made; nobody knows. */
  readonly claimed: Promise<'claimed' | 'taken' | 'broken'>
  /** When the attempt has ended, or the shim has (then the files tell). */
  readonly ended: Promise<void>
}

/** Idle shims kept; a burst of attempts leaves no more behind. Each takes a megabyte. */
const keptIdle = 16
const removeTries = 50
const removePauseMs = 10

interface Shim {
  readonly cgroup: Cgroup
  /** Its cgroup's limits, as text. */
  limits: string
  give(relativeDirectory: string): ShimRun
  end(): void
}

export function createShimPool(options: { shell: string; base: string; cgroups: Cgroups }): ShimPool {
  const { cgroups } = options
  const idle: Shim[] = []
  const all = new Set<Shim>()
  let closed = false

  const add = (limits: CgroupLimits): Shim => {
    const cgroup = cgroups.make(limits)
    const shim = startShim(options, cgroup, {
      free() {
        if (closed || idle.length >= keptIdle || cgroup.holdsMemory()) shim.end()
        else idle.push(shim)
      },
      async gone() {
        all.delete(shim)
        const index = idle.indexOf(shim)
        if (index >= 0) idle.splice(index, 1)
        // The kernel lets go of a process a moment after its parent was told. What is left, the next server sweeps.
        for (let tries = 0; !cgroup.remove() && tries < removeTries; tries++) await pause(removePauseMs)
        if (closed && all.size === 0) cgroups.close()
      },
    })
    shim.limits = textOf(limits)
    all.add(shim)
    return shim
  }

  /** An idle shim with these limits, or one that can be given them. */
  const take = (limits: CgroupLimits): Shim => {
    const text = textOf(limits)
    for (let index = idle.length - 1; index >= 0; index--) {
      if (idle[index]!.limits === text) return idle.splice(index, 1)[0]!
    }
    for (let shim = idle.shift(); shim !== undefined; shim = idle.shift()) {
      try {
        shim.cgroup.setLimits(limits)
        shim.limits = text
        return shim
      } catch {
        shim.end()
      }
    }
    return add(limits)
  }

  return {
    run: (relativeDirectory, limits) => take(limits).give(relativeDirectory),
    close() {
      closed = true
      for (const shim of all) shim.end()
      if (all.size === 0) cgroups.close()
    },
  }
}

function textOf({ memoryMib, vcpus, cpuIsHardLimit }: CgroupLimits): string {
  return `${memoryMib} ${vcpus} ${cpuIsHardLimit}`
}

/** One shim and the attempt it has, if it has one. */
function startShim(
  { shell, base }: { shell: string; base: string },
  cgroup: Cgroup,
  events: { free: () => void; gone: () => void },
): Shim {
  const words = [shimScript, 'openbatch-shim', base, cgroup.oomCounts ?? '', ...cgroup.directories]
  const child: ChildProcess = spawn(shell, ['-c', ...words], {
    detached: true,
    env: {},
    cwd: '/',
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  let current: { claimed: (how: 'claimed' | 'taken' | 'broken') => void; ended: () => void } | undefined
  let broken = false

  const finish = () => {
    const ended = current
    current = undefined
    ended?.ended()
    if (!broken) events.free()
  }
  child.stdout!.setEncoding('latin1')
  child.stdout!.on('data', (text: string) => {
    for (const letter of text) {
      // An attempt that ended before it could say that it started was claimed all the same.
      if (letter === 's' || letter === 'e') current?.claimed('claimed')
      if (letter === 'n') current?.claimed('taken')
      if (letter === 'e' || letter === 'n') finish()
    }
  })
  const gone = () => {
    if (broken) return
    broken = true
    current?.claimed('broken')
    current?.ended()
    events.gone()
  }
  child.on('error', gone)
  child.on('exit', gone)
  // A shim that ended while it was written to: `exit` tells the same.
  child.stdin!.on('error', () => {})
  child.stdout!.on('error', () => {})

  return {
    cgroup,
    limits: '',
    give(relativeDirectory) {
      const claimed = Promise.withResolvers<'claimed' | 'taken' | 'broken'>()
      const ended = Promise.withResolvers<void>()
      current = { claimed: claimed.resolve, ended: ended.resolve }
      if (broken) {
        claimed.resolve('broken')
        ended.resolve()
      } else child.stdin!.write(`${relativeDirectory}\n`)
      return { claimed: claimed.promise, ended: ended.promise }
    },
    end() {
      child.stdin!.end()
      // A shim outlives the server, so it must not hold it up.
      child.unref()
      if (current === undefined) return
      // Whoever waits must look at the files: this shim's word will not be heard.
      current.claimed('broken')
      current.ended()
      current = undefined
      child.stdout!.destroy()
    },
  }
}
