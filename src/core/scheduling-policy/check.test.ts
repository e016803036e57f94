import { describe, expect, test } from 'vitest'
import type {
  CreateSchedulingPolicyRequest,
  SchedulingPolicyDetail,
  ShareAttributes,
  UpdateSchedulingPolicyRequest,
} from '../../model/generated/batch.ts'
import { refuseWrapped } from '../../model/refusal.ts'
import { normalisePolicy, validateCreateSchedulingPolicy, validateUpdateSchedulingPolicy } from './check.ts'

const fair = (...shareDistribution: ShareAttributes[]): CreateSchedulingPolicyRequest => ({
  name: 'p',
  fairsharePolicy: { shareDistribution },
})
const quotaSharePolicy = { idleResourceAssignmentStrategy: 'FIFO' } as const

describe('create: texts of the live service (docs/aws §1.10)', () => {
  const rows: [text: string, request: CreateSchedulingPolicyRequest][] = [
    ['Scheduling policy name should match a valid pattern.', { name: 'my policy' }],
    ['Scheduling policy name should match a valid pattern.', { name: 'a'.repeat(129) }],
    [
      'ShareDistribution size cannot be greater than 500.',
      fair(...Array.from({ length: 501 }, (_, n) => ({ shareIdentifier: `s${n}` }))),
    ],
    ['Weight factor should be between 0.0001 and 999.9999.', fair({ shareIdentifier: 'a', weightFactor: 0 })],
    ['Weight factor should be between 0.0001 and 999.9999.', fair({ shareIdentifier: 'a', weightFactor: 1000 })],
    ['Share identifier a matches another share identifier a', fair({ shareIdentifier: 'a' }, { shareIdentifier: 'a' })],
    [
      'Share identifier UserA1 matches another share identifier UserA*',
      fair({ shareIdentifier: 'UserA*' }, { shareIdentifier: 'UserA1' }),
    ],
    [
      'Share identifier UserA* matches another share identifier UserA1',
      fair({ shareIdentifier: 'UserA1' }, { shareIdentifier: 'b' }, { shareIdentifier: 'UserA*' }),
    ],
    [
      'Share identifier UserA* matches another share identifier User*',
      fair({ shareIdentifier: 'User*' }, { shareIdentifier: 'UserA*' }),
    ],
    ['ShareIdentifier name should match a valid pattern.', fair({ shareIdentifier: 'a b' })],
    ['ShareIdentifier name should match a valid pattern.', fair({ shareIdentifier: 'a**' })],
    ['ShareIdentifier name should match a valid pattern.', fair({ shareIdentifier: '' })],
  ]
  test.each(rows)('%s', (text, request) => expect(validateCreateSchedulingPolicy(request)).toEqual(refuseWrapped(text)))
})

describe('create: texts of our own', () => {
  const rows: [text: string, request: CreateSchedulingPolicyRequest][] = [
    ['Only one of fairsharePolicy or quotaSharePolicy can be set.', { ...fair(), quotaSharePolicy }],
    [
      'Share decay seconds should be between 0 and 604800.',
      { name: 'p', fairsharePolicy: { shareDecaySeconds: 604_801 } },
    ],
    ['Share decay seconds should be between 0 and 604800.', { name: 'p', fairsharePolicy: { shareDecaySeconds: -1 } }],
    ['Compute reservation should be between 0 and 99.', { name: 'p', fairsharePolicy: { computeReservation: 100 } }],
    ['Compute reservation should be between 0 and 99.', { name: 'p', fairsharePolicy: { computeReservation: -1 } }],
  ]
  test.each(rows)('%s', (text, request) => expect(validateCreateSchedulingPolicy(request)).toEqual(refuseWrapped(text)))
})

test.each<[string, CreateSchedulingPolicyRequest]>([
  ['neither kind', { name: 'p' }],
  ['quota shares', { name: 'p', quotaSharePolicy }],
  ['the ends of all ranges', { name: 'p', fairsharePolicy: { shareDecaySeconds: 604_800, computeReservation: 99 } }],
  [
    'weights at their ends, and names that only look alike',
    fair(
      { shareIdentifier: 'a', weightFactor: 0.0001 },
      { shareIdentifier: 'ab', weightFactor: 999.9999 },
      { shareIdentifier: 'b*' },
    ),
  ],
  ['500 shares', fair(...Array.from({ length: 500 }, (_, n) => ({ shareIdentifier: `s${n}` })))],
])('create: accepted: %s', (_what, request) => expect(validateCreateSchedulingPolicy(request)).toBeUndefined())

describe('update', () => {
  const current = (name: string, request: Partial<CreateSchedulingPolicyRequest>): SchedulingPolicyDetail => ({
    ...{ name, arn: 'arn' },
    ...normalisePolicy({ name, ...request }),
  })
  const rows: [text: string, current: SchedulingPolicyDetail, request: Partial<UpdateSchedulingPolicyRequest>][] = [
    ['A fairsharePolicy cannot be changed to a quotaSharePolicy.', current('fair', {}), { quotaSharePolicy }],
    [
      'A quotaSharePolicy cannot be changed to a fairsharePolicy.',
      current('quota', { quotaSharePolicy }),
      { fairsharePolicy: {} },
    ],
    [
      'Only one of fairsharePolicy or quotaSharePolicy can be set.',
      current('fair', {}),
      { quotaSharePolicy, fairsharePolicy: {} },
    ],
    [
      'Compute reservation should be between 0 and 99.',
      current('fair', {}),
      { fairsharePolicy: { computeReservation: 100 } },
    ],
  ]
  test.each(rows)('%s', (text, before, request) =>
    expect(validateUpdateSchedulingPolicy(before, { arn: 'arn', ...request })).toEqual(refuseWrapped(text)),
  )
})

test('a policy of neither kind is shown as a fair-share policy without shares', () => {
  expect(normalisePolicy({ name: 'p' })).toEqual({
    fairsharePolicy: { shareDecaySeconds: 0, computeReservation: 0, shareDistribution: [] },
  })
  expect(normalisePolicy({ name: 'p', quotaSharePolicy })).toEqual({ quotaSharePolicy })
})
