/** The capacity that service environments and their quota shares may request. */
import { describe, expect, test } from 'vitest'
import type {
  CapacityLimit,
  CreateQuotaShareRequest,
  CreateServiceEnvironmentRequest,
  QuotaShareDetail,
  ServiceEnvironmentDetail,
} from '../../model/generated/batch.ts'
import { refuse, refuseWrapped } from '../../model/refusal.ts'
import { normaliseSharing, validateCreateQuotaShare, validateUpdateQuotaShare } from '../quota-share/check.ts'
import { validateCreateServiceEnvironment, validateUpdateServiceEnvironment } from './check.ts'

const instances = (maxCapacity: number): CapacityLimit => ({ maxCapacity, capacityUnit: 'NUM_INSTANCES' })
const ofType = (capacityUnit: string, maxCapacity = 1) => ({ maxCapacity, capacityUnit })
const six = [1, 2, 3, 4, 5, 6].map((n) => ofType(`ml.m5.${n}xlarge`))
const invalidUnit = (unit: string) =>
  `Capacity unit '${unit}' is not valid. Valid capacity units: NUM_INSTANCES, or an instance type such as ml.m5.large.`

describe('a service environment', () => {
  const create = (more: Partial<CreateServiceEnvironmentRequest>): CreateServiceEnvironmentRequest => ({
    ...{ serviceEnvironmentName: 's', serviceEnvironmentType: 'SAGEMAKER_TRAINING' },
    capacityLimits: [instances(4)],
    ...more,
  })
  const rows: [text: string, more: Partial<CreateServiceEnvironmentRequest>][] = [
    ['Service environment name should match a valid pattern.', { serviceEnvironmentName: 'a b' }],
    ['At least one capacity limit is required.', { capacityLimits: [] }],
    ['Number of capacity limits exceeds 5.', { capacityLimits: six }],
    ['Max capacity must be more than 0.', { capacityLimits: [instances(0)] }],
    ['Max capacity must be more than 0.', { capacityLimits: [{ capacityUnit: 'ml.m5.large' }] }],
    [
      'Capacity units must specify either number of instances OR instance type',
      { capacityLimits: [instances(1), ofType('ml.m5.large')] },
    ],
    [invalidUnit('m5.large'), { capacityLimits: [ofType('m5.large')] }],
    [invalidUnit(''), { capacityLimits: [ofType('')] }],
    ['Duplicate capacity unit NUM_INSTANCES.', { capacityLimits: [instances(1), { maxCapacity: 1 }] }],
    ['Duplicate capacity unit ml.m5.large.', { capacityLimits: [ofType('ml.m5.large'), ofType('ml.m5.large', 2)] }],
    ['Duplicate capacity unit NUM_INSTANCES.', { capacityLimits: [instances(1), instances(2)] }],
  ]
  test.each(rows)('refused: %s', (text, more) =>
    expect(validateCreateServiceEnvironment(create(more))).toEqual(refuseWrapped(text)),
  )

  test('accepted: by number, and five types', () => {
    expect(validateCreateServiceEnvironment(create({}))).toBeUndefined()
    expect(validateCreateServiceEnvironment(create({ capacityLimits: six.slice(1) }))).toBeUndefined()
    // A limit without a unit counts instances.
    expect(validateCreateServiceEnvironment(create({ capacityLimits: [{ maxCapacity: 1 }] }))).toBeUndefined()
  })

  test('an update is checked like a creation, and against what its queue needs', () => {
    const current: ServiceEnvironmentDetail = { ...create({}), serviceEnvironmentArn: 'arn', status: 'VALID' }
    const update = (capacityLimits: CapacityLimit[], hasQuotaShares: boolean, status = current.status) =>
      validateUpdateServiceEnvironment(
        { ...current, ...(status && { status }) },
        { serviceEnvironment: 's', capacityLimits },
        hasQuotaShares,
      )
    expect(update([instances(9)], false)).toBeUndefined()
    expect(update([ofType('ml.m5.large')], true)).toBeUndefined()
    expect(update([instances(0)], false)).toEqual(refuseWrapped('Max capacity must be more than 0.'))
    expect(update([instances(9)], true)).toEqual(
      refuseWrapped(
        'The service environment of a job queue with a quota share scheduling policy must have capacity limits by instance type, not NUM_INSTANCES.',
      ),
    )
    expect(update([instances(9)], false, 'CREATING')).toEqual(refuse('Cannot update, resource is being modified'))
  })
})

describe('a quota share', () => {
  const offered = [ofType('ml.m5.large', 10), ...six]
  const create = (more: Partial<CreateQuotaShareRequest>): CreateQuotaShareRequest => ({
    ...{ quotaShareName: 'a', jobQueue: 'q', capacityLimits: [ofType('ml.m5.large')] },
    resourceSharingConfiguration: { strategy: 'RESERVE' },
    preemptionConfiguration: { inSharePreemption: 'DISABLED' },
    ...more,
  })
  const rows: [text: string, more: Partial<CreateQuotaShareRequest>][] = [
    ['Quota share name should match a valid pattern.', { quotaShareName: 'a/b' }],
    ['At least one capacity limit is required.', { capacityLimits: [] }],
    ['Number of capacity limits exceeds 5.', { capacityLimits: six }],
    ['Max capacity must be more than 0.', { capacityLimits: [ofType('ml.m5.large', 0)] }],
    [invalidUnit('NUM_INSTANCES'), { capacityLimits: [ofType('NUM_INSTANCES')] }],
    [
      'Capacity unit ml.p4.large is not among the capacity limits of the service environment of the job queue.',
      { capacityLimits: [ofType('ml.p4.large')] },
    ],
    ['Duplicate capacity unit ml.m5.large.', { capacityLimits: [ofType('ml.m5.large'), ofType('ml.m5.large')] }],
    [
      'borrowLimit is only applicable for the strategy LEND_AND_BORROW.',
      { resourceSharingConfiguration: { strategy: 'LEND', borrowLimit: 5 } },
    ],
    [
      'borrowLimit must be at least -1, got -2.',
      { resourceSharingConfiguration: { strategy: 'LEND_AND_BORROW', borrowLimit: -2 } },
    ],
  ]
  test.each(rows)('refused: %s', (text, more) => {
    expect(validateCreateQuotaShare(create(more), offered)).toEqual(refuseWrapped(text))
    const { quotaShareName: renamed, ...update } = more
    const current: QuotaShareDetail = { quotaShareName: 'a', status: 'VALID' }
    const verdict = validateUpdateQuotaShare(current, { quotaShareArn: 'arn', ...update }, offered)
    expect(verdict).toEqual(renamed === undefined ? refuseWrapped(text) : undefined)
  })

  test('accepted, and shown with the limit of its borrowing', () => {
    expect(validateCreateQuotaShare(create({}), offered)).toBeUndefined()
    const sharing = { strategy: 'LEND_AND_BORROW' } as const
    expect(validateCreateQuotaShare(create({ resourceSharingConfiguration: sharing }), offered)).toBeUndefined()
    expect(normaliseSharing(sharing)).toEqual({ strategy: 'LEND_AND_BORROW', borrowLimit: -1 })
    expect(normaliseSharing({ ...sharing, borrowLimit: 200 })).toEqual({ ...sharing, borrowLimit: 200 })
    expect(normaliseSharing({ strategy: 'LEND' })).toEqual({ strategy: 'LEND' })
  })

  test('is not updated while it is being modified', () => {
    expect(validateUpdateQuotaShare({ status: 'UPDATING' }, { quotaShareArn: 'arn' }, [])).toEqual(
      refuse('Cannot update, resource is being modified'),
    )
  })
})
