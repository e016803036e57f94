import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ComputeEnvironmentDetail, ComputeResourceUpdate } from '../../model/generated/batch.ts'
import { mergeComputeEnvironment, normaliseComputeEnvironment } from './shape.ts'

const identity = { arn: 'arn:ce', uuid: 'b6b2f1b0', ecsClusterArn: 'arn:cluster' }

const current: ComputeEnvironmentDetail = {
  computeEnvironmentName: 'spot',
  computeEnvironmentArn: 'arn:ce',
  type: 'MANAGED',
  state: 'ENABLED',
  computeResources: {
    type: 'SPOT',
    minvCpus: 0,
    maxvCpus: 128,
    instanceTypes: ['optimal'],
    imageId: 'ami-1',
    ec2KeyPair: 'lab',
    bidPercentage: 50,
    launchTemplate: { launchTemplateId: 'lt-1', version: '$Latest' },
  },
}

test('a new environment is shown as it was created', () => {
  const computeResources = { type: 'EC2', minvCpus: 0, maxvCpus: 4, instanceRole: 'role' } as const
  expect(
    normaliseComputeEnvironment({ computeEnvironmentName: 'spot', type: 'MANAGED', computeResources }, identity),
  ).toStrictEqual({
    computeEnvironmentName: 'spot',
    computeEnvironmentArn: 'arn:ce',
    ecsClusterArn: 'arn:cluster',
    uuid: 'b6b2f1b0',
    type: 'MANAGED',
    state: 'ENABLED',
    tags: {},
    containerOrchestrationType: 'ECS',
    computeResources: { ...computeResources, instanceTypes: [], subnets: [], securityGroupIds: [], tags: {} },
  })
})

test('an EKS environment has no ECS cluster', () => {
  const eksConfiguration = { eksClusterArn: 'arn:aws:eks:us-west-2:123456789012:cluster/lab', kubernetesNamespace: 'b' }
  const computeResources = { type: 'EC2', maxvCpus: 4 } as const
  const shown = normaliseComputeEnvironment(
    { computeEnvironmentName: 'pods', type: 'MANAGED', computeResources, eksConfiguration },
    identity,
  )
  expect(shown).toMatchObject({ containerOrchestrationType: 'EKS', eksConfiguration })
  expect(shown).not.toHaveProperty('ecsClusterArn')
})

test('instance types are not invented for Fargate, nor resources for an unmanaged environment', () => {
  const fargate = normaliseComputeEnvironment(
    { computeEnvironmentName: 'f', type: 'MANAGED', computeResources: { type: 'FARGATE', maxvCpus: 4 } },
    identity,
  )
  expect(fargate.computeResources).not.toHaveProperty('instanceTypes')
  const unmanaged = normaliseComputeEnvironment(
    { computeEnvironmentName: 'own', type: 'UNMANAGED', computeResources: { type: 'EC2', maxvCpus: 4 } },
    identity,
  )
  expect(unmanaged).not.toHaveProperty('computeResources')
})

describe('an update', () => {
  const update = (computeResources: ComputeResourceUpdate) =>
    mergeComputeEnvironment(current, { computeEnvironment: 'spot', computeResources })

  test('changes only what it gives', () => {
    expect(update({ maxvCpus: 64, instanceTypes: ['c5'] })).toStrictEqual({
      ...current,
      computeResources: { ...current.computeResources, maxvCpus: 64, instanceTypes: ['c5'] },
    })
  })

  test('of the state leaves the resources alone', () => {
    expect(mergeComputeEnvironment(current, { computeEnvironment: 'arn:ce', state: 'DISABLED' })).toStrictEqual({
      ...current,
      state: 'DISABLED',
    })
  })

  test('clears with an empty string', () => {
    const { computeResources } = update({ imageId: '', ec2KeyPair: '', launchTemplate: { launchTemplateId: '' } })
    expect(computeResources).not.toHaveProperty('imageId')
    expect(computeResources).not.toHaveProperty('ec2KeyPair')
    expect(computeResources).not.toHaveProperty('launchTemplate')
  })

  test('leaves no trace of the command to take the latest image', () => {
    expect(update({ updateToLatestImageVersion: true })).toStrictEqual(current)
  })

  test('completes an update policy with its old members, then with the defaults', () => {
    const once = mergeComputeEnvironment(current, {
      computeEnvironment: 'spot',
      updatePolicy: { terminateJobsOnUpdate: true },
    })
    expect(once.updatePolicy).toEqual({ terminateJobsOnUpdate: true, jobExecutionTimeoutMinutes: 30 })
    const twice = mergeComputeEnvironment(once, {
      computeEnvironment: 'spot',
      updatePolicy: { jobExecutionTimeoutMinutes: 5 },
    })
    expect(twice.updatePolicy).toEqual({ terminateJobsOnUpdate: true, jobExecutionTimeoutMinutes: 5 })
  })

  const resources = fc.record(
    {
      minvCpus: fc.nat(),
      maxvCpus: fc.nat(),
      instanceTypes: fc.array(fc.constantFrom('c5', 'm5')),
      imageId: fc.constantFrom('', 'ami-2'),
      bidPercentage: fc.nat(100),
    },
    { requiredKeys: [] },
  )

  test('applied twice equals once, and the current environment is never changed', () => {
    const before = structuredClone(current)
    fc.assert(
      fc.property(resources, (computeResources) => {
        const request = { computeEnvironment: 'spot', computeResources }
        const once = mergeComputeEnvironment(current, request)
        expect(mergeComputeEnvironment(once, request)).toStrictEqual(once)
        expect(current).toStrictEqual(before)
      }),
    )
  })
})
