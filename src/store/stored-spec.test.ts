import { expect, test } from 'vitest'
import { specOf } from './jobs.testing.ts'
import { readSpec } from './stored-spec.ts'

const { workload: _, ...rest } = specOf()
const nodeProperties = {
  numNodes: 2,
  mainNode: 0,
  nodeRangeProperties: [{ targetNodes: ':', container: { image: 'i' } }],
}
const nodeResources = [{ from: 0, to: 1, resources: { vcpus: 1, memoryMib: 64, gpus: 0 } }]

test('a spec is read as it was written', () => {
  expect(readSpec(JSON.stringify(specOf()))).toEqual(specOf())
})

test.each([
  [
    'a single container',
    { container: { image: 'i', command: ['a'] } },
    { kind: 'container', properties: { image: 'i', command: ['a'] } },
  ],
  [
    'an ECS task',
    { container: {}, ecsProperties: { taskProperties: [] } },
    { kind: 'ecsTask', properties: { taskProperties: [] } },
  ],
  [
    'a pod',
    { container: {}, eksProperties: { podProperties: {} } },
    { kind: 'pod', properties: { podProperties: {} } },
  ],
  [
    'several nodes',
    { container: {}, nodeProperties, nodeResources },
    { kind: 'multiNode', properties: nodeProperties, nodes: nodeResources },
  ],
] as const)('a spec from an earlier version is read: %s', (_kind, members, workload) => {
  expect(readSpec(JSON.stringify({ ...rest, ...members }))).toEqual({ ...rest, workload })
})
