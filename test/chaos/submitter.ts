/**
 * Keeps jobs in flight, single and dependent ones, while the server dies and returns, and remembers
 * every acknowledged job.
 */
import { setTimeout as delay } from 'node:timers/promises'
import {
  type BatchClient,
  DescribeJobsCommand,
  SubmitJobCommand,
  TerminateJobCommand,
  TerminateJobsCommand,
} from '@aws-sdk/client-batch'
import type { Acknowledged } from './checker.ts'
import type { Random } from './random.ts'
import { type Kind, type Step, type Takes, terminationReason } from './workload.ts'

export interface Submitter {
  readonly acknowledged: readonly (Acknowledged & { readonly kind: string })[]
  /** The most jobs that were in flight at once, children included. */
  readonly mostInFlight: number
  /** Submits no more. Resolves when every call under way was answered. */
  finish(): Promise<void>
  /**
   * Resolves when all acknowledged jobs have ended, or at the deadline with those that have not.
   */
  ended(withinMs: number): Promise<string[]>
}

export interface SubmitterOptions {
  readonly batch: BatchClient
  /** By kind. */
  readonly jobDefinitionOf: (kind: Kind) => string
  readonly kinds: readonly Kind[]
  readonly inFlight: number
  readonly random: Random
}

const callsAtOnce = 6
const lookEveryMs = 400
/** A terminated job should be found waiting, starting or running. */
const longestLifeMs = 4000
/** The dependency of another job should be found waiting, running or ended. */
const longestPauseMs = 800
const describedAtOnce = 100

export function startSubmitter({ batch, jobDefinitionOf, kinds, inFlight, random }: SubmitterOptions): Submitter {
  const acknowledged: (Acknowledged & { kind: string })[] = []
  /** Job id → how many jobs it counts for. */
  const live = new Map<string, number>()
  const drawn = kinds.flatMap((kind) => Array<Kind>(kind.weight).fill(kind))
  let finishing = false
  let begun = 0
  let asked = 0
  let counted = 0
  let mostInFlight = 0
  const terminations: Promise<unknown>[] = []

  // Each kind occurs once before any is drawn, so that none is missing.
  const nextKind = () => kinds[begun++] ?? random.pick(drawn)

  async function submitKind(): Promise<void> {
    const kind = nextKind()
    const sizes = kind.steps.map(({ expected }) => expected.children ?? 1)
    counted += sizes.reduce((sum, size) => sum + size)
    const ids: string[] = []
    for (const [index, step] of kind.steps.entries()) {
      if (index > 0) await delay(random.between(0, longestPauseMs))
      ids.push(await submitStep(kind, step, ids))
      live.set(ids[index]!, sizes[index]!)
    }
  }

  async function submitStep(kind: Kind, step: Step, earlier: readonly string[]): Promise<string> {
    const { expected, isSequential = false, submit, terminated, takes = {} } = step
    const jobName = `${kind.name}-${asked++}`
    const needs = (step.needs ?? []).map(({ step: of, child, type }) => ({
      jobId: child === undefined ? earlier[of]! : `${earlier[of]}:${child}`,
      ...(type ? { type } : {}),
    }))
    const dependsOn = [...needs, ...(isSequential ? [{ type: 'SEQUENTIAL' as const }] : [])]
    const input = {
      ...{ jobName, jobQueue: 'default', jobDefinition: jobDefinitionOf(kind), ...submit },
      ...(dependsOn.length > 0 ? { dependsOn } : {}),
      ...(Object.keys(takes).length > 0 ? { consumableResourcePropertiesOverride: consumables(takes) } : {}),
    }
    const { jobId } = await batch.send(new SubmitJobCommand(input))
    const taken = step.takesOfDefinition ?? takes
    acknowledged.push({ jobId: jobId!, jobName, kind: kind.name, expected, needs, isSequential, takes: taken })
    if (terminated) terminations.push(terminate(jobId!, random.between(0, longestLifeMs), random.between(0, 1) === 1))
    return jobId!
  }

  async function terminate(jobId: string, afterMs: number, inBulk: boolean): Promise<void> {
    await delay(afterMs)
    const reason = terminationReason
    if (inBulk) await batch.send(new TerminateJobsCommand({ jobs: [jobId], reason }))
    else await batch.send(new TerminateJobCommand({ jobId, reason }))
  }

  async function submitOn(): Promise<void> {
    while (!finishing) {
      if (counted < inFlight) await submitKind()
      else await delay(lookEveryMs / 4)
      mostInFlight = Math.max(mostInFlight, counted)
    }
  }

  async function look(): Promise<void> {
    const ids = [...live.keys()]
    for (let from = 0; from < ids.length; from += describedAtOnce) {
      const { jobs = [] } = await batch.send(new DescribeJobsCommand({ jobs: ids.slice(from, from + describedAtOnce) }))
      for (const { jobId, status } of jobs) {
        if (status !== 'SUCCEEDED' && status !== 'FAILED') continue
        counted -= live.get(jobId!) ?? 0
        live.delete(jobId!)
      }
    }
  }

  async function lookOn(): Promise<void> {
    while (!finishing) {
      await look()
      await delay(lookEveryMs)
    }
  }

  const work = Promise.all([lookOn(), ...Array.from({ length: callsAtOnce }, submitOn)])
  // `finish` reports it. Until then nobody listens.
  work.catch(() => {})
  return {
    acknowledged,
    get mostInFlight() {
      return mostInFlight
    },
    async finish() {
      finishing = true
      await work
      await Promise.all(terminations)
    },
    async ended(withinMs) {
      const deadline = Date.now() + withinMs
      for (;;) {
        await look()
        if (live.size === 0 || Date.now() > deadline) return [...live.keys()]
        await delay(lookEveryMs)
      }
    },
  }
}

function consumables(takes: Takes) {
  return {
    consumableResourceList: Object.entries(takes).map(([consumableResource, quantity]) => ({
      consumableResource,
      quantity,
    })),
  }
}
