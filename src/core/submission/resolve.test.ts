import { describe, expect, test } from 'vitest'
import { refuse, refuseWrapped } from '../../model/refusal.ts'
import { workloadOf } from '../../model/workload.testing.ts'
import {
  arn,
  define,
  definition,
  fairQueue,
  fargate,
  legacy,
  ofNodes,
  ofTask,
  onFifo,
  overriding,
  plain,
  type Row,
} from './definitions.testing.ts'
import { ec2Queue, fargateQueue, request, resolved, submit } from './resolve.testing.ts'

describe('texts of the live service (docs/aws §1.9)', () => {
  const rows: Row[] = [
    ['Job name should match valid pattern', definition, request({ jobName: '-x' })],
    ['Job name should match valid pattern', definition, request({ jobName: '' })],
    ['Job cannot have more than 20 dependencies', definition, request({ dependsOn: Array(21).fill({ jobId: 'a' }) })],
    ['Job size must be less than 30 KiB, got 47 KiB', definition, overriding({ command: ['x'.repeat(47_000)] })],
    [
      'Unable to substitute value. No parameter found for reference job_id',
      define({ ...plain, command: ['run', 'Ref::job_id'] }),
      request(),
    ],
    [onFifo, definition, request({ shareIdentifier: 'doe' })],
    [onFifo, definition, request({ schedulingPriorityOverride: 1 })],
    [
      'Job Queue is attached to Compute Environment that can not run Jobs with capability EC2.',
      definition,
      request(),
      fargateQueue,
    ],
    ['Job Queue is attached to Compute Environment that can not run Jobs with capability FARGATE.', fargate, request()],
    [
      'vcpus is not applicable for Fargate. Use resource requirements instead.',
      fargate,
      overriding({ vcpus: 1 }),
      fargateQueue,
    ],
    [
      'memory is not applicable for Fargate. Use resource requirements instead.',
      fargate,
      overriding({ memory: 512 }),
      fargateQueue,
    ],
    [
      'Container overrides should not be set for ecsProperties jobs.',
      ofTask,
      overriding({ environment: [{ name: 'MANAGED_BY_AWS', value: 'STARTED_BY_STEP_FUNCTIONS' }] }),
    ],
    [
      'NodeOverride targets should match job definition. Non matching targets - 0:0',
      ofNodes,
      request({ nodeOverrides: { nodePropertyOverrides: [{ targetNodes: '0:0' }] } }),
    ],
    ['ShareIdentifier name should match a valid pattern.', definition, request({ shareIdentifier: 'a b' }), fairQueue],
    [
      'Scheduling priority must be between 0 and 9999.',
      definition,
      request({ shareIdentifier: 'doe', schedulingPriorityOverride: -1 }),
      fairQueue,
    ],
    [
      'Cannot provide duplicates in resourceRequirements.',
      definition,
      overriding({
        resourceRequirements: [
          { type: 'GPU', value: '1' },
          { type: 'GPU', value: '2' },
        ],
      }),
    ],
    [
      'Memory must be at least 4 Mib, got 1 Mib.',
      definition,
      overriding({ resourceRequirements: [{ type: 'MEMORY', value: '1' }] }),
    ],
    [
      'Value 0.5 for type VCPU in resourceRequirement is not valid. Please provide a numeric value.',
      definition,
      overriding({ resourceRequirements: [{ type: 'VCPU', value: '0.5' }] }),
    ],
    [
      'Fargate resource requirements (4.00 vCPU, 2048 MiB) not valid.',
      fargate,
      overriding({ resourceRequirements: [{ type: 'VCPU', value: '4' }] }),
      fargateQueue,
    ],
  ]

  test.each(rows)('%s', (text, of, submitted, queue = ec2Queue) => {
    expect(submit(of, submitted, queue)).toEqual(refuseWrapped(text))
  })

  const bareRows: Row[] = [
    ['Command cannot be empty', definition, overriding({ command: ['run', ''] })],
    [
      'Either schedulingPriority in job definition or schedulingPriorityOverride is required.',
      definition,
      request({ shareIdentifier: 'doe' }),
      fairQueue,
    ],
  ]
  test.each(bareRows)('without the wrapping: %s', (text, of, submitted, queue = ec2Queue) => {
    expect(submit(of, submitted, queue)).toEqual(refuse(text))
  })
})

test('the priority within a share is the definition’s or the submission’s, and 0 is valid', () => {
  const share = { shareIdentifier: 'doe' }
  const ofDefinition = { ...definition, schedulingPriority: 0 }
  expect(resolved(ofDefinition, request(share), fairQueue).spec.schedulingPriority).toBe(0)
  const override = request({ ...share, schedulingPriorityOverride: 0 })
  expect(resolved(definition, override, fairQueue).spec.schedulingPriority).toBe(0)
})

describe('vcpus and memory in the old form', () => {
  const asRegistered = { vcpus: 1, memoryMib: 512, gpus: 0 }
  test.each([{ vcpus: 2 }, { memory: 1024 }, { vcpus: 0, memory: 0 }])(
    'have no effect beside resourceRequirements: %o',
    (overrides) => {
      const { spec } = resolved(definition, overriding(overrides))
      const { properties: container } = workloadOf(spec, 'container')
      const { resources } = spec
      expect(resources).toEqual(asRegistered)
      expect(container).not.toHaveProperty('vcpus')
      expect(container).not.toHaveProperty('memory')
    },
  )

  test('give way to requirements in the same overrides', () => {
    const overrides = { vcpus: 2, memory: 1024, resourceRequirements: [{ type: 'VCPU', value: '4' }] as const }
    const { resources } = resolved(define(legacy), overriding(overrides)).spec
    expect(resources).toEqual({ vcpus: 4, memoryMib: 1024, gpus: 0 })
  })
})

describe('resolved', () => {
  test('a submission without overrides shows the definition', () => {
    expect(resolved(definition, request())).toStrictEqual({
      kind: 'resolved',
      tags: {},
      spec: {
        jobName: 'jdoe-test',
        jobDefinition: arn,
        parameters: {},
        platformCapabilities: [],
        resources: { vcpus: 1, memoryMib: 512, gpus: 0 },
        workload: {
          kind: 'container',
          properties: {
            image: 'ubuntu:24.04',
            command: ['echo', 'hello'],
            environment: [{ name: 'LAB', value: 'doe' }],
            resourceRequirements: plain.resourceRequirements,
            volumes: [],
            mountPoints: [],
            ulimits: [],
            secrets: [],
            networkInterfaces: [],
          },
        },
      },
    })
  })

  test('empty overrides, as Airflow sends them, count as missing', () => {
    const empty = request({
      parameters: {},
      tags: {},
      arrayProperties: {},
      containerOverrides: { command: [] },
      ecsPropertiesOverride: {},
      nodeOverrides: {},
      retryStrategy: {},
      timeout: {},
      dependsOn: [],
    })
    expect(resolved(definition, empty)).toStrictEqual(resolved(definition, request()))
  })

  test('the submission overlays the definition', () => {
    const registered = define(
      { ...plain, command: ['align', 'Ref::sample', '--out=Ref::out'] },
      {
        parameters: { sample: 's1', out: 'a.bam' },
        retryStrategy: { attempts: 2, evaluateOnExit: [{ action: 'EXIT', onExitCode: '2' }] },
        timeout: { attemptDurationSeconds: 60 },
        propagateTags: true,
        schedulingPriority: 1,
        platformCapabilities: ['EC2'],
      },
    )
    const { spec, tags } = resolved(
      registered,
      request({
        parameters: { sample: 's2' },
        containerOverrides: {
          environment: [
            { name: 'LAB', value: 'roe' },
            { name: 'NXF_DEBUG', value: '1' },
          ],
          resourceRequirements: [
            { type: 'MEMORY', value: '1024' },
            { type: 'GPU', value: '2' },
          ],
        },
        retryStrategy: { attempts: 5, evaluateOnExit: [{ action: 'RETRY', onStatusReason: 'Host EC2*' }] },
        timeout: { attemptDurationSeconds: 120 },
        propagateTags: false,
        schedulingPriorityOverride: 9,
        shareIdentifier: 'doe',
        tags: { owner: 'doe' },
        arrayProperties: { size: 10_000 },
      }),
      fairQueue,
    )

    expect(tags).toEqual({ owner: 'doe' })
    expect(spec).toMatchObject({
      parameters: { sample: 's2', out: 'a.bam' },
      resources: { vcpus: 1, memoryMib: 1024, gpus: 2 },
      retryStrategy: { attempts: 5, evaluateOnExit: [{ action: 'retry', onStatusReason: 'Host EC2*' }] },
      timeoutSeconds: 120,
      propagateTags: false,
      schedulingPriority: 9,
      shareIdentifier: 'doe',
      platformCapabilities: ['EC2'],
      arraySize: 10_000,
    })
    expect(workloadOf(spec, 'container').properties).toMatchObject({
      command: ['align', 's2', '--out=a.bam'],
      environment: [
        { name: 'LAB', value: 'roe' },
        { name: 'NXF_DEBUG', value: '1' },
      ],
      resourceRequirements: [
        { type: 'VCPU', value: '1' },
        { type: 'MEMORY', value: '1024' },
        { type: 'GPU', value: '2' },
      ],
    })
  })

  test("the definition's settings hold unless the submission has its own", () => {
    const registered = define(plain, {
      retryStrategy: { attempts: 3 },
      timeout: { attemptDurationSeconds: 60 },
      schedulingPriority: 5,
      propagateTags: true,
      tags: { lab: 'doe' },
    })
    const { spec, tags } = resolved(registered, request())
    expect(spec).toMatchObject({
      retryStrategy: { attempts: 3, evaluateOnExit: [] },
      timeoutSeconds: 60,
      schedulingPriority: 5,
      propagateTags: true,
    })
    expect(tags).toEqual({})
  })

  test('parameters reach an overriding command, and never the environment', () => {
    const { spec } = resolved(
      definition,
      request({
        parameters: { x: '1' },
        containerOverrides: { command: ['run', 'Ref::x'], environment: [{ name: 'X', value: 'Ref::x' }] },
      }),
    )
    const { properties: container } = workloadOf(spec, 'container')
    expect(container.command).toEqual(['run', '1'])
    expect(container.environment).toContainEqual({ name: 'X', value: 'Ref::x' })
  })

  test('old members override old members', () => {
    const { spec } = resolved(define(legacy), overriding({ vcpus: 4, memory: 2048 }))
    const { properties: container } = workloadOf(spec, 'container')
    const { resources } = spec
    expect(container).toMatchObject({ vcpus: 4, memory: 2048, resourceRequirements: [] })
    expect(resources).toEqual({ vcpus: 4, memoryMib: 2048, gpus: 0 })
  })

  test('a requirement overrides an old member, which then agrees with it', () => {
    const { spec } = resolved(define(legacy), overriding({ resourceRequirements: [{ type: 'VCPU', value: '8' }] }))
    const { properties: container } = workloadOf(spec, 'container')
    const { resources } = spec
    expect(container).toMatchObject({ vcpus: 8, memory: 512, resourceRequirements: [{ type: 'VCPU', value: '8' }] })
    expect(resources).toEqual({ vcpus: 8, memoryMib: 512, gpus: 0 })
  })

  test('old members are not invented for a definition without them', () => {
    const { spec } = resolved(definition, overriding({ resourceRequirements: [{ type: 'VCPU', value: '8' }] }))
    const { properties: container } = workloadOf(spec, 'container')
    expect(container).not.toHaveProperty('vcpus')
    expect(container).not.toHaveProperty('memory')
  })

  test('Fargate accepts another of its sizes', () => {
    const { spec } = resolved(
      fargate,
      overriding({ resourceRequirements: [{ type: 'VCPU', value: '0.5' }] }),
      fargateQueue,
    )
    expect(spec.resources).toEqual({ vcpus: 0.5, memoryMib: 2048, gpus: 0 })
  })

  test('a job that no host could hold is not refused', () => {
    const huge = overriding({ resourceRequirements: [{ type: 'VCPU', value: '100000' }] })
    expect(resolved(definition, huge).spec.resources.vcpus).toBe(100_000)
  })

  test("a command as long as Toil's", () => {
    const pickle = 'x'.repeat(20_000)
    const job = resolved(definition, overriding({ command: ['_toil_contained_executor', pickle] }))
    expect(workloadOf(job.spec, 'container').properties.command).toEqual(['_toil_contained_executor', pickle])
  })
})
