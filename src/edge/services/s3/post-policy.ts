/**
 * The policy of a form: until when it may be posted, and with which fields. Pure.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 */
import type { TimeMs } from '../../../model/time.ts'

export interface PostPolicy {
  readonly expiresAtMs: TimeMs
  readonly conditions: readonly PostCondition[]
}

type PostCondition =
  | { readonly kind: 'eq' | 'starts-with'; readonly field: string; readonly value: string; readonly text: string }
  | SizeRange

interface SizeRange {
  readonly kind: 'content-length-range'
  readonly least: number
  readonly most: number
}

/** A policy that cannot be read (400), or that does not allow the form (403). */
export interface PostPolicyFault {
  readonly fault: 'document' | 'form'
  readonly message: string
}

/** `encoded` is the field of the form. */
export function readPostPolicy(encoded: string): PostPolicy | PostPolicyFault {
  try {
    return readDocument(jsonIn(encoded.trim()))
  } catch (error) {
    if (error instanceof Flaw) return { fault: 'document', message: `Invalid Policy: ${error.message}` }
    throw error
  }
}

/** Thrown and caught in this file only. */
class Flaw extends Error {}

function jsonIn(encoded: string): unknown {
  if (encoded === '') throw new Flaw("Expecting '{' but found End-of-Input")
  if (!/^[A-Za-z0-9+/\s]*={0,2}$/.test(encoded)) throw new Flaw('invalid Base64 encoding.')
  try {
    return JSON.parse(Buffer.from(encoded, 'base64').toString())
  } catch {
    throw new Flaw('Invalid JSON.')
  }
}

function readDocument(value: unknown): PostPolicy {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Flaw('Invalid JSON.')
  const { expiration, conditions, ...more } = value as Record<string, unknown>
  if (expiration === undefined) throw new Flaw('Policy missing expiration.')
  if (conditions === undefined) throw new Flaw('Policy missing conditions.')
  const [unknown] = Object.keys(more)
  if (unknown !== undefined) throw new Flaw(`Unexpected: '${unknown.slice(0, 100)}'.`)
  if (!Array.isArray(conditions)) throw new Flaw("Invalid 'conditions' value: must be a List.")
  return { expiresAtMs: timeOf(expiration), conditions: conditions.map(readCondition) }
}

function timeOf(expiration: unknown): TimeMs {
  const time =
    typeof expiration === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(expiration)
      ? Date.parse(expiration)
      : Number.NaN
  if (Number.isNaN(time)) throw new Flaw(`Invalid 'expiration' value: '${String(expiration).slice(0, 100)}'`)
  return time
}

function readCondition(given: unknown): PostCondition {
  if (typeof given !== 'object' || given === null) throw new Flaw('Invalid condition test: must be a List or Object.')
  if (!Array.isArray(given)) return readSimple(given as Record<string, unknown>)
  const [operator, ...rest] = given as unknown[]
  if (operator === undefined) throw new Flaw('Invalid Condition: missing operation identifier.')
  const kind = String(operator).toLowerCase()
  if (kind !== 'eq' && kind !== 'starts-with' && kind !== 'content-length-range')
    throw new Flaw(`Invalid Condition: unknown operation '${String(operator).slice(0, 100)}'.`)
  const [first, second] = rest
  if (rest.length !== 2) throw new Flaw(`Invalid ${kind}: wrong number of arguments.`)
  if (kind === 'content-length-range') return { kind, least: bytesOf(first), most: bytesOf(second) }
  if (typeof first !== 'string' || !/^\$./.test(first) || typeof second !== 'string') throw new Flaw('Invalid JSON.')
  return { kind, field: first.slice(1).toLowerCase(), value: second, text: JSON.stringify(given) }
}

function readSimple(given: Record<string, unknown>): PostCondition {
  const [only, ...more] = Object.entries(given)
  if (only === undefined || more.length > 0)
    throw new Flaw('Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.')
  const [name, value] = only
  if (typeof value !== 'string') throw new Flaw('Invalid Simple-Condition: value must be a string.')
  return { kind: 'eq', field: name.toLowerCase(), value, text: JSON.stringify(['eq', `$${name}`, value]) }
}

function bytesOf(value: unknown): number {
  const bytes = typeof value === 'string' && /^[0-9]{1,15}$/.test(value) ? Number(value) : value
  if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0)
    throw new Flaw('Invalid content-length-range: not a number of bytes.')
  return bytes
}

export interface PostedForm {
  readonly bucket: string
  /** With the name of the file in it. */
  readonly key: string
  readonly fields: ReadonlyMap<string, string>
}

/** How many bytes the file must have. */
export type AllowedSize = Pick<SizeRange, 'least' | 'most'>

/** Returns what the policy allows the file, or why it does not allow the form. */
export function allowedByPolicy(
  { expiresAtMs, conditions }: PostPolicy,
  { bucket, key, fields }: PostedForm,
  now: TimeMs,
): AllowedSize | PostPolicyFault {
  const refused = (message: string): PostPolicyFault => ({
    ...{ fault: 'form', message: `Invalid according to Policy: ${message}` },
  })
  if (now > expiresAtMs) return refused('Policy expired.')
  const covered = new Set(conditions.flatMap((it) => ('field' in it ? [it.field] : [])))
  const extra = ['bucket', ...fields.keys()].find((name) => !covered.has(name) && !needsNoCondition(name))
  if (extra !== undefined) return refused(`Extra input fields: ${extra}`)
  let [least, most] = [0, Number.MAX_SAFE_INTEGER]
  for (const condition of conditions) {
    if (condition.kind === 'content-length-range') {
      least = Math.max(least, condition.least)
      most = Math.min(most, condition.most)
      continue
    }
    const { field } = condition
    const given = field === 'bucket' ? bucket : field === 'key' ? key : fields.get(field)
    if (given === undefined || !holds(condition, given)) return refused(`Policy Condition failed: ${condition.text}`)
  }
  return { least, most }
}

function holds({ kind, field, value }: Exclude<PostCondition, SizeRange>, given: string): boolean {
  if (kind === 'eq') return given === value
  // A list of types: each of them.
  const all = field === 'content-type' ? given.split(',').map((type) => type.trim()) : [given]
  return all.every((each) => each.startsWith(value))
}

function needsNoCondition(name: string): boolean {
  // A checksum can only refuse the file that comes with it.
  return /^(?:policy|x-amz-signature|file|x-ignore-.*|x-amz-checksum-(?:crc|sha)[a-z0-9]+)$/.test(name)
}
