import { describe, expect, test } from 'vitest'
import type {
  EcsPropertiesOverride,
  EcsTaskProperties,
  PlatformCapability,
  ResourceRequirement,
  TaskContainerOverrides,
  TaskContainerProperties,
} from '../../../model/generated/batch.ts'
import { refuse, refuseWrapped } from '../../../model/refusal.ts'
import { workloadOf } from '../../../model/workload.testing.ts'
import {
  ec2Queue,
  eksQueue,
  fargateQueue,
  register,
  request,
  resolved,
  submit,
} from '../../submission/resolve.testing.ts'

const needs = (vcpus: string, memory: string): ResourceRequirement[] => [
  { type: 'VCPU', value: vcpus },
  { type: 'MEMORY', value: memory },
]

const align: TaskContainerProperties = {
  name: 'align',
  image: 'align',
  command: ['align', 'Ref::sample'],
  environment: [{ name: 'LAB', value: 'doe' }],
  resourceRequirements: needs('2', '1024'),
}
const watch: TaskContainerProperties = {
  name: 'watch',
  image: 'watch',
  command: ['watch', '--of=Ref::sample'],
  essential: false,
  resourceRequirements: needs('1', '256'),
}

function task(members: Partial<EcsTaskProperties> = {}, platform?: PlatformCapability) {
  return register({
    ...(platform && { platformCapabilities: [platform] }),
    parameters: { sample: 's1' },
    ecsProperties: { taskProperties: [{ containers: [align, watch], ...members }] },
  })
}

const overriding = (...containers: TaskContainerOverrides[]) =>
  request({ ecsPropertiesOverride: { taskProperties: [{ containers }] } })

describe('resolved', () => {
  test('as registered: parameters are put into every command, the containers’ amounts are added up, and there is no container', () => {
    const definition = task({ taskRoleArn: 'arn:aws:iam::123456789012:role/lab', volumes: [{ name: 'data' }] })
    const { spec } = resolved(definition, request())
    expect(spec.resources).toEqual({ vcpus: 3, memoryMib: 1280, gpus: 0 })
    expect(spec).not.toHaveProperty('nodeResources')
    expect(workloadOf(spec, 'ecsTask').properties).toEqual({
      taskProperties: [
        {
          taskRoleArn: 'arn:aws:iam::123456789012:role/lab',
          volumes: [{ name: 'data' }],
          containers: [
            expect.objectContaining({ ...align, command: ['align', 's1'], networkInterfaces: [], dependsOn: [] }),
            expect.objectContaining({ ...watch, command: ['watch', '--of=s1'], networkInterfaces: [] }),
          ],
        },
      ],
    })
  })

  test('an override changes only its container, environment by name and requirements by type', () => {
    const { spec } = resolved(
      task(),
      overriding({
        name: 'align',
        command: ['align', '--fast', 'Ref::sample'],
        environment: [
          { name: 'LAB', value: 'roe' },
          { name: 'X', value: 'Ref::sample' },
        ],
        resourceRequirements: [
          { type: 'MEMORY', value: '2048' },
          { type: 'GPU', value: '1' },
        ],
      }),
    )
    const [first, second] = workloadOf(spec, 'ecsTask').properties.taskProperties![0]!.containers!
    expect(first).toMatchObject({
      command: ['align', '--fast', 's1'],
      environment: [
        { name: 'LAB', value: 'roe' },
        { name: 'X', value: 'Ref::sample' },
      ],
      resourceRequirements: [...needs('2', '2048'), { type: 'GPU', value: '1' }],
    })
    expect(second).toMatchObject({ command: ['watch', '--of=s1'], environment: [] })
    expect(spec.resources).toEqual({ vcpus: 3, memoryMib: 2304, gpus: 1 })
  })

  test('empty overrides count as missing', () => {
    const nothing: EcsPropertiesOverride[] = [
      {},
      { taskProperties: [] },
      { taskProperties: [{}] },
      { taskProperties: [{ containers: [{ name: 'align', command: [] }] }] },
    ]
    for (const ecsPropertiesOverride of nothing)
      expect(resolved(task(), request({ ecsPropertiesOverride }))).toEqual(resolved(task(), request()))
  })

  test('a single container need not be named, in the definition or in the override', () => {
    const { name: _, ...unnamed } = align
    const alone = task({ containers: [unnamed] })
    for (const name of [undefined, 'default']) {
      const { spec } = resolved(alone, overriding({ ...(name && { name }), command: ['true'] }))
      expect(workloadOf(spec, 'ecsTask').properties.taskProperties?.[0]?.containers?.[0]?.command).toEqual(['true'])
    }
  })

  test('with a size that Fargate has, in sum', () => {
    const definition = task(
      {
        executionRoleArn: 'arn',
        containers: [
          { ...align, resourceRequirements: needs('0.25', '512') },
          { ...watch, resourceRequirements: needs('0.25', '512') },
        ],
      },
      'FARGATE',
    )
    expect(resolved(definition, request(), fargateQueue).spec.resources).toEqual({
      vcpus: 0.5,
      memoryMib: 1024,
      gpus: 0,
    })
    const larger = overriding({ name: 'watch', resourceRequirements: [{ type: 'MEMORY', value: '300' }] })
    expect(submit(definition, larger, fargateQueue)).toEqual(
      refuseWrapped('Fargate resource requirements (0.50 vCPU, 812 MiB) not valid.'),
    )
  })
})

describe('refused', () => {
  const member = 'ecsPropertiesOverride.taskProperties[0].containers'
  test.each([
    [`${member}[0].name sort must reference a container of the job definition.`, overriding({ name: 'sort' })],
    [`${member}[0].name  must reference a container of the job definition.`, overriding({ name: '' })],
    [`${member}[0].name is required, as there are several containers.`, overriding({ command: ['true'] })],
    [`${member}[1].name align is overridden twice.`, overriding({ name: 'align' }, { name: 'align' })],
    [
      `${member}[0].environment[0].name must not be empty.`,
      overriding({ name: 'align', environment: [{ name: '', value: '' }] }),
    ],
    [
      'Environment variable AWS_BATCH_X is not valid. Environment variables cannot start with AWS_BATCH.',
      overriding({ name: 'align', environment: [{ name: 'AWS_BATCH_X', value: '' }] }),
    ],
    [
      'Value 1.5 for type VCPU in resourceRequirement is not valid. Please provide a numeric value.',
      overriding({ name: 'align', resourceRequirements: [{ type: 'VCPU', value: '1.5' }] }),
    ],
    [
      'vCPU must be at least 1, got 0.',
      overriding({ name: 'align', resourceRequirements: [{ type: 'VCPU', value: '0' }] }),
    ],
    [
      'ecsPropertiesOverride.taskProperties must have at most 1 element.',
      request({ ecsPropertiesOverride: { taskProperties: [{}, {}] } }),
    ],
    ['Job size must be less than 30 KiB, got 40 KiB', overriding({ name: 'align', command: ['x'.repeat(40_000)] })],
  ])('%s', (text, submitted) => {
    expect(submit(task(), submitted)).toEqual(refuseWrapped(text))
  })

  test('a parameter that only one container names, and nobody set', () => {
    const definition = task({ containers: [align, { ...watch, command: ['watch', 'Ref::port'] }] })
    expect(submit(definition, request())).toEqual(
      refuseWrapped('Unable to substitute value. No parameter found for reference port'),
    )
  })

  const platform = (capability: string) =>
    `Job Queue is attached to Compute Environment that can not run Jobs with capability ${capability}.`
  test.each([
    [platform('EC2'), task(), fargateQueue],
    [platform('EC2'), task(), eksQueue],
    [platform('MANAGED_INSTANCES'), task({}, 'MANAGED_INSTANCES'), ec2Queue],
  ])('%s', (text, definition, queue) => {
    expect(submit(definition, request(), queue)).toEqual(refuseWrapped(text))
  })

  test('for an empty string in a command', () => {
    expect(submit(task(), overriding({ name: 'align', command: [''] }))).toEqual(refuse('Command cannot be empty'))
  })

  const where = 'ecsProperties.taskProperties[0]'
  test.each<[string, Partial<EcsTaskProperties>]>([
    [`${where}.ipcMode host is not supported by openbatch: containers do not share memory.`, { ipcMode: 'host' }],
    [`${where}.ipcMode task is not supported by openbatch: containers do not share memory.`, { ipcMode: 'task' }],
    [
      `${where}.pidMode task is not supported by openbatch: containers do not see each other's processes.`,
      { pidMode: 'task' },
    ],
    [
      `${where}.pidMode host is not supported by openbatch: containers do not see each other's processes.`,
      { pidMode: 'host', containers: [align] },
    ],
    [
      `${where}.containers[1].firelensConfiguration is not supported by openbatch: no log goes through a container.`,
      {
        containers: [
          { ...align, logConfiguration: { logDriver: 'awsfirelens' } },
          { ...watch, firelensConfiguration: { type: 'fluentbit' } },
        ],
      },
    ],
    [
      'Volume shared cannot be mounted. EFS file system fs-12345678 is mapped to no directory (fileSystems).',
      { volumes: [{ name: 'shared', efsVolumeConfiguration: { fileSystemId: 'fs-12345678' } }] },
    ],
  ])('%s', (text, members) => {
    expect(submit(task(members), request())).toEqual(refuseWrapped(text))
  })

  test('not settings that each container has by itself: its own processes and memory', () => {
    const alone = task({ containers: [align], ipcMode: 'task', pidMode: 'task' })
    expect(workloadOf(resolved(alone, request()).spec, 'ecsTask').properties.taskProperties?.[0]).toMatchObject({
      ipcMode: 'task',
    })
    expect(resolved(task({ ipcMode: 'none' }), request()).kind).toBe('resolved')
  })
})
