/**
 * The imaginary engine: which attempts exist, what the clock says about them, and whether the
 * engine can be reached.
 */

import { randomUUID } from 'node:crypto'
import { stableBytes } from '../../ground/stable-id.ts'
import type { TimeMs } from '../../model/time.ts'
import { type AttemptSpec, DriverUnavailable, type Observation } from '../driver.ts'
import type { ScriptedClock } from './clock.ts'
import { type EvidenceFile, openEvidence } from './evidence.ts'
import { type Journal, type JournalRecord, openJournal } from './journal.ts'
import { type Play, play } from './play.ts'
import type { ScriptStep } from './script.ts'

export interface ScriptedAttempt {
  readonly name: string
  readonly jobId: string
  readonly attempt: number
  readonly nonce: string
  readonly startedAtMs: TimeMs
  readonly steps: ScriptStep[]
  /** Why the attempt does not run before `startedAtMs`. */
  readonly pending?: string
  readonly address?: string
  stop?: { atMs: TimeMs; killAtMs: TimeMs }
  lostAtMs?: TimeMs
  play: Play
  /** Whether its line of evidence is written. */
  told: boolean
  cancelTelling?: () => void
  /** Called when the attempt's play changed or the attempt was removed. */
  readonly watchers: Set<() => void>
}

export interface ScriptedEngineOptions {
  readonly clock: ScriptedClock
  readonly directory?: string | undefined
  readonly evidenceFile?: string | undefined
}

const retryTellingMs = 1000

export class ScriptedEngine {
  readonly #clock: ScriptedClock
  readonly #attempts = new Map<string, ScriptedAttempt>()
  /** When each open gate was opened. */
  readonly #gates = new Map<string, TimeMs>()
  readonly #watchers = new Set<() => void>()
  readonly #outages = new Map<string, Play['outages']>()
  readonly #outageOrders: (() => void)[] = []
  readonly #evidence: EvidenceFile | undefined
  readonly #journal: Journal | undefined
  #awayWhy: string | undefined
  #lastStopAtMs = 0
  #closed = false

  constructor({ clock, directory, evidenceFile }: ScriptedEngineOptions) {
    this.#clock = clock
    if (evidenceFile !== undefined) this.#evidence = openEvidence(evidenceFile)
    if (directory !== undefined)
      this.#journal = openJournal(
        directory,
        (record) => this.#apply(record),
        () => this.#snapshot(),
      )
    for (const attempt of this.#attempts.values()) this.#replay(attempt)
  }

  get attempts(): ReadonlyMap<string, ScriptedAttempt> {
    return this.#attempts
  }

  observe(name: string): Observation {
    const attempt = this.#attempts.get(name)
    if (attempt === undefined) return { kind: 'absent' }
    const { startedAtMs, address, pending } = attempt
    const { ending } = attempt.play
    const now = this.#clock.now()
    if (ending.kind === 'exits' && ending.atMs < startedAtMs && ending.atMs <= now) {
      return { kind: 'exited', outOfMemory: false, stoppedAtMs: ending.atMs }
    }
    if (ending.kind === 'lost' && ending.atMs <= now) {
      const began = ending.atMs < startedAtMs ? {} : { startedAtMs }
      return { kind: 'lost', ...began, stoppedAtMs: ending.atMs, why: 'its host went away on order' }
    }
    if (startedAtMs > now) return { kind: 'starting', ...(pending === undefined ? {} : { why: pending }) }
    if (ending.kind === 'waits' || ending.atMs > now) {
      return { kind: 'running', startedAtMs, ...(address === undefined ? {} : { address }) }
    }
    if (ending.kind !== 'exits') return { kind: 'absent' }
    const { exitCode, outOfMemory, atMs: stoppedAtMs } = ending
    return { kind: 'exited', exitCode, outOfMemory, startedAtMs, stoppedAtMs }
  }

  /** Throws if the journal cannot be written. Nothing was started then. */
  begin(
    { name, jobId, attempt, group }: AttemptSpec,
    steps: ScriptStep[],
    startedAtMs: TimeMs,
    pending?: string,
  ): ScriptedAttempt {
    const record: JournalRecord = {
      ...{ op: 'start', name, jobId, attempt, nonce: randomUUID(), startedAtMs, steps },
      ...(pending === undefined ? {} : { pending }),
      ...(group?.ownAddress ? { address: addressOf(group.name) } : {}),
    }
    this.#journal?.add(record)
    this.#apply(record)
    const begun = this.#attempts.get(name)!
    this.#replay(begun)
    return begun
  }

  requestStop(attempt: ScriptedAttempt, graceSeconds: number): void {
    const now = this.#clock.now()
    const atMs = attempt.stop?.atMs ?? now
    const killAtMs = Math.min(attempt.stop?.killAtMs ?? Number.POSITIVE_INFINITY, now + graceSeconds * 1000)
    if (attempt.stop?.killAtMs === killAtMs) return
    this.#journal?.add({ op: 'stop', name: attempt.name, atMs, killAtMs })
    attempt.stop = { atMs, killAtMs }
    this.#lastStopAtMs = Math.max(this.#lastStopAtMs, now)
    this.#replay(attempt)
  }

  /** Everything that runs is gone at once. */
  loseHosts(): void {
    const atMs = this.#clock.now()
    for (const attempt of this.#attempts.values()) {
      const endMs = endedAtMs(attempt)
      if (endMs !== undefined && endMs <= atMs) continue
      this.#journal?.add({ op: 'lose', name: attempt.name, atMs })
      attempt.lostAtMs = atMs
      this.#replay(attempt)
    }
  }

  remove(name: string): void {
    const attempt = this.#attempts.get(name)
    if (attempt === undefined) return
    const now = this.#clock.now()
    const atMs = endedAtMs(attempt) ?? now
    if (!attempt.told) this.#tell(attempt, Math.min(atMs, now))
    this.#journal?.add({ op: 'remove', name })
    attempt.cancelTelling?.()
    this.#attempts.delete(name)
    this.#outages.delete(name)
    for (const wake of [...attempt.watchers]) wake()
  }

  openGate(gate: string): void {
    if (this.#gates.has(gate)) return
    // Later than every stop so far, so that opening the gate cannot change how a stopped attempt
    // was seen to end.
    const atMs = Math.max(this.#clock.now(), this.#lastStopAtMs + 1)
    this.#journal?.add({ op: 'gate', gate, atMs })
    this.#gates.set(gate, atMs)
    for (const attempt of this.#attempts.values()) if (attempt.play.ending.kind === 'waits') this.#replay(attempt)
  }

  /** Why the engine cannot be reached; undefined when it can. */
  away(): string | undefined {
    if (this.#closed) return 'the driver is closed'
    if (this.#awayWhy !== undefined) return this.#awayWhy
    const now = this.#clock.now()
    for (const [name, windows] of this.#outages) {
      if (windows.some(({ fromMs, toMs }) => fromMs <= now && now < toMs)) return `${name} made it unreachable`
    }
    return undefined
  }

  setAway(why: string | undefined): void {
    this.#awayWhy = why
    this.#wakeAll()
  }

  throwIfAway(): void {
    const why = this.away()
    if (why !== undefined) throw new DriverUnavailable(`the scripted engine cannot be reached: ${why}`)
  }

  /**
   * Resolves at `atMs`, or when the attempt or the engine changed, or when the signal was aborted.
   * The caller then looks again.
   */
  change(attempt: ScriptedAttempt, atMs: TimeMs | undefined, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const wake = () => {
        cancel?.()
        this.#watchers.delete(wake)
        attempt.watchers.delete(wake)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      const cancel = atMs === undefined ? undefined : this.#clock.at(atMs, wake)
      this.#watchers.add(wake)
      attempt.watchers.add(wake)
      signal?.addEventListener('abort', wake)
    })
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const attempt of this.#attempts.values()) attempt.cancelTelling?.()
    for (const cancel of this.#outageOrders) cancel()
    this.#wakeAll()
    this.#journal?.close()
    this.#evidence?.close()
  }

  #wakeAll(): void {
    for (const wake of [...this.#watchers]) wake()
  }

  /** Works out the play again after something happened to the attempt. */
  #replay(attempt: ScriptedAttempt): void {
    attempt.play = play(attempt.steps, {
      startedAtMs: attempt.startedAtMs,
      ...(attempt.stop ? { stop: attempt.stop } : {}),
      ...(attempt.lostAtMs === undefined ? {} : { lostAtMs: attempt.lostAtMs }),
      gateOpenedAtMs: (gate) => this.#gates.get(gate),
    })
    if (attempt.play.outages.length > 0) {
      this.#outages.set(attempt.name, attempt.play.outages)
      for (const { fromMs } of attempt.play.outages) {
        if (fromMs >= this.#clock.now()) this.#outageOrders.push(this.#clock.at(fromMs, () => this.#wakeAll()))
      }
    }
    this.#tellWhenOver(attempt)
    for (const wake of [...attempt.watchers]) wake()
  }

  #tellWhenOver(attempt: ScriptedAttempt): void {
    attempt.cancelTelling?.()
    const atMs = endedAtMs(attempt)
    if (this.#evidence === undefined || attempt.told || atMs === undefined) return
    if (atMs <= this.#clock.now()) this.#tell(attempt, atMs)
    else attempt.cancelTelling = this.#clock.at(atMs, () => this.#tellWhenOver(attempt))
  }

  #tell(attempt: ScriptedAttempt, atMs: TimeMs): void {
    const { name, jobId, nonce, startedAtMs } = attempt
    try {
      // An attempt that was stopped before it started never ran.
      if (atMs >= startedAtMs) {
        this.#evidence?.add({ name, jobId, attempt: attempt.attempt, nonce, startedAt: startedAtMs, endedAt: atMs })
      }
      attempt.told = true
      this.#journal?.add({ op: 'told', name })
    } catch {
      // The disk is full. The run is recorded later, or once more.
      if (attempt.told) return
      attempt.cancelTelling = this.#clock.at(this.#clock.now() + retryTellingMs, () => this.#tellWhenOver(attempt))
    }
  }

  #apply(record: JournalRecord): void {
    if (record.op === 'gate') {
      this.#gates.set(record.gate, record.atMs)
      return
    }
    if (record.op === 'start') {
      const { op: _, ...rest } = record
      this.#attempts.set(rest.name, { ...rest, play: nothingYet, told: false, watchers: new Set() })
      return
    }
    const attempt = this.#attempts.get(record.name)
    if (attempt === undefined) return
    if (record.op === 'stop') attempt.stop = { atMs: record.atMs, killAtMs: record.killAtMs }
    else if (record.op === 'lose') attempt.lostAtMs = record.atMs
    else if (record.op === 'told') attempt.told = true
    else this.#attempts.delete(record.name)
  }

  #snapshot(): JournalRecord[] {
    return [
      ...[...this.#gates].map(([gate, atMs]) => ({ op: 'gate', gate, atMs }) as const),
      ...[...this.#attempts.values()].flatMap(recordsOf),
    ]
  }
}

export function endedAtMs(attempt: ScriptedAttempt): TimeMs | undefined {
  return attempt.play.ending.kind === 'waits' ? undefined : attempt.play.ending.atMs
}

const nothingYet: Play = { prints: [], outages: [], ending: { kind: 'waits' } }

/** Nobody answers at this address. It stays the same for every part of a group. */
function addressOf(group: string): string {
  const [second, third, fourth] = stableBytes(group)
  return `10.${second}.${third}.${1 + (fourth! % 254)}`
}

function recordsOf(begun: ScriptedAttempt): JournalRecord[] {
  const { name, jobId, attempt, nonce, startedAtMs, steps, pending, address, stop, lostAtMs, told } = begun
  const records: JournalRecord[] = [
    {
      ...{ op: 'start', name, jobId, attempt, nonce, startedAtMs, steps },
      ...(pending === undefined ? {} : { pending }),
      ...(address === undefined ? {} : { address }),
    },
  ]
  if (stop) records.push({ op: 'stop', name, ...stop })
  if (lostAtMs !== undefined) records.push({ op: 'lose', name, atMs: lostAtMs })
  if (told) records.push({ op: 'told', name })
  return records
}
