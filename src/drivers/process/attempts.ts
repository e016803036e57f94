import { lstatSync } from 'node:fs'
import { delay } from '../../ground/timers.ts'
import type { TimeMs } from '../../model/time.ts'
import { DriverUnavailable, type Observation } from '../driver.ts'
import { type FiledState, readGroup, readParties, readState } from './attempt-files.ts'
import type { AttemptPlaces } from './attempt-places.ts'
import { processesIn } from './cgroups.ts'
import { watchDirectory } from './change.ts'
import { isAlive, readBootId, signal as sendSignal, sessionMembers, wake as wakeProcess, worksIn } from './identity.ts'
import type { ShimRun } from './shim-process.ts'

export interface Followed {
  readonly run: ShimRun
  readonly address: string | undefined
  startedAtMs: TimeMs | undefined
  /** Called when the end is known, or when the shim was lost and the files must be read. */
  readonly watchers: Set<() => void>
}

/**
 * How long a directory without a claim counts as being started, if this driver object is not the
 * one that starts it.
 */
const startingMs = 10_000

/**
 * What is known of the attempts. Attempts that this driver object started are known from memory,
 * all others from their files.
 */
export class Attempts {
  readonly #places: AttemptPlaces
  readonly #bootId = readBootId()
  readonly #own = new Map<string, Followed>()
  readonly #ended = new Map<string, Observation>()
  readonly #stuck = new Set<string>()
  readonly #closing = new AbortController()

  constructor(places: AttemptPlaces) {
    this.#places = places
  }

  directoryOf(name: string): string {
    return this.#places.directoryOf(name)
  }

  /** Aborted when the driver is closed. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  state(name: string): FiledState {
    return readState(this.directoryOf(name), this.#bootId)
  }

  observe(name: string): Observation {
    const known = this.#ended.get(name)
    if (known !== undefined) return known
    const followed = this.#own.get(name)
    if (followed?.startedAtMs !== undefined) return running(followed.startedAtMs, followed.address)
    if (followed !== undefined) return { kind: 'starting' }
    const directory = this.directoryOf(name)
    const state = this.state(name)
    switch (state.kind) {
      case 'absent':
        return { kind: 'absent' }
      case 'unclaimed': {
        const made = lstatSync(directory, { throwIfNoEntry: false })
        const ageMs = made ? Date.now() - made.mtimeMs : -1
        return { kind: ageMs >= 0 && ageMs < startingMs ? 'starting' : 'absent' }
      }
      case 'claiming':
        return { kind: 'starting' }
      case 'running':
        if (state.shim !== undefined) wakeProcess(state.shim)
        return running(state.startedAtMs, readGroup(directory)?.address)
      default: {
        const observation = endOf(state)
        // Nobody else can end the processes that the command left.
        if (state.kind === 'lost' || state.kind === 'spoiled')
          for (const pid of this.processesOf(name)) sendSignal(pid, 'SIGKILL')
        this.#ended.set(name, observation)
        return observation
      }
    }
  }

  /** From here on the shim's word counts as the attempt's state. */
  follow(name: string, run: ShimRun, address: string | undefined): void {
    const followed: Followed = { run, address, startedAtMs: undefined, watchers: new Set() }
    this.#own.set(name, followed)
    void run.ended.then(() => {
      this.#own.delete(name)
      for (const wake of [...followed.watchers]) wake()
    })
  }

  /**
   * The start was given up, as its files say. Its shim may be stuck with it, and is no longer
   * asked.
   */
  abandon(name: string): void {
    this.#own.delete(name)
    this.#stuck.add(name)
  }

  /** Whether a process that was killed may still have the attempt's files open. */
  isStuck(name: string): boolean {
    return this.#stuck.has(name)
  }

  /** The attempt's shim, while it is one of ours. */
  followed(name: string): Followed | undefined {
    return this.#own.get(name)
  }

  /**
   * Resolves when the attempt may have ended or `signal` was aborted, at the latest after
   * `atMostMs`. The caller then looks again.
   */
  async settled(name: string, atMostMs: number, signal?: AbortSignal): Promise<void> {
    const followed = this.#own.get(name)
    if (followed !== undefined) return delay(atMostMs, signal, { subscribe: subscriberTo(followed) })
    const watch = watchDirectory(this.directoryOf(name))
    try {
      // The state is read after the watch began, so that no change is missed in between.
      const { kind } = this.observe(name)
      if (kind !== 'running' && kind !== 'starting') return
      await watch.changed(atMostMs, signal)
    } finally {
      watch.close()
    }
  }

  /** All processes of the attempt that still live. Its shim is not one of them. */
  processesOf(name: string): number[] {
    const directory = this.directoryOf(name)
    const parties = readParties(directory)
    if (parties === undefined || parties.bootId !== this.#bootId) return []
    // An idle shim moves on to another attempt, and the processes then belong to that one.
    const isAttempts = !isAlive(parties.shim) || worksIn(parties.shim.pid, directory)
    const { processList } = parties
    const members = new Set(processList === undefined || !isAttempts ? [] : processesIn(processList))
    if (parties.job !== undefined) {
      for (const pid of sessionMembers(parties.job)) members.add(pid)
      // Between its fork and its setsid, the command is not in a session of its own.
      if (isAlive(parties.job)) members.add(parties.job.pid)
    }
    members.delete(parties.shim.pid)
    return [...members]
  }

  /** A stopped shim (a job may send SIGSTOP to its own) would hold its attempt forever. */
  wakeShim(name: string): void {
    const followed = this.#own.get(name)
    if (followed !== undefined) return followed.run.wake()
    const parties = readParties(this.directoryOf(name))
    if (parties?.bootId === this.#bootId) wakeProcess(parties.shim)
  }

  forget(name: string): void {
    this.#ended.delete(name)
    this.#stuck.delete(name)
  }

  throwIfClosed(): void {
    if (this.#closing.signal.aborted) throw new DriverUnavailable('the process driver is closed')
  }

  close(): void {
    this.#closing.abort()
  }
}

/** For `delay` and `changed`: they resume when the followed attempt is settled. */
export function subscriberTo(followed: Followed | undefined) {
  return (resume: () => void) => {
    followed?.watchers.add(resume)
    return () => followed?.watchers.delete(resume)
  }
}

function running(startedAtMs: TimeMs, address: string | undefined): Observation {
  return address === undefined ? { kind: 'running', startedAtMs } : { kind: 'running', startedAtMs, address }
}

type Over = Extract<FiledState, { kind: 'ended' | 'lost' | 'spoiled' | 'failed' }>

function endOf(state: Over): Observation {
  if (state.kind === 'failed') {
    return { kind: 'exited', outOfMemory: false, stoppedAtMs: state.atMs, reason: state.reason }
  }
  const { startedAtMs, stoppedAtMs } = state
  if (state.kind === 'lost') return { kind: 'lost', startedAtMs, stoppedAtMs, why: state.reason }
  if (state.kind === 'spoiled') {
    return { kind: 'exited', outOfMemory: false, startedAtMs, stoppedAtMs, reason: state.reason }
  }
  const { exitCode, outOfMemory } = state
  return { kind: 'exited', exitCode, outOfMemory, startedAtMs, stoppedAtMs }
}
