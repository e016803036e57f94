/** The limits that CloudWatch Logs puts on inputs beyond their shape, in its front end's words. */
import { invalidParameter } from '../../../logs/log-refusal.ts'
import { limits } from '../../../model/limits.ts'
import type { Refusal } from '../../../model/refusal.ts'

const shownCharacters = 100
const nameLengthMax = 512
/** Our limit: CloudWatch's tokens are shorter than this. */
const tokenLengthMax = 2048

/** Returns the first complaint; undefined if there is none. */
export function firstOf(...complaints: (Refusal | undefined)[]): Refusal | undefined {
  return complaints.find((complaint) => complaint !== undefined)
}

function complain(member: string, value: unknown, constraint: string): Refusal {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const shown = text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters)}…`
  const which = `Value '${shown}' at '${member}' failed to satisfy constraint`
  return invalidParameter(`1 validation error detected: ${which}: Member must ${constraint}`)
}

export function complainOfRange(member: string, value: number | undefined, least: number, most?: number) {
  if (value === undefined) return undefined
  if (value < least) return complain(member, value, `have value greater than or equal to ${least}`)
  if (most !== undefined && value > most) return complain(member, value, `have value less than or equal to ${most}`)
  return undefined
}

export function complainOfLength(member: string, value: string | undefined, least: number, most: number) {
  if (value === undefined) return undefined
  if (value.length < least) return complain(member, value, `have length greater than or equal to ${least}`)
  if (value.length > most) return complain(member, value, `have length less than or equal to ${most}`)
  return undefined
}

export function complainOfGroupName(member: string, value: string | undefined): Refusal | undefined {
  return firstOf(
    complainOfLength(member, value, 1, nameLengthMax),
    complainOfPattern(member, value, /^[.\-_/#A-Za-z0-9]*$/, '[\\.\\-_/#A-Za-z0-9]+'),
  )
}

export function complainOfStreamName(member: string, value: string | undefined): Refusal | undefined {
  return firstOf(
    complainOfLength(member, value, 1, nameLengthMax),
    complainOfPattern(member, value, /^[^:*]*$/, '[^:*]*'),
  )
}

function complainOfPattern(member: string, value: string | undefined, pattern: RegExp, written: string) {
  if (value === undefined || pattern.test(value)) return undefined
  return complain(member, value, `satisfy regular expression pattern: ${written}`)
}

const retentions = [
  ...[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731],
  ...[1096, 1827, 2192, 2557, 2922, 3288, 3653],
]

export function complainOfRetention(days: number): Refusal | undefined {
  if (retentions.includes(days)) return undefined
  return complain('retentionInDays', days, `satisfy enum value set: [${retentions.join(', ')}]`)
}

export function complainOfToken(value: string | undefined): Refusal | undefined {
  return complainOfLength('nextToken', value, 1, tokenLengthMax)
}

export function complainOfTimes(input: { startTime?: number; endTime?: number }): Refusal | undefined {
  return firstOf(complainOfRange('startTime', input.startTime, 0), complainOfRange('endTime', input.endTime, 0))
}

export function complainOfStreamNames(names: readonly string[] | undefined): Refusal | undefined {
  if (names === undefined) return undefined
  if (names.length === 0) return complain('logStreamNames', names, 'have length greater than or equal to 1')
  if (names.length > limits.logFilterStreams) {
    return complain('logStreamNames', names, `have length less than or equal to ${limits.logFilterStreams}`)
  }
  return firstOf(...names.map((name, at) => complainOfStreamName(`logStreamNames.${at + 1}.member`, name)))
}
