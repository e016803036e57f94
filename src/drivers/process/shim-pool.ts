import { type ChildProcess, spawn } from 'node:child_process'
import { shimScript } from './shim.ts'

/** The shims of this server: as many as attempts run at once, each taking the next attempt when its last has ended. */
export interface ShimPool {
  /** Hands the attempt to an idle shim, or to a new one. */
  run(relativeDirectory: string): ShimRun
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

interface Shim {
  give(relativeDirectory: string): ShimRun
  end(): void
}

export function createShimPool(options: { shell: string; base: string }): ShimPool {
  const idle: Shim[] = []
  const all = new Set<Shim>()
  let closed = false

  const add = (): Shim => {
    const shim = startShim(options, {
      free: () => {
        if (closed || idle.length >= keptIdle) shim.end()
        else idle.push(shim)
      },
      gone: () => {
        all.delete(shim)
        const index = idle.indexOf(shim)
        if (index >= 0) idle.splice(index, 1)
      },
    })
    all.add(shim)
    return shim
  }

  return {
    run: (relativeDirectory) => (idle.pop() ?? add()).give(relativeDirectory),
    close() {
      closed = true
      for (const shim of all) shim.end()
    },
  }
}

/** One shim and the attempt it has, if it has one. */
function startShim(
  { shell, base }: { shell: string; base: string },
  events: { free: () => void; gone: () => void },
): Shim {
  const child: ChildProcess = spawn(shell, ['-c', shimScript, 'openbatch-shim', base], {
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
      if (letter === 's') current?.claimed('claimed')
      if (letter === 'n') current?.claimed('taken')
      if (letter === 'e' || letter === 'n') finish()
    }
  })
  const gone = () => {
    if (broken) return
    broken = true
    events.gone()
    current?.claimed('broken')
    current?.ended()
  }
  child.on('error', gone)
  child.on('exit', gone)
  // A shim that ended while it was written to: `exit` tells the same.
  child.stdin!.on('error', () => {})
  child.stdout!.on('error', () => {})
  return {
    give(relativeDirectory) {
      let claimed!: (how: 'claimed' | 'taken' | 'broken') => void
      let ended!: () => void
      const run: ShimRun = {
        claimed: new Promise((resolve) => {
          claimed = resolve
        }),
        ended: new Promise((resolve) => {
          ended = resolve
        }),
      }
      current = { claimed, ended }
      if (broken) {
        claimed('broken')
        ended()
      } else child.stdin!.write(`${relativeDirectory}\n`)
      return run
    },
    end() {
      child.stdin!.end()
      // A shim outlives the server, so it must not hold it up.
      child.unref()
      if (current === undefined) return
      // Whoever waits must look at the files: this shim's word will not be heard.
      const { claimed, ended } = current
      current = undefined
      claimed('broken')
      ended()
      child.stdout!.destroy()
    },
  }
}
