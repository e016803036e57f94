/** What every part of the start needs to know. */
import type { Logger } from 'pino'
import type { PassFailpoint } from '../failpoints.ts'
import type { Configuration } from './configuration.ts'

export interface Setting {
  readonly configuration: Configuration
  readonly dataDir: string
  readonly log: Logger
  readonly failpoint: PassFailpoint
  readonly now: () => number
  /** Called with an error that the server cannot recover from: the process must stop. */
  readonly onBroken: (error: unknown) => void
}
