/**
 * The kinds of jobs that live through the crashes: what each is ordered to do, and what must have
 * become of it.
 */
import type { SubmitJobCommandInput } from '@aws-sdk/client-batch'
import { jobsOfSeveral, timedOutOfSeveral } from './jobs-of-several.ts'
import { type Around, type Definition, scriptedLanguage, shellLanguage } from './language.ts'
import { linkedJobs } from './linked-jobs.ts'
import { commonJobs, realJobs, scriptedJobs, timedOut } from './single-jobs.ts'

export type DriverName = 'scripted' | 'docker' | 'process'

/** What must be true of a job, or of each child of an array, once it has ended. */
export interface Expected {
  readonly status: 'SUCCEEDED' | 'FAILED'
  /** The job's statusReason. */
  readonly reason: RegExp
  /** How many attempts there may be. */
  readonly attempts: { readonly least: number; readonly most: number }
  /** The containers of each attempt: by `n0c1`, or a single one under the empty name. */
  readonly parts: Readonly<Record<string, ExpectedPart>>
  /** For a multi-node job: the part whose exit codes are the job's. */
  readonly mainPart?: string
  readonly children?: number
  readonly parentReason?: RegExp
  /** What differs for one child. */
  readonly ofChild?: (index: number) => Partial<Expected>
}

export interface ExpectedPart {
  /** The exit codes that it may have in attempt number `n` (from 1). Undefined stands for none. */
  exitCodes(n: number): readonly (number | undefined)[]
  /** The lines of each attempt's log, in order. */
  readonly output: readonly string[]
  /** `prefix`: it is stopped on the way. `none`: nothing of it ever runs. */
  readonly runs: 'to its end' | 'prefix' | 'none'
  /** The parts of its attempt that must have ended when it begins. */
  readonly after?: readonly string[]
}

/** One submission. */
export interface Step {
  readonly submit: Pick<
    SubmitJobCommandInput,
    'containerOverrides' | 'retryStrategy' | 'timeout' | 'arrayProperties' | 'consumableResourcePropertiesOverride'
  >
  readonly expected: Expected
  /** Earlier steps of the same kind that it depends on. */
  readonly needs?: readonly { readonly step: number; readonly child?: number; readonly type?: 'N_TO_N' }[]
  readonly isSequential?: true
  /** Terminated a moment after it was submitted. */
  readonly terminated?: true
  /** What each attempt uses of the consumable resources. */
  readonly takes?: Takes
  /** The same, if the definition requests it. */
  readonly takesOfDefinition?: Takes
}

export type Takes = Readonly<Partial<Record<ResourceName, number>>>

export interface Kind {
  readonly name: string
  /** How often the kind is drawn. */
  readonly weight: number
  /** Submitted one after the other. */
  readonly steps: readonly Step[]
  /** Absent: the common definition of all jobs of one container. */
  readonly definition?: (around: Around) => Definition
}

export const terminationReason = 'ended by the test'

/** Few enough licences that jobs wait for them, and tokens enough for all. */
export const resources = {
  licence: { resourceType: 'REPLENISHABLE', totalQuantity: 7 },
  token: { resourceType: 'NON_REPLENISHABLE', totalQuantity: 1_000_000 },
} as const
export type ResourceName = keyof typeof resources

export function kindsOf(driver: DriverName, withTimeouts: boolean): Kind[] {
  const language = driver === 'scripted' ? scriptedLanguage : shellLanguage
  return [
    ...commonJobs(language),
    ...(driver === 'scripted' ? scriptedJobs : realJobs),
    ...linkedJobs(language),
    ...jobsOfSeveral(language),
    ...(withTimeouts ? [timedOut(language), ...timedOutOfSeveral(language)] : []),
  ]
}
