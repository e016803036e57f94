import { describe, expect, test } from 'vitest'
import type {
  ComputeEnvironmentDetail,
  ComputeResource,
  ComputeResourceUpdate,
  CreateComputeEnvironmentRequest,
  UpdateComputeEnvironmentRequest,
} from '../../model/generated/batch.ts'
import { refuse, refuseWrapped } from '../../model/refusal.ts'
import { validateCreateComputeEnvironment, validateUpdateComputeEnvironment } from './check.ts'

const ec2: ComputeResource = { type: 'EC2', minvCpus: 0, maxvCpus: 128, instanceRole: 'ecsInstanceRole' }
const fargate: ComputeResource = { type: 'FARGATE', maxvCpus: 16, subnets: ['subnet-1'], securityGroupIds: ['sg-1'] }

function create(
  resources: Partial<ComputeResource>,
  rest: Partial<CreateComputeEnvironmentRequest> = {},
): CreateComputeEnvironmentRequest {
  return { computeEnvironmentName: 'spot', type: 'MANAGED', computeResources: { ...ec2, ...resources }, ...rest }
}

function createFargate(resources: Partial<ComputeResource>): CreateComputeEnvironmentRequest {
  return { computeEnvironmentName: 'spot', type: 'MANAGED', computeResources: { ...fargate, ...resources } }
}

const eks = { eksClusterArn: 'arn:aws:eks:us-west-2:123456789012:cluster/lab', kubernetesNamespace: 'batch' }
const { minvCpus: _, ...withoutMinimum } = ec2
const { instanceRole: __, ...withoutRole } = ec2

describe('create: texts of the live service (docs/aws §1.7, §1.10)', () => {
  const rows: [text: string, request: CreateComputeEnvironmentRequest][] = [
    ['Compute Environment must be created in ENABLED state.', create({}, { state: 'DISABLED' })],
    ['Instance role is required.', { ...create({}), computeResources: withoutRole }],
    ['Resource minvCpus is required.', { ...create({}), computeResources: withoutMinimum }],
    ['desiredvCpus is not applicable for Fargate.', createFargate({ desiredvCpus: 0 })],
    ['minvCpus is not applicable for Fargate.', createFargate({ minvCpus: 0 })],
    ['tags is not applicable for Fargate.', createFargate({ tags: { lab: 'doe' } })],
    ['instanceTypes is not applicable for Fargate.', createFargate({ instanceTypes: ['optimal'] })],
    ['launchTemplate is not applicable for Fargate.', createFargate({ launchTemplate: { launchTemplateId: 'lt-1' } })],
    ['desiredvCpus should be between minvCpus and maxvCpus.', create({ desiredvCpus: 129 })],
    ['Fargate supports a maximum of 5 security groups.', createFargate({ securityGroupIds: Array(6).fill('sg-1') })],
    ['Fargate supports a maximum of 16 subnets.', createFargate({ subnets: Array(17).fill('subnet-1') })],
    [
      'LaunchTemplate.overrides size cannot be greater than 10',
      create({ launchTemplate: { overrides: Array(11).fill({ targetInstanceTypes: ['c5'] }) } }),
    ],
    [
      'LaunchTemplate.overrides.targetInstanceTypes[] is required',
      create({ launchTemplate: { overrides: [{ launchTemplateId: 'lt-1' }] } }),
    ],
    ['Invalid imageType in ComputeResources.ec2Configuration', create({ ec2Configuration: [{ imageType: 'Debian' }] })],
    [
      'Instance type bundles (e.g. optimal, default_x86_64) are not allowed for BEST_FIT_PROGRESSIVE_ORDERED allocation strategy. Specify instance families or types directly.',
      create({ allocationStrategy: 'BEST_FIT_PROGRESSIVE_ORDERED', instanceTypes: ['optimal'] }),
    ],
    [
      'At least one imageKubernetesVersion in EC2Configuration is not supported.',
      create(
        { ec2Configuration: [{ imageType: 'EKS_AL2023', imageKubernetesVersion: '0.9' }] },
        { eksConfiguration: eks },
      ),
    ],
    ['eksClusterArn must be an EKS cluster ARN.', create({}, { eksConfiguration: { ...eks, eksClusterArn: 'lab' } })],
  ]

  test.each(rows)('%s', (text, request) => {
    expect(validateCreateComputeEnvironment(request)).toEqual(refuseWrapped(text))
  })
})

describe('create: texts of our own', () => {
  const rows: [text: string, request: CreateComputeEnvironmentRequest][] = [
    ['Compute Environment name should match a valid pattern.', create({}, { computeEnvironmentName: 'my spot' })],
    ['ComputeResources is required.', { computeEnvironmentName: 'spot', type: 'MANAGED' }],
    ['maxvCpus should not be less than minvCpus, got 1 and 2.', create({ minvCpus: 2, maxvCpus: 1 })],
    ['minvCpus must be at least 0, got -1.', create({ minvCpus: -1 })],
    ['bidPercentage must be between 0 and 100, got 101.', create({ bidPercentage: 101 })],
    [
      'minScaleDownDelayMinutes must be 0 or between 20 and 10080, got 19.',
      create({ scalingPolicy: { minScaleDownDelayMinutes: 19 } }),
    ],
    ['unmanagedvCpus is only applicable for UNMANAGED compute environments.', create({}, { unmanagedvCpus: 4 })],
    [
      'kubernetesNamespace kube-system is not valid.',
      create({}, { eksConfiguration: { ...eks, kubernetesNamespace: 'kube-system' } }),
    ],
    [
      'Compute resources of type FARGATE are not applicable for EKS compute environments.',
      { ...createFargate({}), eksConfiguration: eks },
    ],
    [
      'eksConfiguration is not applicable for UNMANAGED compute environments.',
      { computeEnvironmentName: 'own', type: 'UNMANAGED', serviceRole: 'role', eksConfiguration: eks },
    ],
    ['desiredvCpus should be between minvCpus and maxvCpus.', create({ desiredvCpus: 129 }, { eksConfiguration: eks })],
    [
      'ECS_MANAGED_INSTANCES compute environments are not built in this version of openbatch',
      create({ type: 'ECS_MANAGED_INSTANCES' }),
    ],
    [
      "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50",
      create({}, { tags: Object.fromEntries(Array.from({ length: 51 }, (_none, i) => [`k${i}`, ''])) }),
    ],
  ]

  test.each(rows)('%s', (text, request) => {
    expect(validateCreateComputeEnvironment(request)).toEqual(refuseWrapped(text))
  })
})

describe('create: accepted', () => {
  const rows: [what: string, request: CreateComputeEnvironmentRequest][] = [
    [
      "Terraform's EC2 environment",
      create(
        {
          instanceTypes: ['c4.large'],
          securityGroupIds: ['sg-1'],
          subnets: ['subnet-1'],
          placementGroup: 'lab',
          ec2Configuration: [{ imageType: 'ECS_AL2023' }],
        },
        { serviceRole: 'arn:aws:iam::123456789012:role/service', state: 'ENABLED' },
      ),
    ],
    ["Terraform's Fargate environment", createFargate({ instanceTypes: [], tags: {}, imageId: '' })],
    [
      'a spot environment with a bid',
      create({ type: 'SPOT', bidPercentage: 50, instanceTypes: ['optimal'], spotIamFleetRole: 'arn' }),
    ],
    ['an environment of EKS', create({}, { eksConfiguration: eks })],
    ['a role nobody knows', create({ instanceRole: 'no-such-role' })],
    ['a name at its longest', create({}, { computeEnvironmentName: 'x'.repeat(128) })],
    [
      'an unmanaged environment',
      { computeEnvironmentName: 'own', type: 'UNMANAGED', serviceRole: 'batch', unmanagedvCpus: 8 },
    ],
  ]

  test.each(rows)('%s', (_what, request) => {
    expect(validateCreateComputeEnvironment(request)).toBeUndefined()
  })
})

describe('update', () => {
  const current: ComputeEnvironmentDetail = {
    computeEnvironmentName: 'spot',
    computeEnvironmentArn: 'arn:aws:batch:us-west-2:123456789012:compute-environment/spot',
    type: 'MANAGED',
    status: 'VALID',
    computeResources: { ...ec2, minvCpus: 2, desiredvCpus: 8 },
  }
  const onFargate = { ...current, computeResources: fargate }
  const { computeResources: ___, ...unmanaged } = { ...current, type: 'UNMANAGED' as const }
  const update = (computeResources: ComputeResourceUpdate): UpdateComputeEnvironmentRequest => ({
    computeEnvironment: 'spot',
    computeResources,
  })

  const rows: [text: string, current: ComputeEnvironmentDetail, request: UpdateComputeEnvironmentRequest][] = [
    [
      'Manually scaling down compute environment is not supported.  Disconnecting job queues from compute environment will cause it to scale-down to minvCpus.',
      current,
      update({ desiredvCpus: 7 }),
    ],
    ['desiredvCpus should be between minvCpus and maxvCpus.', current, update({ desiredvCpus: 129 })],
    ['desiredvCpus should be between minvCpus and maxvCpus.', current, update({ maxvCpus: 10, desiredvCpus: 11 })],
    ['maxvCpus should not be less than minvCpus, got 1 and 2.', current, update({ maxvCpus: 1 })],
    ['minvCpus is not applicable for Fargate.', onFargate, update({ minvCpus: 1 })],
    ['Compute environment type cannot be changed from EC2 to FARGATE.', current, update({ type: 'FARGATE' })],
    ['computeResources is not applicable for UNMANAGED compute environments.', unmanaged, update({ maxvCpus: 4 })],
    [
      'unmanagedvCpus is only applicable for UNMANAGED compute environments.',
      current,
      { computeEnvironment: 'spot', unmanagedvCpus: 4 },
    ],
  ]

  test.each(rows)('%s', (text, before, request) => {
    expect(validateUpdateComputeEnvironment(before, request)).toEqual(refuseWrapped(text))
  })

  test.each(['CREATING', 'UPDATING', 'DELETING'] as const)('refused while %s', (status) => {
    expect(validateUpdateComputeEnvironment({ ...current, status }, update({ maxvCpus: 4 }))).toEqual(
      refuse('Cannot update, resource is being modified'),
    )
  })

  test.each<[string, ComputeEnvironmentDetail, UpdateComputeEnvironmentRequest]>([
    ['state alone', current, { computeEnvironment: 'spot', state: 'DISABLED' }],
    ['fewer vCPUs than are in use now', current, update({ maxvCpus: 4 })],
    ['from EC2 to SPOT', current, update({ type: 'SPOT', bidPercentage: 30 })],
    ['from FARGATE to FARGATE_SPOT', onFargate, update({ type: 'FARGATE_SPOT' })],
    ['a broken environment', { ...current, status: 'INVALID' }, update({ instanceRole: 'right' })],
    ['vCPUs of an unmanaged environment', unmanaged, { computeEnvironment: 'own', unmanagedvCpus: 4 }],
  ])('accepted: %s', (_what, before, request) => {
    expect(validateUpdateComputeEnvironment(before, request)).toBeUndefined()
  })
})
