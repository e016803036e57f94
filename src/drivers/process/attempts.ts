import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { TimeMs } from '../../model/time.ts'
import { DriverUnavailable, type Observation } from '../driver.ts'
import { type FiledState, readGroup, readParties, readState, shardOf } from './attempt-files.ts'
import { processesIn } from './cgroups.ts'
import { pause, watchDirectory } from './change.ts'
import { isAlive, readBootId, signal as sendSignal, sessionMembers } from './identity.ts'
import type { ShimRun } from './shim-pool.ts'

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

export function createAttempts(base: string): Attempts {
  const bootId = readBootId()
  const own = new Map<string, Followed>()
  const ended = new Map<string, Observation>()
  const closing = new AbortController()

  const directoryOf = (name: string) => join(base, shardOf(name), name)

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
          const made = statSync(directory, { throwIfNoEntry: false })
          return { kind: made && Date.now() - made.mtimeMs < startingMs ? 'starting' : 'absent' }
        }
        case 'claiming':
          return { kind: 'starting' }
        case 'running':
          return running(state.startedAtMs, readGroup(directory)?.address)
        default: {
          const observation = endOf(state)
          // With its shim killed, nobody else ends what the command may have left.
          if (state.kind === 'lost') for (const pid of attempts.processesOf(name)) sendSignal(pid, 'SIGKILL')
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
      if (followed !== undefined) return pause(atMostMs, signal, subscriberTo(followed))
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
      const members = new Set(parties.processList === undefined ? [] : processesIn(parties.processList))
      if (parties.job !== undefined) {
        for (const pid of sessionMembers(parties.job)) members.add(pid)
        // Between its fork and its setsid it is in no session of its own.
        if (isAlive(parties.job)) members.add(parties.job.pid)
      }
      members.delete(parties.shim.pid)
      return [...members]
    },

    forget: (name) => void ended.delete(name),
    throwIfClosed() {
      if (closing.signal.aborted) throw new DriverUnavailable('the process driver is closed')
    },
    close: () => closing.abort(),
  }
  return attempts
}

/** For `pause` and `changed`: resume when the followed attempt is settled. */
export function subscriberTo(followed: Followed | undefined) {
  return (resume: () => void) => {
    followed?.watchers.add(resume)
    return () => followed?.watchers.delete(resume)
  }
}

function running(startedAtMs: TimeMs, address: string | undefined): Observation {
  return address === undefined ? { kind: 'running', startedAtMs } : { kind: 'running', startedAtMs, address }
}

type Over = Extract<FiledState, { kind: 'ended' | 'lost' | 'stillborn' }>

function endOf(state: Over): Observation {
  if (state.kind === 'stillborn') {
    return { kind: 'exited', outOfMemory: false, stoppedAtMs: state.atMs, reason: stillbornReason }
  }
  const { startedAtMs, stoppedAtMs } = state
  if (state.kind === 'lost') return { kind: 'lost', startedAtMs, stoppedAtMs, why: state.reason }
  const { exitCode, outOfMemory } = state
  return { kind: 'exited', exitCode, outOfMemory, startedAtMs, stoppedAtMs }
}

export const stillbornReason = 'CannotStartContainerError: the attempt was cut off before its command was started'
