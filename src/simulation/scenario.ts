/**
 * A scenario from its YAML text: variants made, everything checked before anything runs, and every problem listed at once.
 */
import { Ajv, type ErrorObject } from 'ajv'
import type { TSchema } from 'typebox'
import { parse } from 'yaml'
import { type Rules, rulesOfAws } from '../core/state.ts'
import { type Distribution, problemOf } from './distribution.ts'
import { type ScenarioFields, ScenarioSchema, type Stream } from './scenario-schema.ts'
import { readSwf, type SwfJob } from './swf.ts'

export interface Scenario extends Omit<ScenarioFields, 'rules'> {
  readonly rules: Rules
  /** The traces that streams name, by that name. */
  readonly traces: ReadonlyMap<string, readonly SwfJob[]>
}

export interface ScenarioVariant {
  /** Empty for a scenario without variants. */
  readonly variant: string
  readonly scenario: Scenario
}

/** Everything that is wrong, one line each. */
export class ScenarioProblems extends Error {
  override readonly name = 'ScenarioProblems'
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

export interface ScenarioSources {
  readonly text: string
  /** Reads a trace; throws where it cannot. */
  readonly readTrace: (name: string) => string
  /** Instead of the scenario's own. */
  readonly seed?: number | undefined
}

export function loadScenario({ text, readTrace, seed }: ScenarioSources): ScenarioVariant[] {
  const raw = parsed(text)
  const { variants = {}, ...base } = raw
  if (!isMap(variants) || Object.values(variants).some((it) => it !== null && !isMap(it)))
    throw new ScenarioProblems(['variants: must be a map of names to what each of them changes'])
  const names = Object.keys(variants)
  const problems = new Set<string>()
  const made = (names.length > 0 ? names : ['']).flatMap((variant): ScenarioVariant[] => {
    const patched = patch(structuredClone(base), structuredClone(variants[variant] ?? {})) as Record<string, unknown>
    if (seed !== undefined) patched.seed = seed
    const before = problems.size
    const scenario = checked(patched, readTrace, (problem) => problems.add(problem))
    return problems.size === before && scenario ? [{ variant, scenario }] : []
  })
  if (problems.size > 0) throw new ScenarioProblems([...problems])
  return made
}

function parsed(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = parse(text)
  } catch (error) {
    throw new ScenarioProblems([(error as Error).message])
  }
  if (isMap(value)) return value
  throw new ScenarioProblems(['must be a map'])
}

/** Maps are merged, anything else is replaced, null takes away. */
function patch(base: unknown, change: unknown): unknown {
  if (!isMap(base) || !isMap(change)) return change
  for (const [key, value] of Object.entries(change))
    if (value === null) delete base[key]
    else base[key] = patch(base[key], value)
  return base
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

type Complain = (problem: string) => void

function checked(raw: unknown, readTrace: (name: string) => string, complain: Complain): Scenario | undefined {
  const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: false, verbose: true })
  if (!ajv.validate(ScenarioSchema, raw)) {
    for (const error of told(ajv.errors ?? [])) complain(error)
    return undefined
  }
  const fields = raw as ScenarioFields
  const rules = rulesFrom(fields.rules, complain)
  checkReferences(fields, complain)
  for (const stream of fields.arrivals) checkStream(stream, complain)
  if (fields.warmUpHours >= fields.hours) complain('warmUpHours: must be less than hours')
  if (fields.startSeconds !== undefined) checkDistribution('startSeconds', fields.startSeconds, complain)
  return { ...fields, rules, traces: tracesOf(fields, readTrace, complain) }
}

/** Of a union only what it is as a whole: what each of its forms lacks helps nobody. */
function told(errors: readonly ErrorObject[]): string[] {
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf')
  return errors
    .filter((error) => !unions.some((union) => union !== error && error.schemaPath.startsWith(`${union.schemaPath}/`)))
    .map((error) => {
      const where = error.instancePath.slice(1).replaceAll('/', '.') || 'scenario'
      if (error.keyword === 'anyOf')
        return `${where}: must be ${(error.parentSchema as TSchema & { description: string }).description}`
      const unknown = error.keyword === 'additionalProperties' ? ` (${error.params.additionalProperty})` : ''
      const among = error.keyword === 'enum' ? `: ${(error.params.allowedValues as unknown[]).join(', ')}` : ''
      return `${where}: ${error.message}${unknown}${among}`
    })
}

/** Rules without a value of their own, and one of the kind they take. */
const otherRules = { runningPerUser: 1 } satisfies Partial<Rules>

/** Whatever rules the core has can be set, those too that it gets later. */
function rulesFrom(given: Readonly<Record<string, unknown>>, complain: Complain): Rules {
  const known: Readonly<Record<string, unknown>> = { ...otherRules, ...rulesOfAws }
  for (const [name, value] of Object.entries(given))
    if (!(name in known)) complain(`rules.${name}: there is no such rule; there are ${Object.keys(known).join(', ')}`)
    else if (typeof value !== typeof known[name] || (typeof value === 'number' && !(value >= 0)))
      complain(`rules.${name}: must be a ${typeof known[name]}${typeof value === 'number' ? ' of at least 0' : ''}`)
  return { ...rulesOfAws, ...given }
}

function checkReferences(fields: ScenarioFields, complain: Complain): void {
  const drivers = new Set(Object.values(fields.hosts).map(({ driver }) => driver))
  const isKnown = (where: string, what: string, name: string, known: { has(name: string): boolean }) =>
    known.has(name) || complain(`${where}: there is no ${what} ${name}`)
  const environments = new Set(Object.keys(fields.computeEnvironments))
  const policies = new Set(Object.keys(fields.schedulingPolicies))
  for (const [name, { driver, type, bidPercentage }] of Object.entries(fields.computeEnvironments)) {
    isKnown(`computeEnvironments.${name}.driver`, 'host of a driver', driver, drivers)
    if (bidPercentage !== undefined && type !== 'SPOT')
      complain(`computeEnvironments.${name}.bidPercentage: is for environments of type SPOT`)
  }
  for (const [name, queue] of Object.entries(fields.jobQueues)) {
    for (const environment of queue.computeEnvironments)
      isKnown(`jobQueues.${name}.computeEnvironments`, 'compute environment', environment, environments)
    for (const member of ['schedulingPolicy', 'fairnessBy'] as const)
      if (queue[member] !== undefined)
        isKnown(`jobQueues.${name}.${member}`, 'scheduling policy', queue[member], policies)
  }
  const queues = new Set(Object.keys(fields.jobQueues))
  const names = new Set<string>()
  for (const { name, jobQueue, shareIdentifier } of fields.arrivals) {
    isKnown(`arrivals.${name}.jobQueue`, 'job queue', jobQueue, queues)
    if (names.has(name)) complain(`arrivals.${name}: there are two of this name`)
    names.add(name)
    if (fields.jobQueues[jobQueue]?.schedulingPolicy !== undefined && shareIdentifier === undefined)
      complain(`arrivals.${name}.shareIdentifier: is required, as job queue ${jobQueue} has a scheduling policy`)
  }
}

function checkStream(stream: Stream, complain: Complain): void {
  const where = `arrivals.${stream.name}`
  const sources = (['perHour', 'atSeconds', 'trace'] as const).filter((member) => stream[member] !== undefined)
  if (sources.length !== 1) complain(`${where}: must have one of perHour, atSeconds and trace`)
  if (stream.toHour !== undefined && stream.toHour <= stream.fromHour)
    complain(`${where}.toHour: must be after fromHour`)
  const shape = ['vcpus', 'memoryMib', 'gpus', 'durationSeconds', 'arraySize'] as const
  for (const member of shape)
    if (stream[member] !== undefined) checkDistribution(`${where}.${member}`, stream[member], complain)
  if (stream.trace !== undefined) {
    for (const member of shape) if (stream[member] !== undefined) complain(`${where}.${member}: the trace has its own`)
    if (stream.chain !== 1) complain(`${where}.chain: the trace has its own`)
    return
  }
  if (stream.durationSeconds === undefined) complain(`${where}.durationSeconds: is required`)
  if (stream.memoryMib !== undefined && stream.memoryMibPerVcpu !== undefined)
    complain(`${where}: must have one of memoryMib and memoryMibPerVcpu`)
}

function checkDistribution(where: string, distribution: Distribution, complain: Complain): void {
  const problem = problemOf(distribution)
  if (problem !== undefined) complain(`${where}: ${problem}`)
}

function tracesOf(
  { arrivals }: ScenarioFields,
  readTrace: (name: string) => string,
  complain: Complain,
): Map<string, readonly SwfJob[]> {
  const traces = new Map<string, readonly SwfJob[]>()
  for (const { name, trace } of arrivals) {
    if (trace === undefined || traces.has(trace)) continue
    try {
      const { jobs, problems } = readSwf(readTrace(trace))
      for (const problem of problems) complain(`arrivals.${name}.trace: ${trace}, ${problem}`)
      traces.set(trace, jobs)
    } catch (error) {
      complain(`arrivals.${name}.trace: ${(error as Error).message}`)
    }
  }
  return traces
}
