/** Instances and their types: pages, bounds, and requests that EC2 refuses. */
import { expect, test } from 'vitest'
import { hostOf, hostsSeen, makeWorld } from '../../../core/world.testing.ts'
import type { Instance, InstanceTypeInfo } from '../../../model/generated/ec2.ts'
import type { RequestContext } from '../../context.ts'
import type { Operation } from '../../operation.ts'
import { describeInstanceTypes } from './describe-instance-types.ts'
import { describeInstances } from './describe-instances.ts'

const world = makeWorld()
world.do(hostsSeen(...Array.from({ length: 12 }, (_, n) => hostOf(`h${n}`, { vcpus: n + 1 }))))
const context = { backend: { ...world.state.account, loop: { state: world.state } } } as unknown as RequestContext

interface Answer {
  readonly Reservations?: readonly { readonly Instances: readonly Instance[] }[]
  readonly InstanceTypes?: readonly InstanceTypeInfo[]
  readonly NextToken?: string
}
const call = (operation: Operation, input: object) => operation.handle(input as never, context) as Answer
const namesIn = ({ Reservations, InstanceTypes }: Answer) =>
  Reservations?.flatMap(({ Instances }) => Instances.map(({ InstanceId }) => InstanceId)) ??
  InstanceTypes!.map(({ InstanceType }) => InstanceType)

test.each([
  ['instances', describeInstances],
  ['instance types', describeInstanceTypes],
])('pages of %s have everything once, in order', (_what, operation) => {
  const all = namesIn(call(operation, {}))
  expect(all).toHaveLength(12)
  const paged: unknown[] = []
  let NextToken: string | undefined
  do {
    const page = call(operation, { MaxResults: 5, ...(NextToken && { NextToken }) })
    expect(namesIn(page).length).toBeLessThanOrEqual(5)
    paged.push(...namesIn(page))
    ;({ NextToken } = page)
  } while (NextToken !== undefined)
  expect(paged).toEqual(all)
})

test('a page holds what meets the filters', () => {
  const Filters = [{ Name: 'tag:Name', Values: ['h1*'] }]
  expect(namesIn(call(describeInstances, { Filters }))).toHaveLength(3)
  const small = [{ Name: 'vcpu-info.default-vcpus', Values: ['1', '2'] }]
  expect(namesIn(call(describeInstanceTypes, { Filters: small }))).toHaveLength(2)
})

const ids = (length: number) => Array.from({ length }, (_, n) => `i-${String(n).padStart(17, '0')}`)

test.each<[string, Operation, object, object]>([
  ['a small page', describeInstances, { MaxResults: 4 }, { message: expect.stringContaining('between 5 and 1000') }],
  ['a large page', describeInstanceTypes, { MaxResults: 101 }, { message: expect.stringContaining('5 and 100.') }],
  ['a wrong token', describeInstances, { NextToken: 'x' }, { code: 'InvalidParameterValue' }],
  ['an empty token', describeInstanceTypes, { NextToken: '' }, { code: 'InvalidParameterValue' }],
  [
    'an unknown filter',
    describeInstances,
    { Filters: [{ Name: 'colour', Values: ['x'] }] },
    { message: "The filter 'colour' is invalid" },
  ],
  [
    'a filter of instances',
    describeInstanceTypes,
    { Filters: [{ Name: 'instance-id', Values: ['x'] }] },
    { message: "The filter 'instance-id' is invalid" },
  ],
  ['a filter without a name', describeInstances, { Filters: [{ Values: ['x'] }] }, { code: 'InvalidParameterValue' }],
  [
    'too many values',
    describeInstances,
    { Filters: [{ Name: 'instance-id', Values: ids(201) }] },
    { code: 'FilterLimitExceeded' },
  ],
  ['too many ids', describeInstances, { InstanceIds: ids(1001) }, { code: 'InvalidParameterValue' }],
  ['too many types', describeInstanceTypes, { InstanceTypes: ids(101) }, { code: 'InvalidParameterValue' }],
  [
    'ids with a page',
    describeInstances,
    { InstanceIds: ids(1), MaxResults: 5 },
    { code: 'InvalidParameterCombination' },
  ],
  [
    'a wrong id',
    describeInstances,
    { InstanceIds: ['x'] },
    { code: 'InvalidInstanceID.Malformed', message: 'Invalid id: "x"' },
  ],
  [
    'ids of nothing',
    describeInstances,
    { InstanceIds: ids(2) },
    { code: 'InvalidInstanceID.NotFound', message: `The instance IDs '${ids(2).join(', ')}' do not exist` },
  ],
  ['a dry run', describeInstances, { DryRun: true }, { code: 'DryRunOperation' }],
])('refuses %s', (_what, operation, input, refused) => {
  expect(call(operation, input)).toMatchObject(refused)
})
