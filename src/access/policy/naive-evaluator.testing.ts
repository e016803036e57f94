/** Random policies and requests, as plain as a document has them, and a naive evaluator to hold the real one against. */
import fc from 'fast-check'
import type { NamedPolicy, Request } from './evaluate.ts'
import { isMalformed, parsePolicyDocument } from './policy-document.ts'

export interface PlainStatement {
  readonly Effect: 'Allow' | 'Deny'
  readonly Action?: readonly string[]
  readonly NotAction?: readonly string[]
  readonly Resource?: readonly string[]
  readonly NotResource?: readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
}

export type PlainContext = Readonly<Record<string, readonly string[]>>
export interface PlainRequest {
  readonly action: string
  readonly resource: string
  readonly context: PlainContext
}

export function policyOf(statements: readonly PlainStatement[], name = 'p'): NamedPolicy {
  const document = parsePolicyDocument(JSON.stringify({ Version: '2012-10-17', Statement: statements }), 'identity')
  if (isMalformed(document)) throw new Error(document.malformed)
  return { name, document }
}

export function requestOf({ action, resource, context }: PlainRequest): Request {
  return {
    action,
    resource,
    context: new Map(Object.entries(context).map(([key, values]) => [key.toLowerCase(), values])),
  }
}

const letters = ['a', 'b', '*', '?']
const word = fc.array(fc.constantFrom(...letters.slice(0, 2)), { maxLength: 4 }).map((all) => all.join(''))
const pattern = fc.array(fc.constantFrom(...letters, '${aws:username}'), { maxLength: 5 }).map((all) => all.join(''))
export const actions = ['batch:SubmitJob', 'batch:CancelJob', 'batch:DescribeJobs', 's3:GetObject']
export const actionPattern = fc.constantFrom(
  ...['*', 'batch:*', 'batch:?ubmitJob', 'BATCH:submitjob', 's3:Get*', '*'],
  ...actions,
)
const resource = word.map((text) => `arn:aws:batch:us-west-2:1:job-queue/${text}`)
const resourcePattern = fc.oneof(
  fc.constant('*'),
  pattern.map((text) => `arn:aws:batch:us-west-2:1:job-queue/${text}`),
  pattern.map((text) => `arn:*:${text}:*`),
)

/** A kind of value: its keys, its operators, what requests bring and what policies ask for. */
interface Family {
  readonly keys: readonly string[]
  readonly operators: readonly string[]
  readonly requested: fc.Arbitrary<string>
  readonly wanted: fc.Arbitrary<string>
}

const orders = ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals']
const pair = (name: string) => [name, name.replace(/^(String|Arn)/, '$1Not')]
const families: readonly Family[] = [
  {
    keys: ['aws:username', 'aws:TagKeys', 'batch:User'],
    operators: [...pair('StringEquals'), ...pair('StringLike'), ...pair('StringEqualsIgnoreCase')],
    ...{ requested: word, wanted: pattern },
  },
  {
    keys: ['s3:max-keys'],
    operators: orders.map((order) => `Numeric${order}`),
    requested: fc.constantFrom('1', '1.0', '2', '10', '-1', 'ten', ''),
    wanted: fc.constantFrom('1', '2', '1e1', '-1', '.5'),
  },
  {
    keys: ['aws:CurrentTime'],
    operators: orders.map((order) => `Date${order}`),
    requested: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T00:00:00.5Z', '2025-12-31', '1767225600', 'never'),
    wanted: fc.constantFrom('2026-01-01T00:00:00Z', '2026', '2026-01-01T01:00+01:00', '1767225601'),
  },
  {
    keys: ['aws:SecureTransport', 'batch:Privileged'],
    operators: ['Bool'],
    requested: fc.constantFrom('true', 'false', 'TRUE', 'yes'),
    wanted: fc.constantFrom('true', 'false', 'False'),
  },
  {
    keys: ['aws:SourceIp'],
    operators: ['IpAddress', 'NotIpAddress'],
    requested: fc.constantFrom('10.0.0.1', '10.0.1.1', '11.0.0.1', '2001:db8::1', '2001:db8:1::1', '::1', 'localhost'),
    wanted: fc.constantFrom(
      '10.0.0.0/8',
      '10.0.0.0/24',
      '10.0.0.1',
      '0.0.0.0/0',
      '2001:db8::/32',
      '2001:db8::/48',
      '::/0',
    ),
  },
  {
    keys: ['aws:SourceArn'],
    operators: [...pair('ArnEquals'), ...pair('ArnLike')],
    requested: word.map((text) => `arn:aws:s3:::${text}`),
    wanted: fc.oneof(
      fc.tuple(pattern, pattern).map(([service, name]) => `arn:aws:${service}:::${name}`),
      pattern.map((name) => `arn:aws:s?:::${name}`),
      fc.constant('*'),
    ),
  },
]
const quantifier = fc.constantFrom('', '', 'ForAllValues:', 'ForAnyValue:')
const some = <T>(each: fc.Arbitrary<T>) => fc.array(each, { minLength: 1, maxLength: 3 })

const oneCondition: fc.Arbitrary<[string, Record<string, readonly string[]>]> = fc.oneof(
  ...families.map(({ keys, operators, wanted }) =>
    fc.tuple(
      fc
        .tuple(quantifier, fc.constantFrom(...operators), fc.constantFrom('', 'IfExists'))
        .map((parts) => parts.join('')),
      fc.dictionary(fc.constantFrom(...keys), some(wanted), { minKeys: 1, maxKeys: 2 }),
    ),
  ),
  fc
    .tuple(fc.constantFrom(...families.flatMap(({ keys }) => keys)), fc.constantFrom('true', 'false'))
    .map(([key, isAbsent]): [string, Record<string, readonly string[]>] => ['Null', { [key]: [isAbsent] }]),
)
const condition = fc.array(oneCondition, { maxLength: 2 }).map((all) => Object.fromEntries(all))

export const statement: fc.Arbitrary<PlainStatement> = fc
  .record({
    Effect: fc.constantFrom('Allow' as const, 'Allow' as const, 'Deny' as const),
    actions: some(actionPattern),
    resources: some(resourcePattern),
    notActions: fc.boolean(),
    notResources: fc.boolean(),
    Condition: condition,
  })
  .map(({ Effect, actions, resources, notActions, notResources, Condition }) => ({
    Effect,
    [notActions ? 'NotAction' : 'Action']: actions,
    [notResources ? 'NotResource' : 'Resource']: resources,
    Condition,
  }))
export const statements = fc.array(statement, { minLength: 1, maxLength: 4 })

const context: fc.Arbitrary<PlainContext> = fc
  .tuple(
    ...families.map(({ keys, requested }) =>
      fc.dictionary(fc.constantFrom(...keys), fc.array(requested, { maxLength: 3 })),
    ),
  )
  .map((all) => Object.assign({}, ...all))
export const request: fc.Arbitrary<PlainRequest> = fc.record({
  ...{ action: fc.constantFrom(...actions), resource, context },
})

/** By the words of AWS's reference, one after the other, and by regular expressions. */
export function naively(all: readonly PlainStatement[], asked: PlainRequest): 'allowed' | 'denied' | 'notAllowed' {
  const concerned = all.filter(
    ({ Action, NotAction, Resource, NotResource, Condition = {} }) =>
      (Action ?? NotAction)!.some((text) => isLike(asked, text, asked.action, { ignoresCase: true })) ===
        (Action !== undefined) &&
      (Resource ?? NotResource)!.some((text) => isLike(asked, text, asked.resource)) === (Resource !== undefined) &&
      Object.entries(Condition).every(([name, byKey]) =>
        Object.entries(byKey).every(([key, wanted]) => isTrue(asked, name, key, wanted)),
      ),
  )
  if (concerned.some(({ Effect }) => Effect === 'Deny')) return 'denied'
  return concerned.length > 0 ? 'allowed' : 'notAllowed'
}

function isTrue(asked: PlainRequest, name: string, key: string, wanted: readonly string[]): boolean {
  const found = asked.context[key] ?? []
  if (name === 'Null') return wanted.includes(String(found.length === 0))
  const [, quantified, base, ifExists] = /^(?:(.*):)?(.*?)(IfExists)?$/.exec(name)!
  const not = base!.includes('Not')
  const one = (value: string) => wanted.some((text) => isWanted(asked, base!.replace('Not', ''), text, value)) !== not
  if (quantified === 'ForAllValues') return found.every(one)
  if (quantified === 'ForAnyValue') return found.length === 0 ? ifExists !== undefined : found.some(one)
  if (found.length === 0) return not || ifExists !== undefined
  return not ? found.every(one) : found.some(one)
}

/** One value of the policy against one of the request, by an operator without Not. */
function isWanted(asked: PlainRequest, operator: string, wanted: string, value: string): boolean {
  switch (true) {
    case operator.startsWith('String'):
      return isLike(asked, wanted, value, {
        wildcards: operator.endsWith('Like'),
        ignoresCase: operator.endsWith('IgnoreCase'),
      })
    case operator.startsWith('Numeric'):
      return isInOrder(operator, value === '' ? Number.NaN : Number(value), Number(wanted))
    case operator.startsWith('Date'):
      return isInOrder(operator, moment(value), moment(wanted))
    case operator.startsWith('Arn'): {
      // No generated value has a colon in its last part.
      const [parts, values] = [wanted.replaceAll('${aws:username}', '$').split(':'), value.split(':')]
      const part = (text: string) => text.replaceAll('$', '${aws:username}')
      return wanted === '*' || parts.every((text, index) => isLike(asked, part(text), values[index]!))
    }
    case operator === 'IpAddress':
      return isInside(value, wanted)
    default:
      return value.toLowerCase() === wanted.toLowerCase()
  }
}

interface Manner {
  readonly wildcards?: boolean
  readonly ignoresCase?: boolean
}

function isLike(asked: PlainRequest, text: string, value: string, manner: Manner = {}): boolean {
  const { wildcards = true, ignoresCase = false } = manner
  const names = asked.context['aws:username'] ?? []
  const pieces = text.split('${aws:username}')
  if (pieces.length > 1 && names.length !== 1) return false
  const source = pieces
    .map((piece) =>
      piece.replaceAll(/[.*+?^${}()|[\]\\]/g, (c) =>
        wildcards && c === '*' ? '.*' : wildcards && c === '?' ? '.' : `\\${c}`,
      ),
    )
    .join(names[0])
  return new RegExp(`^${source}$`, ignoresCase ? 'si' : 's').test(value)
}

function isInOrder(operator: string, found: number, wanted: number): boolean {
  if (operator.endsWith('LessThan')) return found < wanted
  if (operator.endsWith('LessThanEquals')) return found <= wanted
  if (operator.endsWith('GreaterThan')) return found > wanted
  if (operator.endsWith('GreaterThanEquals')) return found >= wanted
  return found === wanted
}

function moment(text: string): number {
  return /^\d{5,}$/.test(text) ? Number(text) * 1000 : Date.parse(text)
}

/** Compares the first bits of two addresses, each written out in full. */
function isInside(address: string, block: string): boolean {
  const [network = '', prefix] = block.split('/')
  const [found, wanted] = [bitsOf(address), bitsOf(network)]
  if (found === undefined || wanted === undefined || found.length !== wanted.length) return false
  const length = prefix === undefined ? wanted.length : Number(prefix)
  return found.slice(0, length) === wanted.slice(0, length)
}

function bitsOf(address: string): string | undefined {
  if (/^[0-9.]+$/.test(address))
    return address
      .split('.')
      .map((part) => bits(Number(part), 8))
      .join('')
  if (!address.includes(':')) return undefined
  const [before = '', after = ''] = address.split('::')
  const [first, last] = [before, after].map((half) => half.split(':').filter(Boolean))
  const middle = Array<string>(8 - first!.length - last!.length).fill('0')
  return [...first!, ...middle, ...last!].map((part) => bits(Number.parseInt(part, 16), 16)).join('')
}

function bits(value: number, length: number): string {
  return value.toString(2).padStart(length, '0')
}
