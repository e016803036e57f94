/**
 * What a container needs in addition to its name: what all containers of a server share, and what
 * all containers of an attempt share.
 */
import type { Logger } from 'pino'
import type { Driver } from '../../drivers/driver.ts'
import type { Gate } from '../../ground/gate.ts'
import type { Clocks } from '../../ground/looking-clock.ts'
import type { LogStore } from '../../logs/log-store.ts'
import type { PassFailpoint } from '../failpoints.ts'
import type { PendingStarts } from './pending-starts.ts'

/** What all containers of a server share. */
export interface Surroundings extends Clocks {
  readonly logs: Pick<LogStore, 'openWriter'>
  /** Resolves early when the signal is aborted. */
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>
  readonly log: Logger
  readonly failpoint: PassFailpoint
  /** Time between SIGTERM and SIGKILL, for a container that sets none. */
  readonly stopGraceSeconds: number
  /** How long a healthy engine must have denied knowing a container before it counts as lost. */
  readonly lostGraceMs: number
  readonly logCapBytes: number
  readonly removals: Gate
  readonly pending: Pick<PendingStarts, 'note' | 'forget'>
}

/** The attempt that a container belongs to. */
export interface ContainerOwner {
  readonly around: Surroundings
  readonly driver: Driver
  /** The user whose job it is. */
  readonly user: string
  /** Aborted when this server releases the attempt, which runs on. */
  readonly closing: AbortSignal
}
