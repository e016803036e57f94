import type { LogEntry } from '../../model/log-entry.ts'
import type { TimeMs } from '../../model/time.ts'
import type { AttemptSpec, Driver, DriverHealth, HostCapacity, Observation, StartOutcome } from '../driver.ts'
import { whyNotPassable } from '../environment.ts'
import { realClock, type ScriptedClock } from './clock.ts'
import { endedAtMs, type ScriptedAttempt, ScriptedEngine } from './engine.ts'
import { aboutTheStart, linesOf } from './play.ts'
import { parseScript } from './script.ts'

/**
 * A driver that runs nothing. It plays the little script in each job's command (`script.ts`
 * documents the language) and misbehaves on order. It serves tests, simulations under a virtual
 * clock, and trying openbatch out.
 */
export interface ScriptedOptions {
  /**
   * Where attempts are remembered, so that they continue while no server runs. Without it they are
   * forgotten.
   */
  readonly directory?: string
  /** Receives a line of `RunEvidence` for each run. */
  readonly evidenceFile?: string
  /** Default: one host `local` with 64 vCPUs and 256 GiB. */
  readonly hosts?: readonly HostCapacity[]
  readonly clock?: ScriptedClock
  /** How long every attempt is `starting`, in addition to its own `pull`. Default 0. */
  readonly startDelayMs?: number
  /** Share of starts, 0 to 1, that act but answer `unknown`. Default 0. */
  readonly lostReplies?: number
  /** Decides which replies are lost. Default 1. */
  readonly seed?: number
}

/** Faults on order while the driver is in use. */
export interface ScriptedControl {
  /** From now on nothing answers, until `reachable` is called. */
  unreachable(why?: string): void
  reachable(): void
  openGate(gate: string): void
  /** The hosts go away and come back, as after a reboot. Everything that runs is gone at once. */
  loseHosts(): void
  /** The next `count` starts act, but answer `unknown`. */
  loseReplies(count: number): void
  setStartDelay(ms: number): void
}

const defaultHost: HostCapacity = { hostName: 'local', vcpus: 64, memoryMib: 256 * 1024, gpus: 0 }
const batchEntries = 1000
const batchBytes = 1_048_576

export class ScriptedDriver implements Driver {
  readonly kind = 'scripted'
  readonly control: ScriptedControl
  readonly #clock: ScriptedClock
  readonly #hosts: readonly HostCapacity[]
  readonly #random: () => number
  readonly #lostReplies: number
  readonly #engine: ScriptedEngine
  #startDelayMs: number
  #repliesToLose = 0

  constructor(options: ScriptedOptions = {}) {
    const { clock = realClock, directory, evidenceFile } = options
    this.#clock = clock
    this.#hosts = options.hosts ?? [defaultHost]
    this.#random = seededRandom(options.seed ?? 1)
    this.#lostReplies = options.lostReplies ?? 0
    this.#startDelayMs = options.startDelayMs ?? 0
    const engine = new ScriptedEngine({ clock, directory, evidenceFile })
    this.#engine = engine
    this.control = {
      unreachable: (why = 'made unreachable on order') => engine.setAway(why),
      reachable: () => engine.setAway(undefined),
      openGate: (gate) => engine.openGate(gate),
      loseHosts: () => engine.loseHosts(),
      loseReplies: (count) => {
        this.#repliesToLose = count
      },
      setStartDelay: (ms) => {
        this.#startDelayMs = ms
      },
    }
  }

  async start(spec: AttemptSpec, signal?: AbortSignal, onPending?: (why: string) => void): Promise<StartOutcome> {
    const away = this.#engine.away()
    if (away !== undefined) return { kind: 'unknown', why: away }
    const words = [...(spec.entryPoint ?? []), ...spec.command]
    const why = whyNotPassable(words, spec.environment)
    if (why !== undefined) return { kind: 'failed', reason: `CannotStartContainerError: ${why}` }
    const script = parseScript(words, spec.environment)
    if (script.kind === 'wrong') return { kind: 'failed', reason: script.reason }
    const about = aboutTheStart(script.steps)
    if (about.failure !== undefined) return { kind: 'failed', reason: about.failure }
    let attempt = this.#engine.attempts.get(spec.name)
    let lost = false
    if (attempt === undefined) {
      lost = this.#isReplyLost(about.loseReply)
      const pulling = about.pullMs > 0 ? (about.pullWhy ?? `image ${spec.image} is being pulled`) : undefined
      const pending = pulling ?? (this.#startDelayMs > 0 ? 'its start is delayed on order' : undefined)
      try {
        const atMs = this.#clock.now() + this.#startDelayMs + about.pullMs
        attempt = this.#engine.begin(spec, script.steps, atMs, pending)
      } catch (error) {
        return { kind: 'unknown', why: `the journal cannot be written: ${(error as Error).message}` }
      }
    }
    const outcome = await this.#started(attempt, signal, onPending)
    return lost ? { kind: 'unknown', why: 'the reply was lost' } : outcome
  }

  async inspect(names: readonly string[]): Promise<Map<string, Observation>> {
    const away = this.#engine.away()
    const unknown: Observation = { kind: 'unknown', why: away ?? '' }
    return new Map(names.map((name) => [name, away === undefined ? this.#engine.observe(name) : unknown]))
  }

  async stop(name: string, graceSeconds: number): Promise<void> {
    this.#engine.throwIfAway()
    const attempt = this.#engine.attempts.get(name)
    if (attempt === undefined || this.#isOver(attempt)) return
    this.#engine.requestStop(attempt, graceSeconds)
    while (this.#engine.attempts.has(name) && !this.#isOver(attempt)) {
      await this.#engine.change(attempt, endedAtMs(attempt))
      this.#engine.throwIfAway()
    }
  }

  async remove(name: string): Promise<void> {
    this.#engine.throwIfAway()
    this.#engine.remove(name)
  }

  /** The cursor is the number of entries given before. */
  async *streamLogs(name: string, cursor: string | undefined, signal: AbortSignal): AsyncGenerator<LogEntry[]> {
    const skip = Number(cursor ?? 0) || 0
    let given = 0
    let printIndex = 0
    let lines: Generator<string> | undefined
    for (;;) {
      if (signal.aborted) return
      this.#engine.throwIfAway()
      const attempt = this.#engine.attempts.get(name)
      if (attempt === undefined || this.#engine.observe(name).kind === 'absent') return
      const now = this.#clock.now()
      const batch: LogEntry[] = []
      let bytes = 0
      // What was due is never taken back. A stop or a gate changes only what is still to come.
      let print = attempt.play.prints[printIndex]
      while (print !== undefined && print.atMs <= now && batch.length < batchEntries && bytes < batchBytes) {
        lines ??= linesOf(print)
        const next = lines.next()
        if (next.done) {
          lines = undefined
          print = attempt.play.prints[++printIndex]
          continue
        }
        if (++given <= skip) continue
        batch.push({ atMs: print.atMs, message: next.value, cursor: String(given) })
        bytes += next.value.length
      }
      if (batch.length > 0) {
        yield batch
        continue
      }
      if (endsBy(attempt, now)) return
      await this.#engine.change(attempt, print?.atMs ?? endedAtMs(attempt), signal)
    }
  }

  async list(): Promise<string[]> {
    this.#engine.throwIfAway()
    return [...this.#engine.attempts.keys()].filter((name) => this.#engine.observe(name).kind !== 'absent')
  }

  async health(): Promise<DriverHealth> {
    const why = this.#engine.away()
    if (why !== undefined) return { kind: 'unreachable', why }
    const notes = ['the scripted driver runs nothing: it plays the script in the command']
    return { kind: 'healthy', hosts: this.#hosts, notes }
  }

  async close(): Promise<void> {
    this.#engine.close()
  }

  #isReplyLost(onOrder: boolean): boolean {
    // Drawn every time, so that a seed loses the same replies whatever else is ordered.
    const byChance = this.#random() < this.#lostReplies
    if (this.#repliesToLose === 0) return onOrder || byChance
    this.#repliesToLose--
    return true
  }

  async #started(
    attempt: ScriptedAttempt,
    signal: AbortSignal | undefined,
    onPending: ((why: string) => void) | undefined,
  ): Promise<StartOutcome> {
    for (let isTold = false; ; isTold = true) {
      const why = this.#engine.away()
      if (why !== undefined) return { kind: 'unknown', why }
      const observation = this.#engine.observe(attempt.name)
      if (observation.kind === 'exited' && observation.startedAtMs === undefined) {
        return { kind: 'failed', reason: 'CannotStartContainerError: stopped before it was started' }
      }
      if (observation.kind !== 'starting') return { kind: 'started' }
      if (signal?.aborted) return { kind: 'unknown', why: 'nobody waited for the start' }
      if (!isTold && observation.why !== undefined) onPending?.(observation.why)
      const endMs = endedAtMs(attempt) ?? attempt.startedAtMs
      const atMs = Math.max(this.#clock.now(), Math.min(endMs, attempt.startedAtMs))
      await this.#engine.change(attempt, atMs, signal)
    }
  }

  #isOver(attempt: ScriptedAttempt): boolean {
    return endsBy(attempt, this.#clock.now())
  }
}

function endsBy(attempt: ScriptedAttempt, now: TimeMs): boolean {
  const atMs = endedAtMs(attempt)
  return atMs !== undefined && atMs <= now
}

/** Mulberry32: a small generator whose draws are the same on every machine. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
