import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type {
  ContainerProperties,
  NodeOverrides,
  NodeProperties,
  NodePropertyOverride,
  NodeRangeProperty,
  ResourceRequirement,
} from '../../../model/generated/batch.ts'
import { refuse, refuseWrapped } from '../../../model/refusal.ts'
import { workloadOf } from '../../../model/workload.testing.ts'
import { eksQueue, fargateQueue, register, request, resolved, submit } from '../../submission/resolve.testing.ts'

const needs = (vcpus: number, memory: number): ResourceRequirement[] => [
  { type: 'VCPU', value: String(vcpus) },
  { type: 'MEMORY', value: String(memory) },
]

function container(vcpus = 1, memory = 512, members: Partial<ContainerProperties> = {}): ContainerProperties {
  return { image: 'mpi', command: ['run'], resourceRequirements: needs(vcpus, memory), ...members }
}

function nodes(members: Partial<NodeProperties> = {}, parameters: Record<string, string> = {}) {
  const nodeRangeProperties = [{ targetNodes: '0:', container: container() }]
  return register({ parameters, nodeProperties: { numNodes: 4, mainNode: 0, nodeRangeProperties, ...members } })
}

const overriding = (nodeOverrides: NodeOverrides) => request({ nodeOverrides })
const changing = (...nodePropertyOverrides: NodePropertyOverride[]) => overriding({ nodePropertyOverrides })

const leaderAndRest = {
  nodeRangeProperties: [
    { targetNodes: '0:0', container: container(4, 4096) },
    { targetNodes: '1:', container: container(2, 1024, { command: ['work', 'Ref::sample'] }) },
  ],
}

describe('resolved', () => {
  test('as registered: the amounts of all nodes, and of each of them', () => {
    const { spec } = resolved(nodes(leaderAndRest, { sample: 's1' }), request())
    expect(spec.resources).toEqual({ vcpus: 10, memoryMib: 4096 + 3 * 1024, gpus: 0 })
    expect(workloadOf(spec, 'multiNode').nodes).toEqual([
      { from: 0, to: 0, resources: { vcpus: 4, memoryMib: 4096, gpus: 0 } },
      { from: 1, to: 3, resources: { vcpus: 2, memoryMib: 1024, gpus: 0 } },
    ])
    expect(workloadOf(spec, 'multiNode').properties).toMatchObject({ numNodes: 4, mainNode: 0 })
    const ranges = workloadOf(spec, 'multiNode').properties.nodeRangeProperties
    expect(ranges.map((range) => range.container?.command)).toEqual([['run'], ['work', 's1']])
    expect(ranges[1]!.container).not.toHaveProperty('networkInterfaces')
  })

  test('an override changes only its range', () => {
    const { spec } = resolved(
      nodes(leaderAndRest, { sample: 's1' }),
      changing({
        targetNodes: '1:',
        containerOverrides: {
          command: ['rework', 'Ref::sample'],
          environment: [{ name: 'LAB', value: 'doe' }],
          instanceType: 'c5.large',
          resourceRequirements: [{ type: 'GPU', value: '1' }],
        },
      }),
    )
    expect(workloadOf(spec, 'multiNode').properties.nodeRangeProperties).toMatchObject([
      { targetNodes: '0:0', container: { command: ['run'], environment: [] } },
      {
        targetNodes: '1:',
        container: {
          command: ['rework', 's1'],
          environment: [{ name: 'LAB', value: 'doe' }],
          instanceType: 'c5.large',
          resourceRequirements: [...needs(2, 1024), { type: 'GPU', value: '1' }],
        },
      },
    ])
    expect(spec.resources.gpus).toBe(3)
  })

  test('with more or fewer nodes, if a range has no end', () => {
    for (const numNodes of [2, 9]) {
      const { spec } = resolved(nodes(leaderAndRest, { sample: '' }), overriding({ numNodes }))
      expect(workloadOf(spec, 'multiNode').properties).toMatchObject({
        numNodes,
        nodeRangeProperties: [{ targetNodes: '0:0' }, { targetNodes: '1:' }],
      })
      expect(workloadOf(spec, 'multiNode').nodes.at(-1)).toMatchObject({ from: 1, to: numNodes - 1 })
      expect(spec.resources.vcpus).toBe(4 + 2 * (numNodes - 1))
    }
  })

  test('with fewer nodes than a nested range names: the nodes beyond do not exist', () => {
    const definition = nodes({
      nodeRangeProperties: [
        { targetNodes: ':', container: container(1) },
        { targetNodes: '2:3', container: container(8) },
      ],
    })
    expect(resolved(definition, overriding({ numNodes: 3 })).spec.resources.vcpus).toBe(10)
    expect(resolved(definition, overriding({ numNodes: 2 })).spec.resources.vcpus).toBe(2)
  })

  test('with the same number of nodes, for ranges that all have an end', () => {
    const definition = nodes({ nodeRangeProperties: [{ targetNodes: '0:3', container: container() }] })
    expect(resolved(definition, overriding({ numNodes: 4 })).spec).toEqual(resolved(definition, request()).spec)
  })

  test('ranges of several containers and of pods', () => {
    const task = { name: 'main', image: 'mpi', command: ['Ref::sample'], resourceRequirements: needs(2, 512) }
    const pod = { image: 'mpi', args: ['Ref::sample'], resources: { limits: { cpu: '0.5', memory: '256Mi' } } }
    const ranges: NodeRangeProperty[] = [
      { targetNodes: '0', ecsProperties: { taskProperties: [{ containers: [task, { ...task, name: 'side' }] }] } },
      { targetNodes: '1:', eksProperties: { podProperties: { containers: [pod] } } },
    ]
    const { spec } = resolved(
      nodes({ nodeRangeProperties: ranges }, { sample: 's1' }),
      changing(
        {
          targetNodes: '0',
          instanceTypes: ['c5.large'],
          ecsPropertiesOverride: {
            taskProperties: [{ containers: [{ name: 'side', command: ['side'] }] }],
          },
        },
        { targetNodes: '1:', eksPropertiesOverride: { podProperties: { containers: [{ image: 'mpi:2' }] } } },
      ),
      eksQueue,
    )
    expect(workloadOf(spec, 'multiNode').properties.nodeRangeProperties).toMatchObject([
      {
        instanceTypes: ['c5.large'],
        ecsProperties: { taskProperties: [{ containers: [{ command: ['s1'] }, { command: ['side'] }] }] },
      },
      { eksProperties: { podProperties: { containers: [{ image: 'mpi:2', args: ['s1'] }] } } },
    ])
    expect(workloadOf(spec, 'multiNode').nodes).toEqual([
      { from: 0, to: 0, resources: { vcpus: 4, memoryMib: 1024, gpus: 0 } },
      { from: 1, to: 3, resources: { vcpus: 0.5, memoryMib: 256, gpus: 0 } },
    ])
  })

  test('nodes use what their range says, in order, and the job uses their sum', () => {
    const cut = fc.uniqueArray(fc.integer({ min: 1, max: 19 }), { maxLength: 4 })
    const amounts = fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 4, max: 99 })), {
      minLength: 5,
      maxLength: 5,
    })
    fc.assert(
      fc.property(cut, amounts, fc.integer({ min: 20, max: 60 }), (cuts, sizes, numNodes) => {
        const starts = [0, ...cuts.toSorted((a, b) => a - b)]
        const nodeRangeProperties = starts.map((first, i) => {
          const next = starts[i + 1]
          return {
            targetNodes: `${first}:${next === undefined ? '' : next - 1}`,
            container: container(...sizes[i]!),
          }
        })
        const { spec } = resolved(nodes({ numNodes: 20, nodeRangeProperties }), overriding({ numNodes }))
        const each = Array.from({ length: numNodes }, (_, node) => sizes[starts.findLastIndex((it) => it <= node)]!)
        const seen = workloadOf(spec, 'multiNode').nodes.flatMap(({ from, to, resources }) =>
          Array.from({ length: to - from + 1 }, () => [resources.vcpus, resources.memoryMib]),
        )
        expect(seen).toEqual(each)
        expect(spec.resources).toEqual({
          vcpus: each.reduce((sum, [vcpus]) => sum + vcpus, 0),
          memoryMib: each.reduce((sum, [, memory]) => sum + memory, 0),
          gpus: 0,
        })
      }),
    )
  })
})

describe('refused', () => {
  const closed = nodes({ nodeRangeProperties: [{ targetNodes: '0:3', container: container() }] })
  const late = nodes({
    nodeRangeProperties: [
      { targetNodes: '0:2', container: container() },
      { targetNodes: '3:', container: container() },
    ],
  })
  const member = 'nodeOverrides.nodePropertyOverrides[0]'
  const legacy = nodes({
    nodeRangeProperties: [{ targetNodes: '0:', container: { image: 'a', vcpus: 1, memory: 64 } }],
  })

  test.each([
    [
      'arrayProperties is not applicable to multi-node parallel jobs.',
      nodes(),
      request({ arrayProperties: { size: 2 } }),
    ],
    [
      'Number of nodes must be between 1 and 1000, got 0 in nodeOverrides.numNodes.',
      nodes(),
      overriding({ numNodes: 0 }),
    ],
    [
      'Number of nodes must be between 1 and 1000, got 1001 in nodeOverrides.numNodes.',
      nodes(),
      overriding({ numNodes: 1001 }),
    ],
    [
      'nodeOverrides.numNodes requires a job definition with a node range that has no upper boundary, such as n:.',
      closed,
      overriding({ numNodes: 3 }),
    ],
    ['Node range 3: begins at or beyond nodeOverrides.numNodes, which is 3.', late, overriding({ numNodes: 3 })],
    [
      'Main node index is out of range, must be less than numNodes.',
      nodes({ mainNode: 3 }),
      overriding({ numNodes: 3 }),
    ],
    [
      'NodeOverride targets should match job definition. Non matching targets - 0:0, 1:1',
      nodes(),
      changing({ targetNodes: '0:0' }, { targetNodes: '0:' }, { targetNodes: '1:1' }),
    ],
    [
      'Node range 0: is overridden twice in nodeOverrides.nodePropertyOverrides.',
      nodes(),
      changing({ targetNodes: '0:' }, { targetNodes: '0:' }),
    ],
    [
      `${member}.ecsPropertiesOverride should not be set for a node range with container.`,
      nodes(),
      changing({ targetNodes: '0:', ecsPropertiesOverride: { taskProperties: [] } }),
    ],
    [
      'Using instanceTypes with nodeRangeProperty is only allowed for ecsProperties jobs.',
      nodes(),
      changing({ targetNodes: '0:', instanceTypes: ['c5.large'] }),
    ],
    [
      `vCPU must be at least 1, got 0. (${member}.containerOverrides.vcpus)`,
      legacy,
      changing({ targetNodes: '0:', containerOverrides: { vcpus: 0 } }),
    ],
    [
      'vCPU must be at least 1, got 0.',
      nodes(),
      changing({ targetNodes: '0:', containerOverrides: { resourceRequirements: [{ type: 'VCPU', value: '0' }] } }),
    ],
    ['Unable to substitute value. No parameter found for reference sample', nodes(leaderAndRest), request()],
  ])('%s', (text, definition, submitted) => {
    expect(submit(definition, submitted)).toEqual(refuseWrapped(text))
  })

  test('for an empty string in a command', () => {
    const submitted = changing({ targetNodes: '0:', containerOverrides: { command: [''] } })
    expect(submit(nodes(), submitted)).toEqual(refuse('Command cannot be empty'))
  })

  test('by a Fargate queue', () => {
    expect(submit(nodes(), request(), fargateQueue)).toEqual(
      refuseWrapped('Job Queue is attached to Compute Environment that can not run Jobs with capability EC2.'),
    )
  })

  test('members that no engine has, in any range', () => {
    const resources = { limits: { cpu: '1', memory: '64Mi' } }
    const podProperties = { shareProcessNamespace: true, containers: [{ image: 'a', resources }] }
    const definition = nodes({
      nodeRangeProperties: [
        { targetNodes: '0', container: container() },
        { targetNodes: '1:', eksProperties: { podProperties } },
      ],
    })
    expect(submit(definition, request())).toEqual(
      refuseWrapped(
        "nodeProperties.nodeRangeProperties[1].eksProperties.podProperties.shareProcessNamespace is not supported by openbatch: containers do not see each other's processes.",
      ),
    )
  })
})
