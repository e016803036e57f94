import { expect, test } from 'vitest'
import type { ContainerProperties, JobDefinition, SubmitJobRequest } from '../../model/generated/batch.ts'
import { normaliseJobDefinition } from '../job-definition/normalise.ts'
import { request, resolved } from '../submission/resolve.testing.ts'
import { ignoredOverrides } from './ignored-overrides.ts'

const identity = { arn: 'arn:aws:batch:us-west-2:123456789012:job-definition/d:1', revision: 1 }
const resourceRequirements = [
  { type: 'VCPU', value: '1' },
  { type: 'MEMORY', value: '512' },
] as const
const modern: ContainerProperties = { image: 'i', resourceRequirements }
const legacy: ContainerProperties = { image: 'i', vcpus: 1, memory: 512 }
const define = (containerProperties: ContainerProperties): JobDefinition =>
  normaliseJobDefinition({ jobDefinitionName: 'd', type: 'container', containerProperties }, identity)
const ignored = (definition: JobDefinition, submitted: SubmitJobRequest) => {
  const { spec } = resolved(definition, submitted)
  return ignoredOverrides(submitted, spec.workload)
}
const overriding = (containerOverrides: SubmitJobRequest['containerOverrides']) =>
  request(containerOverrides && { containerOverrides })

test.each([
  ['beside requirements of the definition', modern, { vcpus: 2, memory: 1024 }, ['vcpus', 'memory']],
  ['beside one of the overrides', legacy, { vcpus: 2, memory: 1024, resourceRequirements }, ['vcpus', 'memory']],
  [
    'the one of the two that a requirement covers',
    legacy,
    {
      ...{ vcpus: 2, memory: 1024 },
      resourceRequirements: [{ type: 'VCPU', value: '4' }],
    },
    ['vcpus'],
  ],
  ['none beside old members', legacy, { vcpus: 2, memory: 1024 }, []],
  ['none where there is none', modern, { command: ['true'] }, []],
] as const)('ignored: %s', (_what, container, overrides, members) => {
  expect(ignored(define(container), overriding(overrides))).toEqual(members.map((it) => `containerOverrides.${it}`))
})

test('ignored: of a range of nodes', () => {
  const nodeRangeProperties = [
    { targetNodes: '0', container: modern },
    { targetNodes: '1:', container: legacy },
  ]
  const definition = normaliseJobDefinition(
    {
      ...{ jobDefinitionName: 'd', type: 'multinode' },
      nodeProperties: { numNodes: 2, mainNode: 0, nodeRangeProperties },
    },
    identity,
  )
  const nodePropertyOverrides = ['0', '1:'].map((targetNodes) => ({
    targetNodes,
    containerOverrides: { memory: 1024 },
  }))
  expect(ignored(definition, request({ nodeOverrides: { nodePropertyOverrides } }))).toEqual([
    'nodeOverrides of 0: containerOverrides.memory',
  ])
})
