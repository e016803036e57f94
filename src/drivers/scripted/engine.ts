import { randomUUID } from 'node:crypto'
import { stableBytes } from '../../ground/stable-id.ts'
import type { TimeMs } from '../../model/time.ts'
import { type AttemptSpec, DriverUnavailable, type Observation } from '../driver.ts'
import type { ScriptedClock } from './clock.ts'
import { type EvidenceFile, openEvidence } from './evidence.ts'
import { type Journal, type JournalRecord, openJournal } from './journal.ts'
import { type Play, play } from './play.ts'
import type { ScriptStep } from './script.ts'

/** The engine that is not there: which attempts there are, what the clock says of them, whether it can be reached. */

export interface ScriptedAttempt {
  readonly name: string
  readonly jobId: string
  readonly attempt: number
  readonly nonce: string
  readonly startedAtMs: TimeMs
  readonly steps: ScriptStep[]
  readonly address?: string
  stop?: { atMs: TimeMs; killAtMs: TimeMs }
  lostAtMs?: TimeMs
  play: Play
  /** Its line of evidence is written. */
  told: boolean
  cancelTelling?: () => void
  /** Called when its play changed or it was removed. */
  readonly watchers: Set<() => void>
}

export interface ScriptedEngine {
  readonly attempts: ReadonlyMap<string, ScriptedAttempt>
  observe(name: string): Observation
  /** Throws if the journal cannot be written: then nothing was started. */
  begin(spec: AttemptSpec, steps: ScriptStep[], startedAtMs: TimeMs): ScriptedAttempt
  requestStop(attempt: ScriptedAttempt, graceSeconds: number): void
  /** All that runs is gone at once. */
  loseHosts(): void
  remove(name: string): void
  openGate(gate: string): void
  /** Why it cannot be reached; undefined when it can. */
  away(): string | undefined
  setAway(why: string | undefined): void
  throwIfAway(): void
  /** Resolves at `atMs`, or when the attempt or the engine changed, or the signal was aborted: then look again. */
  change(attempt: ScriptedAttempt, atMs: TimeMs | undefined, signal?: AbortSignal): Promise<void>
  close(): void
}

export function endedAtMs(attempt: ScriptedAttempt): TimeMs | undefined {
  return attempt.play.ending.kind === 'waits' ? undefined : attempt.play.ending.atMs
}

const retryTellingMs = 1000

export function createEngine(options: {
  clock: ScriptedClock
  directory?: string | undefined
  evidenceFile?: string | undefined
}): ScriptedEngine {
  const { clock } = options
  const attempts = new Map<string, ScriptedAttempt>()
  const gates = new Map<string, TimeMs>()
  const watchers = new Set<() => void>()
  const outages = new Map<string, Play['outages']>()
  const outageOrders: (() => void)[] = []
  let evidence: EvidenceFile | undefined
  let journal: Journal | undefined
  let awayWhy: string | undefined
  let lastStopAtMs = 0
  let closed = false

  const wakeAll = () => {
    for (const wake of [...watchers]) wake()
  }

  /** Works out the play again after something happened to the attempt. */
  const replay = (attempt: ScriptedAttempt) => {
    attempt.play = play(attempt.steps, {
      startedAtMs: attempt.startedAtMs,
      ...(attempt.stop ? { stop: attempt.stop } : {}),
      ...(attempt.lostAtMs === undefined ? {} : { lostAtMs: attempt.lostAtMs }),
      gateOpenedAtMs: (gate) => gates.get(gate),
    })
    if (attempt.play.outages.length > 0) {
      outages.set(attempt.name, attempt.play.outages)
      for (const { fromMs } of attempt.play.outages) {
        if (fromMs >= clock.now()) outageOrders.push(clock.at(fromMs, wakeAll))
      }
    }
    tellWhenOver(attempt)
    for (const wake of [...attempt.watchers]) wake()
  }

  const tellWhenOver = (attempt: ScriptedAttempt) => {
    attempt.cancelTelling?.()
    const atMs = endedAtMs(attempt)
    if (evidence === undefined || attempt.told || atMs === undefined) return
    if (atMs <= clock.now()) tell(attempt, atMs)
    else attempt.cancelTelling = clock.at(atMs, () => tellWhenOver(attempt))
  }

  const tell = (attempt: ScriptedAttempt, atMs: TimeMs) => {
    const { name, jobId, nonce, startedAtMs } = attempt
    try {
      // What was stopped before it started never ran.
      if (atMs >= startedAtMs) {
        evidence?.add({ name, jobId, attempt: attempt.attempt, nonce, startedAt: startedAtMs, endedAt: atMs })
      }
      attempt.told = true
      journal?.add({ op: 'told', name })
    } catch {
      // A full disk: the run is told later, or once more.
      if (!attempt.told) attempt.cancelTelling = clock.at(clock.now() + retryTellingMs, () => tellWhenOver(attempt))
    }
  }

  const apply = (record: JournalRecord) => {
    if (record.op === 'gate') {
      gates.set(record.gate, record.atMs)
      return
    }
    if (record.op === 'start') {
      const { op: _, ...rest } = record
      attempts.set(rest.name, { ...rest, play: nothingYet, told: false, watchers: new Set() })
      return
    }
    const attempt = attempts.get(record.name)
    if (attempt === undefined) return
    if (record.op === 'stop') attempt.stop = { atMs: record.atMs, killAtMs: record.killAtMs }
    else if (record.op === 'lose') attempt.lostAtMs = record.atMs
    else if (record.op === 'told') attempt.told = true
    else attempts.delete(record.name)
  }

  const snapshot = (): JournalRecord[] => [
    ...[...gates].map(([gate, atMs]) => ({ op: 'gate', gate, atMs }) as const),
    ...[...attempts.values()].flatMap(recordsOf),
  ]

  if (options.evidenceFile !== undefined) evidence = openEvidence(options.evidenceFile)
  if (options.directory !== undefined) journal = openJournal(options.directory, apply, snapshot)
  for (const attempt of attempts.values()) replay(attempt)

  const engine: ScriptedEngine = {
    attempts,
    observe(name) {
      const attempt = attempts.get(name)
      if (attempt === undefined) return { kind: 'absent' }
      const { startedAtMs, address } = attempt
      const { ending } = attempt.play
      const now = clock.now()
      if (ending.kind === 'exits' && ending.atMs < startedAtMs && ending.atMs <= now) {
        return { kind: 'exited', outOfMemory: false, stoppedAtMs: ending.atMs }
      }
      if (ending.kind === 'lost' && ending.atMs <= now) {
        const began = ending.atMs < startedAtMs ? {} : { startedAtMs }
        return { kind: 'lost', ...began, stoppedAtMs: ending.atMs, why: 'its host went away on order' }
      }
      if (startedAtMs > now) return { kind: 'starting' }
      if (ending.kind === 'waits' || ending.atMs > now) {
        return { kind: 'running', startedAtMs, ...(address === undefined ? {} : { address }) }
      }
      if (ending.kind !== 'exits') return { kind: 'absent' }
      const { exitCode, outOfMemory, atMs: stoppedAtMs } = ending
      return { kind: 'exited', exitCode, outOfMemory, startedAtMs, stoppedAtMs }
    },
    begin({ name, jobId, attempt, group }, steps, startedAtMs) {
      const address = group?.ownAddress ? { address: addressOf(group.name) } : {}
      const record = { op: 'start', name, jobId, attempt, nonce: randomUUID(), startedAtMs, steps, ...address } as const
      journal?.add(record)
      apply(record)
      const begun = attempts.get(name)!
      replay(begun)
      return begun
    },
    requestStop(attempt, graceSeconds) {
      const now = clock.now()
      const atMs = attempt.stop?.atMs ?? now
      const killAtMs = Math.min(attempt.stop?.killAtMs ?? Number.POSITIVE_INFINITY, now + graceSeconds * 1000)
      if (attempt.stop?.killAtMs === killAtMs) return
      journal?.add({ op: 'stop', name: attempt.name, atMs, killAtMs })
      attempt.stop = { atMs, killAtMs }
      lastStopAtMs = Math.max(lastStopAtMs, now)
      replay(attempt)
    },
    loseHosts() {
      const atMs = clock.now()
      for (const attempt of attempts.values()) {
        const endMs = endedAtMs(attempt)
        if (endMs !== undefined && endMs <= atMs) continue
        journal?.add({ op: 'lose', name: attempt.name, atMs })
        attempt.lostAtMs = atMs
        replay(attempt)
      }
    },
    remove(name) {
      const attempt = attempts.get(name)
      if (attempt === undefined) return
      const now = clock.now()
      const atMs = endedAtMs(attempt) ?? now
      if (!attempt.told) tell(attempt, Math.min(atMs, now))
      journal?.add({ op: 'remove', name })
      attempt.cancelTelling?.()
      attempts.delete(name)
      outages.delete(name)
      for (const wake of [...attempt.watchers]) wake()
    },
    openGate(gate) {
      if (gates.has(gate)) return
      // After every stop there was, so that opening it cannot change how a stopped attempt was seen to end.
      const atMs = Math.max(clock.now(), lastStopAtMs + 1)
      journal?.add({ op: 'gate', gate, atMs })
      gates.set(gate, atMs)
      for (const attempt of attempts.values()) if (attempt.play.ending.kind === 'waits') replay(attempt)
    },
    away() {
      if (closed) return 'the driver is closed'
      if (awayWhy !== undefined) return awayWhy
      const now = clock.now()
      for (const [name, windows] of outages) {
        if (windows.some(({ fromMs, toMs }) => fromMs <= now && now < toMs)) return `${name} made it unreachable`
      }
      return undefined
    },
    setAway(why) {
      awayWhy = why
      wakeAll()
    },
    throwIfAway() {
      const why = engine.away()
      if (why !== undefined) throw new DriverUnavailable(`the scripted engine cannot be reached: ${why}`)
    },
    change(attempt, atMs, signal) {
      return new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const wake = () => {
          cancel?.()
          watchers.delete(wake)
          attempt.watchers.delete(wake)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        const cancel = atMs === undefined ? undefined : clock.at(atMs, wake)
        watchers.add(wake)
        attempt.watchers.add(wake)
        signal?.addEventListener('abort', wake)
      })
    },
    close() {
      if (closed) return
      closed = true
      for (const attempt of attempts.values()) attempt.cancelTelling?.()
      for (const cancel of outageOrders) cancel()
      wakeAll()
      journal?.close()
      evidence?.close()
    },
  }
  return engine
}

const nothingYet: Play = { prints: [], outages: [], ending: { kind: 'waits' } }

/** Nobody answers there. The same for every part of a group, ever after. */
function addressOf(group: string): string {
  const [second, third, fourth] = stableBytes(group)
  return `10.${second}.${third}.${1 + (fourth! % 254)}`
}

function recordsOf(begun: ScriptedAttempt): JournalRecord[] {
  const { name, jobId, attempt, nonce, startedAtMs, steps, address, stop, lostAtMs, told } = begun
  const own = address === undefined ? {} : { address }
  const records: JournalRecord[] = [{ op: 'start', name, jobId, attempt, nonce, startedAtMs, steps, ...own }]
  if (stop) records.push({ op: 'stop', name, ...stop })
  if (lostAtMs !== undefined) records.push({ op: 'lose', name, atMs: lostAtMs })
  if (told) records.push({ op: 'told', name })
  return records
}
