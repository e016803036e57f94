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

/** What is known of the attempts: of those this driver object started from memory, of all others from their files. */
export interface Attempts {
  directoryOf(name: string): string
  state(name: string): FiledState
  observe(name: string): Observation
  /** From here on the shim's word is taken for the attempt's state. */
  follow(name: string, run: ShimRun, address: string | undefined): void
  /** The attempt's shim, while it is one of ours. */
  followed(name: string): Followed | undefined
  /** Resolves when the attempt may have ended or `signal` was aborted, at the latest after `atMostMs`: then look again. */
  settled(name: string, atMostMs: number, signal?: AbortSignal): Promise<void>
  /** All processes of the attempt that still live; its shim is not one of them. */
  processesOf(name: string): number[]
  /** A shim that somebody stopped (a job may send SIGSTOP to its own) would hold its attempt for ever. */
  wakeShim(name: string): void
  forget(name: string): void
  /** Aborted when the driver is closed. */
  readonly closing: AbortSignal
  throwIfClosed(): void
  close(): void
}

export interface Followed {
  readonly run: ShimRun
  readonly address: string | undefined
  startedAtMs: TimeMs | undefined
  /** Called when the end is known, or the shim was lost and the files must tell. */
  readonly watchers: Set<() => void>
}

/** How long a directory without a claim counts as being started, when it is not this driver object that starts it. */
const startingMs = 10_000

export function createAttempts(places: AttemptPlaces): Attempts {
  const bootId = readBootId()
  const own = new Map<string, Followed>()
  const ended = new Map<string, Observation>()
  const closing = new AbortController()

  const directoryOf = (name: string) => places.directoryOf(name)

  const attempts: Attempts = {
    directoryOf,
    closing: closing.signal,
    state: (name) => readState(directoryOf(name), bootId),

    observe(name) {
      const known = ended.get(name)
      if (known !== undefined) return known
      const followed = own.get(name)
      if (followed?.startedAtMs !== undefined) return running(followed.startedAtMs, followed.address)
      if (followed !== undefined) return { kind: 'starting' }
      const directory = directoryOf(name)
      const state = readState(directory, bootId)
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
          // Nobody else may end what the command left.
          if (state.kind === 'lost' || state.kind === 'spoiled')
            for (const pid of attempts.processesOf(name)) sendSignal(pid, 'SIGKILL')
          ended.set(name, observation)
          return observation
        }
      }
    },

    follow(name, run, address) {
      const followed: Followed = { run, address, startedAtMs: undefined, watchers: new Set() }
      own.set(name, followed)
      void run.ended.then(() => {
        own.delete(name)
        for (const wake of [...followed.watchers]) wake()
      })
    },

    followed: (name) => own.get(name),

    async settled(name, atMostMs, signal) {
      const followed = own.get(name)
      if (followed !== undefined) return delay(atMostMs, signal, { subscribe: subscriberTo(followed) })
      const watch = watchDirectory(directoryOf(name))
      try {
        // Looked at after the watch began, so that nothing falls between.
        const { kind } = attempts.observe(name)
        if (kind !== 'running' && kind !== 'starting') return
        await watch.changed(atMostMs, signal)
      } finally {
        watch.close()
      }
    },

    processesOf(name) {
      const parties = readParties(directoryOf(name))
      if (parties === undefined || parties.bootId !== bootId) return []
      // An idle shim goes on to another attempt, whose processes these are then.
      const isAttempts = !isAlive(parties.shim) || worksIn(parties.shim.pid, directoryOf(name))
      const { processList } = parties
      const members = new Set(processList === undefined || !isAttempts ? [] : processesIn(processList))
      if (parties.job !== undefined) {
        for (const pid of sessionMembers(parties.job)) members.add(pid)
        // Between its fork and its setsid it is in no session of its own.
        if (isAlive(parties.job)) members.add(parties.job.pid)
      }
      members.delete(parties.shim.pid)
      return [...members]
    },

    wakeShim(name) {
      const followed = own.get(name)
      if (followed !== undefined) return followed.run.wake()
      const parties = readParties(directoryOf(name))
      if (parties?.bootId === bootId) wakeProcess(parties.shim)
    },

    forget: (name) => void ended.delete(name),
    throwIfClosed() {
      if (closing.signal.aborted) throw new DriverUnavailable('the process driver is closed')
    },
    close: () => closing.abort(),
  }
  return attempts
}

/** For `delay` and `changed`: resume when the followed attempt is settled. */
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
