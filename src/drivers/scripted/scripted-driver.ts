import type { LogEntry } from '../../model/log-entry.ts'
import type { TimeMs } from '../../model/time.ts'
import type { AttemptSpec, Driver, HostCapacity, Observation, StartOutcome } from '../driver.ts'
import { whyNotPassable } from '../environment.ts'
import { realClock, type ScriptedClock } from './clock.ts'
import { createEngine, endedAtMs, type ScriptedAttempt, type ScriptedEngine } from './engine.ts'
import { aboutTheStart, linesOf } from './play.ts'
import { parseScript } from './script.ts'

/**
 * A driver that runs nothing: it plays the little script in each job's command (`script.ts` has the language) and
 * misbehaves on order. For tests, simulations under a virtual clock, and for trying openbatch out.
 */
export interface ScriptedOptions {
  /** Where attempts are remembered, so that they go on while no server runs. Without it they are forgotten. */
  readonly directory?: string
  /** Gets a line of `RunEvidence` for each run. */
  readonly evidenceFile?: string
  /** Default: one host `local` with 64 vCPUs and 256 GiB. */
  readonly hosts?: readonly HostCapacity[]
  readonly clock?: ScriptedClock
  /** How long every attempt is `starting`, beside its own `pull`. Default 0. */
  readonly startDelayMs?: number
  /** Share of starts, 0 to 1, that act but answer `unknown`. Default 0. */
  readonly lostReplies?: number
  /** Decides which replies are lost. Default 1. */
  readonly seed?: number
}

export interface ScriptedDriver extends Driver {
  readonly control: ScriptedControl
}

/** Faults on order, while the driver is in use. */
export interface ScriptedControl {
  /** From now on nothing answers, until `reachable`. */
  unreachable(why?: string): void
  reachable(): void
  openGate(gate: string): void
  /** The hosts go away and come back, as by a reboot: all that runs is gone at once. */
  loseHosts(): void
  /** The next so many starts act, but answer `unknown`. */
  loseReplies(count: number): void
  setStartDelay(ms: number): void
}

const defaultHost: HostCapacity = { hostName: 'local', vcpus: 64, memoryMib: 256 * 1024, gpus: 0 }

export function createScriptedDriver(options: ScriptedOptions = {}): ScriptedDriver {
  const clock = options.clock ?? realClock
  const hosts = options.hosts ?? [defaultHost]
  const random = seededRandom(options.seed ?? 1)
  const lostReplies = options.lostReplies ?? 0
  const engine = createEngine({ clock, directory: options.directory, evidenceFile: options.evidenceFile })
  let startDelayMs = options.startDelayMs ?? 0
  let repliesToLose = 0

  const replyIsLost = (onOrder: boolean) => {
    // Drawn every time, so that a seed loses the same replies whatever else is ordered.
    const byChance = random() < lostReplies
    if (repliesToLose === 0) return onOrder || byChance
    repliesToLose--
    return true
  }

  return {
    kind: 'scripted',

    async start(spec: AttemptSpec, signal?: AbortSignal): Promise<StartOutcome> {
      const away = engine.away()
      if (away !== undefined) return { kind: 'unknown', why: away }
      const words = [...(spec.entryPoint ?? []), ...spec.command]
      const why = whyNotPassable(words, spec.environment)
      if (why !== undefined) return { kind: 'failed', reason: `CannotStartContainerError: ${why}` }
      const script = parseScript(words, spec.environment)
      if (script.kind === 'wrong') return { kind: 'failed', reason: script.reason }
      const about = aboutTheStart(script.steps)
      if (about.failure !== undefined) return { kind: 'failed', reason: about.failure }
      let attempt = engine.attempts.get(spec.name)
      let lost = false
      if (attempt === undefined) {
        lost = replyIsLost(about.loseReply)
        try {
          attempt = engine.begin(spec, script.steps, clock.now() + startDelayMs + about.pullMs)
        } catch (error) {
          return { kind: 'unknown', why: `the journal cannot be written: ${(error as Error).message}` }
        }
      }
      const outcome = await started(engine, clock, attempt, signal)
      return lost ? { kind: 'unknown', why: 'the reply was lost' } : outcome
    },

    async inspect(names) {
      const away = engine.away()
      const unknown: Observation = { kind: 'unknown', why: away ?? '' }
      return new Map(names.map((name) => [name, away === undefined ? engine.observe(name) : unknown]))
    },

    async stop(name, graceSeconds) {
      engine.throwIfAway()
      const attempt = engine.attempts.get(name)
      if (attempt === undefined || isOver(attempt, clock.now())) return
      engine.requestStop(attempt, graceSeconds)
      while (engine.attempts.has(name) && !isOver(attempt, clock.now())) {
        await engine.change(attempt, endedAtMs(attempt))
        engine.throwIfAway()
      }
    },

    async remove(name) {
      engine.throwIfAway()
      engine.remove(name)
    },

    streamLogs: (name, cursor, signal) => read(engine, clock, name, cursor, signal),

    async list() {
      engine.throwIfAway()
      return [...engine.attempts.keys()].filter((name) => engine.observe(name).kind !== 'absent')
    },

    async health() {
      const why = engine.away()
      if (why !== undefined) return { kind: 'unreachable', why }
      return { kind: 'healthy', hosts, notes: ['the scripted driver runs nothing: it plays the script in the command'] }
    },

    async close() {
      engine.close()
    },

    control: {
      unreachable: (why = 'made unreachable on order') => engine.setAway(why),
      reachable: () => engine.setAway(undefined),
      openGate: (gate) => engine.openGate(gate),
      loseHosts: () => engine.loseHosts(),
      loseReplies: (count) => {
        repliesToLose = count
      },
      setStartDelay: (ms) => {
        startDelayMs = ms
      },
    },
  }
}

async function started(
  engine: ScriptedEngine,
  clock: ScriptedClock,
  attempt: ScriptedAttempt,
  signal: AbortSignal | undefined,
): Promise<StartOutcome> {
  for (;;) {
    const why = engine.away()
    if (why !== undefined) return { kind: 'unknown', why }
    const observation = engine.observe(attempt.name)
    if (observation.kind === 'exited' && observation.startedAtMs === undefined) {
      return { kind: 'failed', reason: 'CannotStartContainerError: stopped before it was started' }
    }
    if (observation.kind !== 'starting') return { kind: 'started' }
    if (signal?.aborted) return { kind: 'unknown', why: 'nobody waited for the start' }
    const endMs = endedAtMs(attempt) ?? attempt.startedAtMs
    await engine.change(attempt, Math.max(clock.now(), Math.min(endMs, attempt.startedAtMs)), signal)
  }
}

function isOver(attempt: ScriptedAttempt, now: TimeMs): boolean {
  const atMs = endedAtMs(attempt)
  return atMs !== undefined && atMs <= now
}

const batchEntries = 1000
const batchBytes = 1_048_576

/** The cursor is how many entries were given before. */
async function* read(
  engine: ScriptedEngine,
  clock: ScriptedClock,
  name: string,
  cursor: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<LogEntry[]> {
  const skip = Number(cursor ?? 0) || 0
  let given = 0
  let printIndex = 0
  let lines: Generator<string> | undefined
  for (;;) {
    if (signal.aborted) return
    engine.throwIfAway()
    const attempt = engine.attempts.get(name)
    if (attempt === undefined || engine.observe(name).kind === 'absent') return
    const now = clock.now()
    const batch: LogEntry[] = []
    let bytes = 0
    // What was due is never taken back: a stop or a gate changes only what is still to come.
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
    if (isOver(attempt, now)) return
    await engine.change(attempt, print?.atMs ?? endedAtMs(attempt), signal)
  }
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
