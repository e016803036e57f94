/**
 * What a scenario's form does not show: names that lead nowhere, members that contradict one
 * another, and what a server would refuse, by the server's own checks. Everything is checked as far
 * as the form is right.
 */

import { validateCreateComputeEnvironment } from '../src/core/compute-environment/check.ts'
import { type QueueReferences, validateCreateJobQueue } from '../src/core/job-queue/check.ts'
import { validateCreateSchedulingPolicy } from '../src/core/scheduling-policy/check.ts'
import { maxConcurrentTag } from '../src/model/concurrency.ts'
import type { Refusal } from '../src/model/refusal.ts'
import { checkTags } from '../src/model/tags.ts'
import { type Distribution, problemOf, valuesOf } from './distribution.ts'
import type { Complain, IsSound } from './scenario-form.ts'
import type { ComputeEnvironment, JobQueue, ScenarioFields, Stream } from './scenario-schema.ts'
import { environmentRequest, isFargate, policyRequest, queueRequest, refusalText } from './site.ts'

interface Checked {
  readonly fields: ScenarioFields
  readonly isSound: IsSound
  readonly complain: Complain
}

export function checkScenario(checked: Checked): void {
  const { fields, isSound, complain } = checked
  if (isSound('hours') && isSound('warmUpHours') && fields.warmUpHours >= fields.hours)
    complain(['warmUpHours'], 'must be less than hours')
  checkDistribution(checked, ['startSeconds'], fields.startSeconds)
  for (const [name, policy] of entriesOf(fields.schedulingPolicies))
    if (isSound('schedulingPolicies', name))
      refused(checked, ['schedulingPolicies', name], validateCreateSchedulingPolicy(policyRequest(name, policy)))
  for (const [name, environment] of entriesOf(fields.computeEnvironments)) checkEnvironment(checked, name, environment)
  for (const [name, queue] of entriesOf(fields.jobQueues)) checkQueue(checked, name, queue)
  if (!Array.isArray(fields.arrivals)) return
  const names = new Set<string>()
  for (const [at, stream] of fields.arrivals.entries()) {
    if (!isMap(stream)) continue
    if (names.has(stream.name)) complain(['arrivals', String(at)], 'there are two of this name')
    names.add(stream.name)
    checkStream(checked, String(at), stream)
  }
}

function checkEnvironment(checked: Checked, name: string, environment: ComputeEnvironment): void {
  const { fields, isSound, complain } = checked
  const path = ['computeEnvironments', name]
  const kinds = entriesOf(fields.hosts)
  const drivers = new Set(kinds.map(([, { driver }]) => driver))
  const { type, driver, bidPercentage } = environment
  const isDriverKnown = drivers.has(driver) || kinds.some(([kind]) => !isSound('hosts', kind, 'driver'))
  if (kinds.length > 0 && isSound(...path, 'driver') && !isDriverKnown)
    complain([...path, 'driver'], `there is no host of a driver ${driver}`)
  checkOwnTags(checked, path, environment.tags, [])
  if (bidPercentage !== undefined && type !== 'SPOT' && isSound(...path, 'type'))
    complain([...path, 'bidPercentage'], 'is for environments of type SPOT')
  else if (isSound(...path)) {
    const hosts = isSound('hosts') ? fields.hosts : {}
    refused(checked, path, validateCreateComputeEnvironment(environmentRequest(name, environment, hosts)))
  }
}

function checkQueue(checked: Checked, name: string, queue: JobQueue): void {
  const { fields, isSound } = checked
  const path = ['jobQueues', name]
  checkOwnTags(checked, path, queue.tags, [maxConcurrentTag])
  let isWhole = isSound(...path)
  const refersTo = (member: string, what: string, known: unknown, referred: unknown) => {
    if (isSound(...path, member) && !isKnown(checked, [...path, member], what, known, referred)) isWhole = false
  }
  const environments = Array.isArray(queue.computeEnvironments) ? queue.computeEnvironments : []
  for (const environment of environments)
    refersTo('computeEnvironments', 'compute environment', fields.computeEnvironments, environment)
  for (const member of ['schedulingPolicy', 'fairnessBy'] as const)
    if (queue[member] !== undefined) refersTo(member, 'scheduling policy', fields.schedulingPolicies, queue[member])
  if (!isWhole || !environments.every((it) => isSound('computeEnvironments', it))) return
  const references: QueueReferences = {
    computeEnvironment: (environment) => ({
      arn: environment,
      status: 'VALID',
      computeResourcesType: fields.computeEnvironments[environment]!.type as 'EC2',
    }),
    serviceEnvironment: () => undefined,
    schedulingPolicy: (arn) => ({ arn, kind: 'FAIR_SHARE' }),
  }
  refused(checked, path, validateCreateJobQueue(queueRequest(name, queue), references))
}

const sources = ['perHour', 'atSeconds', 'trace'] as const
const shape = ['vcpus', 'memoryMib', 'gpus', 'durationSeconds', 'arraySize'] as const

function checkStream(checked: Checked, at: string, stream: Stream): void {
  const { fields, isSound } = checked
  const path = ['arrivals', at]
  const complain = (member: string, text: string) => checked.complain(member === '' ? path : [...path, member], text)
  const sound = (...members: (keyof Stream)[]) => members.every((member) => isSound(...path, member))
  const { jobQueue, tags } = stream
  if (jobQueue !== undefined && sound('jobQueue'))
    isKnown(checked, [...path, 'jobQueue'], 'job queue', fields.jobQueues, jobQueue)
  const queue = entriesOf(fields.jobQueues).find(([name]) => name === jobQueue)?.[1]
  if (queue?.schedulingPolicy !== undefined && stream.shareIdentifier === undefined)
    complain('shareIdentifier', `is required, as job queue ${jobQueue} has a scheduling policy`)
  checkOwnTags(checked, path, tags, [maxConcurrentTag])
  const refusedTags = sound('tags') ? checkTags(tags) : undefined
  if (refusedTags !== undefined) complain('tags', refusedTags)

  if (sources.filter((member) => stream[member] !== undefined).length !== 1)
    complain('', 'must have one of perHour, atSeconds and trace')
  if (sound('toHour', 'fromHour') && stream.toHour !== undefined && stream.toHour <= stream.fromHour)
    complain('toHour', 'must be after fromHour')
  if (sound('fromHour') && isSound('hours') && stream.fromHour >= fields.hours)
    complain('fromHour', 'must be before hours, when submissions end')
  for (const member of shape) checkDistribution(checked, [...path, member], stream[member])
  if (stream.trace !== undefined) {
    for (const member of shape) if (stream[member] !== undefined) complain(member, 'the trace has its own')
    if (stream.chain !== 1 && sound('chain')) complain('chain', 'the trace has its own')
    return
  }
  if (stream.durationSeconds === undefined) complain('durationSeconds', 'is required')
  if (stream.memoryMib !== undefined && stream.memoryMibPerVcpu !== undefined)
    complain('', 'must have one of memoryMib and memoryMibPerVcpu')

  const whole = (member: 'vcpus' | 'memoryMib' | 'gpus' | 'arraySize', least: number, why = '') => {
    const distribution = stream[member]
    if (distribution === undefined || !sound(member) || problemOf(distribution) !== undefined) return
    const wrong = valuesOf(distribution).find((value) => !Number.isInteger(value) || value < least)
    if (wrong !== undefined) complain(member, `must be a whole number of at least ${least}${why}, not ${wrong}`)
  }
  const environment =
    queue && entriesOf(fields.computeEnvironments).find(([it]) => it === queue.computeEnvironments?.[0])
  if (typeof environment?.[1].type === 'string' && !isFargate(environment[1].type))
    whole('vcpus', 1, ` where compute environments are ${environment[1].type}`)
  whole('memoryMib', 4)
  whole('gpus', 0)
  whole('arraySize', 1)
}

function checkDistribution(
  { isSound, complain }: Checked,
  path: readonly string[],
  distribution: Distribution | undefined,
): void {
  const problem = distribution === undefined || !isSound(...path) ? undefined : problemOf(distribution)
  if (problem !== undefined) complain(path, problem)
}

/** openbatch reads one more tag, which a scenario writes as the environment's `driver`. */
function checkOwnTags(
  { isSound, complain }: Checked,
  path: readonly string[],
  tags: Readonly<Record<string, string>>,
  known: readonly string[],
): void {
  if (!isSound(...path, 'tags')) return
  for (const tag of Object.keys(tags ?? {}))
    if (tag.startsWith('openbatch:') && !known.includes(tag))
      complain(
        [...path, 'tags', tag],
        `openbatch reads no such tag here${known.length > 0 ? `, but ${known.join(', ')}` : ''}`,
      )
}

/**
 * Complains about an unknown name, unless the list of names is missing altogether, which is
 * reported already.
 */
function isKnown(
  { complain }: Checked,
  path: readonly string[],
  what: string,
  known: unknown,
  referred: unknown,
): boolean {
  if (!isMap(known) || Object.hasOwn(known, String(referred))) return true
  complain(path, `there is no ${what} ${referred}`)
  return false
}

function refused({ complain }: Checked, path: readonly string[], refusal: Refusal | undefined): void {
  if (refusal) complain(path, refusalText(refusal.message))
}

/** The entries that are maps themselves. The form of the others is reported already. */
function entriesOf<T>(map: Readonly<Record<string, T>>): [string, T][] {
  return isMap(map) ? Object.entries(map).filter(([, value]) => isMap(value)) : []
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
