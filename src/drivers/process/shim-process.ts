import { type ChildProcess, spawn } from 'node:child_process'
import type { Cgroup } from './cgroups.ts'
import { readStat, signal } from './identity.ts'
import { shimScript } from './shim.ts'

/** The result of handing an attempt to a shim. */
export type Claimed =
  | { kind: 'begun' }
  /**
   * The attempt is over before it could report its beginning. It may never have begun: the files
   * tell.
   */
  | { kind: 'over' }
  /** Another shim has claimed it. */
  | { kind: 'taken' }
  /** Claimed, but nothing could be run. The shim has given it up. */
  | { kind: 'unable' }
  /** The shim ended, or could not be made. Nobody knows what happened. */
  | { kind: 'broken'; why: string }

export interface ShimRun {
  readonly claimed: Promise<Claimed>
  /** Resolves when the attempt has ended, or the shim has. In the second case the files tell. */
  readonly ended: Promise<void>
  /** Continues the shim if somebody stopped it. */
  wake(): void
}

interface Handed {
  readonly claimed: PromiseWithResolvers<Claimed>
  readonly ended: PromiseWithResolvers<void>
}

export interface ShimEvents {
  /** Its attempt has begun. */
  begun(): void
  /** It can take another attempt. */
  free(): void
  gone(): void
}

/**
 * One shim and its attempt, if it has one. A held shim costs two descriptors, a released one none.
 */
export class ShimProcess {
  readonly cgroup: Cgroup
  /** Its cgroup's limits, as text. */
  limits: string
  readonly #child: ChildProcess
  readonly #events: ShimEvents
  #handed: Handed | undefined
  #why = 'the process that starts attempts was killed'
  #gone = false

  /**
   * Never throws for lack of processes or descriptors. The shim is then gone at once, and says why.
   */
  constructor(options: { shell: string; base: string }, cgroup: Cgroup, limits: string, events: ShimEvents) {
    this.cgroup = cgroup
    this.limits = limits
    this.#events = events
    const words = [shimScript, 'openbatch-shim', options.base, cgroup.oomCounts ?? '', ...cgroup.directories]
    const settings = {
      detached: true,
      env: {},
      cwd: '/',
      stdio: ['pipe', 'pipe', 'ignore'] as ['pipe', 'pipe', 'ignore'],
    }
    this.#child = spawn(options.shell, ['-c', ...words], settings)
    this.#child.on('error', (error: Error) => this.#lost(`no process can be started: ${error.message}`))
    this.#child.on('exit', () => this.#lost())
    // If the shim ends during a write, `exit` reports it too. Without descriptors there are no
    // streams at all.
    this.#child.stdin?.on('error', () => {})
    this.#child.stdout?.on('error', () => {})
    this.#child.stdout?.setEncoding('latin1')
    this.#child.stdout?.on('data', (text: string) => {
      for (const letter of text) this.#hear(letter)
    })
  }

  give(relativeDirectory: string): ShimRun {
    const handed: Handed = { claimed: Promise.withResolvers(), ended: Promise.withResolvers() }
    this.#handed = handed
    if (this.#gone) this.#settle({ kind: 'broken', why: this.#why })
    else this.#child.stdin?.write(`${relativeDirectory}\n`)
    return { claimed: handed.claimed.promise, ended: handed.ended.promise, wake: () => this.#wake() }
  }

  /** Gives back its descriptors. The shim ends after its attempt, and its end is still reported. */
  letGo(): void {
    this.#child.stdin?.destroy()
    this.#child.stdout?.destroy()
  }

  /**
   * The server ends, or no longer needs the shim. Waiting callers must read the files, because
   * nobody will hear the shim.
   */
  end(): void {
    this.#child.stdin?.end()
    // A shim outlives the server, so it must not keep the server running.
    this.#child.unref()
    if (this.#handed === undefined) return
    this.#settle({ kind: 'broken', why: 'this server lets go of it' })
    this.#child.stdout?.destroy()
  }

  /**
   * Its process id cannot pass to another process before it is collected, because it is this
   * process's child.
   */
  #wake(): void {
    const { pid } = this.#child
    if (pid !== undefined && !this.#gone && readStat(pid)?.stopped) signal(pid, 'SIGCONT')
  }

  #hear(letter: string): void {
    const handed = this.#handed
    if (handed === undefined || letter === '\n') return
    if (letter === 's') {
      handed.claimed.resolve({ kind: 'begun' })
      this.#events.begun()
    } else if (letter === 'e') this.#free({ kind: 'over' })
    else if (letter === 'n') this.#free({ kind: 'taken' })
    else if (letter === 'u') this.#free({ kind: 'unable' })
  }

  #free(claimed: Claimed): void {
    this.#settle(claimed)
    if (!this.#gone) this.#events.free()
  }

  #settle(claimed: Claimed): void {
    this.#handed?.claimed.resolve(claimed)
    this.#handed?.ended.resolve()
    this.#handed = undefined
  }

  #lost(why = this.#why): void {
    if (this.#gone) return
    this.#gone = true
    this.#why = why
    this.#settle({ kind: 'broken', why })
    this.#events.gone()
  }
}
