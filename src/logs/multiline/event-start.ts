/**
 * Decides which lines begin a log event, for definitions whose events have several lines. The
 * option is `awslogs-multiline-pattern`, or `awslogs-datetime-format`, which is turned into a
 * pattern as Docker's awslogs driver does. https://docs.docker.com/engine/logging/drivers/awslogs/
 */
import type { EventStartOptions } from '../../model/log-destination.ts'
import { Automaton } from '../regexp/automaton.ts'
import { parseGoRegexp } from '../regexp/go-syntax.ts'
import { RegexpError } from '../regexp/regexp-node.ts'

export interface EventStart {
  /**
   * Whether the line begins an event: whether the pattern matches anywhere in its first characters.
   */
  test(line: string): boolean
}

/**
 * Users write the patterns, and one thread matches them all. So only this many characters of a line
 * are examined, and a compiled pattern is limited in size.
 */
const charactersLookedAt = 4096
const limits = { instructionsMax: 500, statesMax: 500 }
/** Compiled patterns that are cached, however many attempts use one. */
const patternsKept = 64

const kept = new Map<string, EventStart>()

/**
 * Undefined when each line is an event, and when the options are not a valid pattern (`problemOf`).
 * Callers ask again from time to time and do not keep the result.
 */
export function eventStartOf(options: EventStartOptions | undefined): EventStart | undefined {
  const compiled = options && compile(options)
  return compiled && 'test' in compiled ? compiled : undefined
}

/** Returns why the container cannot start, in Docker's words. */
export function problemOf(options: EventStartOptions | undefined): string | undefined {
  const compiled = options && compile(options)
  return compiled && 'problem' in compiled ? compiled.problem : undefined
}

function compile({ datetimeFormat, multilinePattern }: EventStartOptions): EventStart | { readonly problem: string } {
  if (datetimeFormat !== undefined && multilinePattern !== undefined) {
    return {
      problem:
        "you cannot configure log opt 'awslogs-datetime-format' and 'awslogs-multiline-pattern' at the same time",
    }
  }
  const pattern = multilinePattern ?? patternOfFormat(datetimeFormat ?? '')
  const known = kept.get(pattern)
  if (known) return known
  try {
    const automaton = new Automaton(parseGoRegexp(pattern), limits)
    const made = { test: (line: string) => automaton.test(line, Math.min(line.length, charactersLookedAt)) }
    if (kept.size >= patternsKept) kept.delete(kept.keys().next().value!)
    kept.set(pattern, made)
    return made
  } catch (error) {
    if (!(error instanceof RegexpError)) throw error
    return { problem: `awslogs could not parse multiline pattern key "${pattern}": ${error.message}` }
  }
}

const directives: Readonly<Record<string, string>> = {
  a: '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)',
  A: '(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)',
  w: '[0-6]',
  d: '(?:0[1-9]|[12][0-9]|3[01])',
  b: '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)',
  B: '(?:January|February|March|April|May|June|July|August|September|October|November|December)',
  m: '(?:0[1-9]|1[0-2])',
  Y: '[0-9]{4}',
  y: '[0-9]{2}',
  H: '(?:[01][0-9]|2[0-3])',
  I: '(?:0[0-9]|1[0-2])',
  p: '[AP]M',
  M: '[0-5][0-9]',
  S: '[0-5][0-9]',
  f: '[0-9]{6}',
  z: '[+-][0-9]{4}',
  Z: '(?:[A-Z]{1,4}T|UTC)',
  j: '(?:00[1-9]|0[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|36[0-6])',
  L: '\\.[0-9]{3}',
}

/**
 * The text between directives is an expression too, as with Docker: `\[%b %d\]`. An unknown
 * directive matches nothing and is left out.
 */
function patternOfFormat(format: string): string {
  return format.replace(/%(.)/gsu, (_all, letter: string) =>
    Object.hasOwn(directives, letter) ? directives[letter]! : '',
  )
}
