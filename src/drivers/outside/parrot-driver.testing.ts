/**
 * A driver in a few lines, for the test that a driver can be added from outside. Its jobs are lists
 * of steps in JSON, which it repeats.
 */
import type { LogEntry } from '../../model/log-entry.ts'
import type { Step } from '../contract/fixture.contract.ts'
import type { AttemptSpec, Driver, Observation, StartOutcome } from '../driver.ts'
import { whyNotPassable } from '../environment.ts'

interface Attempt {
  readonly lines: string[]
  readonly startedAtMs: number
  /** Resolves with 143 when the attempt is stopped. */
  readonly stopped: Promise<number>
  stop(): void
  end?: { exitCode: number; atMs: number }
  changed: PromiseWithResolvers<void>
}

/** The part that stays when driver objects come and go. */
export class ParrotEngine {
  readonly attempts = new Map<string, Attempt>()
  readonly begun: string[] = []
  readonly #gates = new Map<string, PromiseWithResolvers<void>>()

  gate(name: string): PromiseWithResolvers<void> {
    const gate = this.#gates.get(name) ?? Promise.withResolvers<void>()
    this.#gates.set(name, gate)
    return gate
  }

  async run(attempt: Attempt, steps: readonly Step[], environment: AttemptSpec['environment']): Promise<void> {
    let exitCode: number | undefined
    for (const step of steps) {
      if ('print' in step) attempt.lines.push(...repeated(step.print, step.times))
      if ('printVariable' in step) attempt.lines.push(...`<${environment[step.printVariable] ?? 'unset'}>`.split('\n'))
      if ('waitFor' in step)
        exitCode = (await Promise.race([this.gate(step.waitFor).promise, attempt.stopped])) ?? exitCode
      if ('exit' in step) exitCode = step.exit
      tell(attempt)
      if (exitCode !== undefined) break
    }
    attempt.end = { exitCode: exitCode ?? 0, atMs: Date.now() }
    tell(attempt)
  }
}

export class ParrotDriver implements Driver {
  readonly kind = 'parrot'
  readonly #engine: ParrotEngine
  readonly #perches: number

  constructor(engine: ParrotEngine, perches: number) {
    this.#engine = engine
    this.#perches = perches
  }

  async start({ name, entryPoint = [], command, environment }: AttemptSpec): Promise<StartOutcome> {
    const words = [...entryPoint, ...command]
    const why = words.includes('speechless') ? 'it cannot say that' : whyNotPassable(words, environment)
    if (why !== undefined) return { kind: 'failed', reason: `CannotStartContainerError: ${why}` }
    if (this.#engine.attempts.has(name)) return { kind: 'started' }
    const stopped = Promise.withResolvers<number>()
    const attempt: Attempt = {
      ...{ lines: [], startedAtMs: Date.now(), stopped: stopped.promise, stop: () => stopped.resolve(143) },
      changed: Promise.withResolvers<void>(),
    }
    this.#engine.attempts.set(name, attempt)
    this.#engine.begun.push(name)
    void this.#engine.run(
      attempt,
      words.map((word) => JSON.parse(word) as Step),
      environment,
    )
    return { kind: 'started' }
  }

  async inspect(names: readonly string[]): Promise<Map<string, Observation>> {
    return new Map(names.map((name) => [name, observationOf(this.#engine.attempts.get(name))]))
  }

  async stop(name: string): Promise<void> {
    const attempt = this.#engine.attempts.get(name)
    attempt?.stop()
    while (attempt && !attempt.end) await attempt.changed.promise
  }

  async remove(name: string): Promise<void> {
    await this.stop(name)
    this.#engine.attempts.delete(name)
  }

  async *streamLogs(name: string, cursor: string | undefined, signal: AbortSignal): AsyncGenerator<LogEntry[]> {
    const attempt = this.#engine.attempts.get(name)
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    for (let given = Number(cursor ?? 0); attempt && !signal.aborted; ) {
      const lines = attempt.lines.slice(given).map((message, index) => ({ message, cursor: String(given + index + 1) }))
      given += lines.length
      if (lines.length > 0) yield lines.map((line) => ({ atMs: attempt.startedAtMs, ...line }))
      else if (attempt.end) return
      else await Promise.race([attempt.changed.promise, aborted])
    }
  }

  list = async () => [...this.#engine.attempts.keys()]
  close = async () => {}
  health = async () => {
    const hosts = [{ hostName: 'perch', vcpus: this.#perches, memoryMib: 1024, gpus: 0 }]
    return { kind: 'healthy', hosts, notes: [] } as const
  }
}

function observationOf(attempt: Attempt | undefined): Observation {
  if (!attempt) return { kind: 'absent' }
  const { startedAtMs, end } = attempt
  if (!end) return { kind: 'running', startedAtMs }
  return { kind: 'exited', exitCode: end.exitCode, outOfMemory: false, startedAtMs, stoppedAtMs: end.atMs }
}

function repeated(text: string, times: number | undefined): string[] {
  const all = times === undefined ? [text] : Array.from({ length: times }, (_, index) => `${text} ${index + 1}`)
  return all.filter((line) => line !== '')
}

function tell(attempt: Attempt): void {
  attempt.changed.resolve()
  attempt.changed = Promise.withResolvers<void>()
}
