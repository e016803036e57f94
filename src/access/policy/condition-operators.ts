/**
 * The operators of a policy's conditions.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
import { isIP } from 'node:net'
import { type ConditionValues, matches, parseTextPattern, type TextPattern } from './text-pattern.ts'

/** Whether a value of the request matches the policy's value. */
export type ValueTest = (requested: string, context: ConditionValues) => boolean

interface Operator {
  /** Set for Not operators. They hold if no value matches, or if the request has no value. */
  readonly negated: boolean
  /** Undefined for a value that the operator cannot take. */
  readonly parse: (value: string, variables: boolean) => ValueTest | undefined
}

type Compare = (requested: number, wanted: number) => boolean

const comparisons: readonly [suffix: string, compare: Compare, negated: boolean][] = [
  ['Equals', (requested, wanted) => requested === wanted, false],
  ['NotEquals', (requested, wanted) => requested === wanted, true],
  ['LessThan', (requested, wanted) => requested < wanted, false],
  ['LessThanEquals', (requested, wanted) => requested <= wanted, false],
  ['GreaterThan', (requested, wanted) => requested > wanted, false],
  ['GreaterThanEquals', (requested, wanted) => requested >= wanted, false],
]

/**
 * By name in lower case, because AWS ignores case. `Null` is missing: it looks at the key and not at
 * its values.
 */
export const operators: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    ...pair('StringEquals', 'StringNotEquals', textTest({ wildcards: false, ignoreCase: false })),
    ...pair('StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase', textTest({ wildcards: false, ignoreCase: true })),
    ...pair('StringLike', 'StringNotLike', textTest({ wildcards: true, ignoreCase: false })),
    ...pair('ArnEquals', 'ArnNotEquals', arnTest),
    ...pair('ArnLike', 'ArnNotLike', arnTest),
    ...pair('IpAddress', 'NotIpAddress', addressTest),
    ...ordered('Numeric', numberOf),
    ...ordered('Date', dateOf),
    Bool: { negated: false, parse: booleanTest },
    BinaryEquals: { negated: false, parse: binaryTest },
  } satisfies Record<string, Operator>).map(([name, operator]) => [name.toLowerCase(), operator]),
)

function pair(positive: string, negative: string, parse: Operator['parse']): Record<string, Operator> {
  return { [positive]: { negated: false, parse }, [negative]: { negated: true, parse } }
}

function ordered(prefix: string, read: (text: string) => number | undefined): Record<string, Operator> {
  return Object.fromEntries(
    comparisons.map(([suffix, compare, negated]) => [prefix + suffix, { negated, parse: orderTest(read, compare) }]),
  )
}

function orderTest(read: (text: string) => number | undefined, compare: Compare): Operator['parse'] {
  return (value) => {
    const wanted = read(value)
    if (wanted === undefined) return undefined
    return (requested) => {
      const found = read(requested)
      return found !== undefined && compare(found, wanted)
    }
  }
}

function textTest({ wildcards, ignoreCase }: { wildcards: boolean; ignoreCase: boolean }): Operator['parse'] {
  return (value, variables) => {
    const pattern = parseTextPattern(value, { wildcards, variables })
    return pattern && ((requested, context) => matches(pattern, requested, context, ignoreCase))
  }
}

/** Compares each of the six parts by itself, with wildcards. ArnEquals and ArnLike are the same. */
function arnTest(value: string, variables: boolean): ValueTest | undefined {
  if (value === '*') return () => true
  const patterns = arnParts(value)?.map((part) => parseTextPattern(part, { wildcards: true, variables }))
  if (patterns === undefined || patterns.includes(undefined)) return undefined
  const parsed = patterns as TextPattern[]
  return (requested, context) => {
    const parts = arnParts(requested)
    return parts !== undefined && parsed.every((pattern, index) => matches(pattern, parts[index]!, context))
  }
}

/** The last part keeps its colons. Colons inside `${…}` do not separate parts. */
function arnParts(text: string): string[] | undefined {
  const parts: string[] = []
  let from = 0
  let depth = 0
  for (let at = 0; at < text.length && parts.length < 5; at++) {
    if (text.startsWith('${', at)) depth++
    else if (text[at] === '}' && depth > 0) depth--
    else if (text[at] === ':' && depth === 0) {
      parts.push(text.slice(from, at))
      from = at + 1
    }
  }
  if (parts.length < 5) return undefined
  return parts[0] === 'arn' || parts[0] === '*' ? [...parts, text.slice(from)] : undefined
}

function addressTest(value: string): ValueTest | undefined {
  const [address = '', prefix, ...more] = value.split('/')
  const network = addressBytes(address)
  if (network === undefined || more.length > 0) return undefined
  const widest = network.length * 8
  const bits = prefix === undefined ? widest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN
  if (!(bits >= 0 && bits <= widest)) return undefined
  return (requested) => {
    const found = requestedBytes(requested)
    return found !== undefined && found.length === network.length && haveSameBits(found, network, bits)
  }
}

/** A request is asked for the same address by each policy. */
let lastRequested: { readonly text: string; readonly bytes: readonly number[] | undefined } | undefined

function requestedBytes(text: string): readonly number[] | undefined {
  if (lastRequested?.text !== text) {
    // A socket for both families shows an IPv4 client as `::ffff:203.0.113.7`.
    const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1]
    lastRequested = { text, bytes: addressBytes(mapped ?? text) }
  }
  return lastRequested.bytes
}

/** 4 or 16 bytes; undefined for what is no address. */
function addressBytes(text: string): readonly number[] | undefined {
  const version = isIP(text)
  if (version === 4) return text.split('.').map(Number)
  if (version !== 6) return undefined
  const [before = '', after] = text.replace(/%.*$/, '').split('::')
  const [head, tail] = [groupBytes(before), groupBytes(after ?? '')]
  return after === undefined ? head : [...head, ...Array<number>(16 - head.length - tail.length).fill(0), ...tail]
}

/** The last group may be an IPv4 address. */
function groupBytes(text: string): number[] {
  return text
    .split(':')
    .filter((group) => group !== '')
    .flatMap((group) => {
      if (group.includes('.')) return group.split('.').map(Number)
      const value = Number.parseInt(group, 16)
      return [value >> 8, value & 0xff]
    })
}

function haveSameBits(a: readonly number[], b: readonly number[], bits: number): boolean {
  const whole = bits >> 3
  for (let at = 0; at < whole; at++) if (a[at] !== b[at]) return false
  const rest = 8 - (bits & 7)
  return rest === 8 || a[whole]! >> rest === b[whole]! >> rest
}

function numberOf(text: string): number | undefined {
  return /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined
}

const w3cDate = /^\d{4}-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2}))?)?$/

/** ms since 1970: from W3C's profile of ISO 8601, or from seconds since 1970. */
function dateOf(text: string): number | undefined {
  if (/^\d{1,12}$/.test(text) && text.length !== 4) return Number(text) * 1000
  if (/^\d{4}$/.test(text)) return Date.parse(`${text}-01-01`)
  const time = w3cDate.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

function booleanTest(value: string): ValueTest | undefined {
  const wanted = value.toLowerCase()
  if (wanted !== 'true' && wanted !== 'false') return undefined
  return (requested) => requested.toLowerCase() === wanted
}

function binaryTest(value: string): ValueTest | undefined {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value)) return undefined
  return (requested) => requested === value
}
