/**
 * Reads a scenario from its YAML text: makes the variants, checks everything before anything runs,
 * and lists every problem at once.
 */
import { parseDocument } from 'yaml'
import { type Rules, rulesOfAws } from '../src/core/state/state.ts'
import { checkScenario, isMap } from './scenario-checks.ts'
import { type Complain, checkForm } from './scenario-form.ts'
import type { ScenarioFields } from './scenario-schema.ts'
import { readSwf, type SwfJob } from './swf.ts'

export interface Scenario extends Omit<ScenarioFields, 'rules'> {
  readonly rules: Rules
  /** The traces that streams name, by name. */
  readonly traces: ReadonlyMap<string, readonly SwfJob[]>
}

export interface ScenarioVariant {
  /** Empty for a scenario without variants. */
  readonly variant: string
  readonly scenario: Scenario
}

/**
 * Everything that is wrong, one line each. A problem that a variant causes begins with
 * `variants.NAME.`
 */
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
  /** Replaces the scenario's own seed. */
  readonly seed?: number | undefined
}

export function loadScenario({ text, readTrace, seed }: ScenarioSources): ScenarioVariant[] {
  const { variants = {}, ...base } = parsed(text)
  const found = new Findings()
  if (!isMap(variants)) throw new ScenarioProblems(['variants: must be a map of names to what each of them changes'])
  const changes = Object.entries(Object.keys(variants).length > 0 ? variants : { '': {} })
  let checked = 0
  const made = changes.flatMap(([variant, change]): ScenarioVariant[] => {
    if (change !== null && !isMap(change)) {
      found.add(variant, true, '', 'must be a map of what it changes')
      return []
    }
    checked++
    const raw = structuredClone(base)
    const complain: Complain = (path, problem) =>
      found.add(variant, setsAny(change ?? {}, path), shown(raw, path), problem)
    patch(raw, structuredClone(change ?? {}), [], complain)
    if (seed !== undefined) raw.seed = seed
    const isSound = checkForm(raw, complain)
    const fields = raw as unknown as ScenarioFields
    checkScenario({ fields, isSound, complain })
    const traces = tracesOf(fields, readTrace, complain)
    return found.none ? [{ variant, scenario: { ...fields, rules: { ...rulesOfAws, ...fields.rules }, traces } }] : []
  })
  if (!found.none) throw new ScenarioProblems(found.lines(checked))
  return made
}

/**
 * The problems of all variants. Problems that all have are the scenario's own, unless a variant
 * itself sets what is wrong.
 */
class Findings {
  readonly #found = new Map<string, Map<string, boolean>>()

  get none(): boolean {
    return this.#found.size === 0
  }

  add(variant: string, isOwn: boolean, where: string, problem: string): void {
    const line = `${where}: ${problem}`
    const variants = this.#found.get(line) ?? new Map<string, boolean>()
    this.#found.set(line, variants.set(variant, isOwn))
  }

  lines(variantCount: number): string[] {
    return [...this.#found].flatMap(([line, variants]) => {
      if (variants.size === variantCount && ![...variants.values()].includes(true)) return [line]
      return [...variants.keys()].map(
        (variant) => `variants.${quotedName(variant)}${line.startsWith(':') ? '' : '.'}${line}`,
      )
    })
  }
}

function parsed(text: string): Record<string, unknown> {
  const document = parseDocument(text)
  if (document.errors.length > 0) throw new ScenarioProblems(document.errors.map(({ message }) => message))
  const value: unknown = document.toJS()
  if (isMap(value)) return value
  throw new ScenarioProblems(['must be a map'])
}

/** Maps are merged, anything else is replaced, and null removes a member. */
function patch(
  base: Record<string, unknown>,
  change: Record<string, unknown>,
  path: readonly string[],
  complain: Complain,
): void {
  for (const [key, value] of Object.entries(change)) {
    const before = base[key]
    if (isMap(value)) {
      const within = isMap(before) ? before : {}
      base[key] = within
      patch(within, value, [...path, key], complain)
    } else if (value !== null) base[key] = value
    else if (key in base) delete base[key]
    else complain([...path, key], 'is not there, and cannot be taken away')
  }
}

/** Whether a variant's change concerns `path`. */
function setsAny(change: unknown, path: readonly string[]): boolean {
  let at = change
  for (const name of path) {
    if (!isMap(at)) return true
    if (!Object.hasOwn(at, name)) return false
    at = at[name]
  }
  return path.length > 0
}

/** Shows streams by their names instead of their positions. */
function shown({ arrivals }: Record<string, unknown>, path: readonly string[]): string {
  const [section, at, ...rest] = path
  const stream: unknown = section === 'arrivals' && Array.isArray(arrivals) ? arrivals[Number(at)] : undefined
  const named = isMap(stream) && typeof stream.name === 'string' ? [section, stream.name, ...rest] : path
  return named.join('.') || 'scenario'
}

/**
 * Quotes a name with more than letters, digits, - and _, because its end would not be visible
 * otherwise.
 */
function quotedName(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : `"${name}"`
}

function tracesOf(
  { arrivals }: ScenarioFields,
  readTrace: (name: string) => string,
  complain: Complain,
): Map<string, readonly SwfJob[]> {
  const traces = new Map<string, readonly SwfJob[]>()
  if (!Array.isArray(arrivals)) return traces
  for (const [at, stream] of arrivals.entries()) {
    const trace: unknown = isMap(stream) ? stream.trace : undefined
    if (typeof trace !== 'string' || traces.has(trace)) continue
    const path = ['arrivals', String(at), 'trace']
    try {
      const { jobs, problems } = readSwf(readTrace(trace))
      for (const problem of problems) complain(path, `${trace}, ${problem}`)
      traces.set(trace, jobs)
    } catch (error) {
      complain(path, (error as Error).message)
    }
  }
  return traces
}
