import { describe, expect, test } from 'vitest'
import type {
  ContainerOverrides,
  ContainerProperties,
  JobDefinition,
  RegisterJobDefinitionRequest,
  SubmitJobRequest,
} from '../../model/generated/batch.ts'
import { isRefusal, refuse, refuseWrapped } from '../../model/refusal.ts'
import { normaliseJobDefinition } from '../job-definition/normalise.ts'
import { rulesOfAws } from '../state/state.ts'
import type { QueueTraits } from './request.ts'
import { ec2Queue, fargateQueue, request, resolved, submit } from './resolve.testing.ts'

const arn = 'arn:aws:batch:us-west-2:123456789012:job-definition/align:7'
const plain: ContainerProperties = {
  image: 'ubuntu:24.04',
  command: ['echo', 'hello'],
  environment: [{ name: 'LAB', value: 'doe' }],
  resourceRequirements: [
    { type: 'VCPU', value: '1' },
    { type: 'MEMORY', value: '512' },
  ],
}
const legacy: ContainerProperties = { image: 'ubuntu:24.04', vcpus: 1, memory: 512 }
const fargateContainer: ContainerProperties = {
  ...plain,
  executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
  resourceRequirements: [
    { type: 'VCPU', value: '1' },
    { type: 'MEMORY', value: '2048' },
  ],
}

const fairQueue: QueueTraits = { platform: 'EC2', fairShare: true }

function define(container: ContainerProperties, rest: Partial<RegisterJobDefinitionRequest> = {}): JobDefinition {
  const request = { jobDefinitionName: 'align', type: 'container', containerProperties: container, ...rest } as const
  return normaliseJobDefinition(request, { arn, revision: 7 })
}

const definition = define(plain)
const withSecret: ContainerProperties = {
  ...plain,
  executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
  secrets: [{ name: 'TOKEN', valueFrom: '/lab/token' }],
}
const fargate = define(fargateContainer, { platformCapabilities: ['FARGATE'] })

function overriding(containerOverrides: ContainerOverrides): SubmitJobRequest {
  return request({ containerOverrides })
}

const { containerProperties: _, ...withoutContainer } = definition
const ofTask: JobDefinition = {
  ...withoutContainer,
  ecsProperties: { taskProperties: [{ containers: [{ image: 'ubuntu', name: 'main' }] }] },
}
const ofNodes: JobDefinition = {
  ...withoutContainer,
  type: 'multinode',
  nodeProperties: { numNodes: 2, mainNode: 0, nodeRangeProperties: [{ targetNodes: '0:1', container: plain }] },
}
type Row = [text: string, of: JobDefinition, submitted: SubmitJobRequest, queue?: QueueTraits]

const onFifo =
  'Job with shareIdentifier or schedulingPriority can onlybe submitted to job queue with fair share scheduling policy.'

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

test('the priority of a share is the definition’s or the submission’s, and 0 is one', () => {
  const share = { shareIdentifier: 'doe' }
  const ofDefinition = { ...definition, schedulingPriority: 0 }
  expect(resolved(ofDefinition, request(share), fairQueue).spec.schedulingPriority).toBe(0)
  const override = request({ ...share, schedulingPriorityOverride: 0 })
  expect(resolved(definition, override, fairQueue).spec.schedulingPriority).toBe(0)
})

describe('vcpus and memory in the old way', () => {
  const asRegistered = { vcpus: 1, memoryMib: 512, gpus: 0 }
  test.each([{ vcpus: 2 }, { memory: 1024 }, { vcpus: 0, memory: 0 }])(
    'do nothing beside resourceRequirements: %o',
    (overrides) => {
      const { container, resources } = resolved(definition, overriding(overrides)).spec
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

describe('texts of our own, where none was captured', () => {
  const rows: Row[] = [
    [
      'Array size should be between 2 and 10000, got 1 in arrayProperties.size.',
      definition,
      request({ arrayProperties: { size: 1 } }),
    ],
    [
      'Array size should be between 2 and 10000, got 10001 in arrayProperties.size.',
      definition,
      request({ arrayProperties: { size: 10_001 } }),
    ],
    [
      'Job must have a shareIdentifier when submitted to a job queue with fair share scheduling policy.',
      definition,
      request(),
      fairQueue,
    ],
    [
      'Environment variable AWS_BATCH_JOB_ID is not valid. Environment variables cannot start with AWS_BATCH.',
      definition,
      overriding({ environment: [{ name: 'AWS_BATCH_JOB_ID', value: 'x' }] }),
    ],
    [
      'dependsOn[0].type N_TO_N is only applicable to array jobs.',
      definition,
      request({ dependsOn: [{ jobId: 'a', type: 'N_TO_N' }] }),
    ],
    ['dependsOn[0].jobId is required unless type is SEQUENTIAL.', definition, request({ dependsOn: [{}] })],
    [
      'nodeOverrides should not be set for containerProperties jobs.',
      definition,
      request({ nodeOverrides: { numNodes: 2 } }),
    ],
    [
      'Job size must be less than 30 KiB, got 196 KiB',
      define({ ...plain, command: Array(20).fill('Ref::x') }),
      request({ parameters: { x: 'y'.repeat(10_000) } }),
    ],
  ]

  test.each(rows)('%s', (text, of, submitted, queue = ec2Queue) => {
    expect(submit(of, submitted, queue)).toEqual(refuseWrapped(text))
  })
})

describe('what the CLI skeleton leaves behind is named', () => {
  const rows: [member: string, left: Partial<SubmitJobRequest>, queue?: QueueTraits][] = [
    ['shareIdentifier', { shareIdentifier: '' }],
    ['ShareIdentifier', { shareIdentifier: '' }, fairQueue],
    ['schedulingPriority', { schedulingPriorityOverride: 0 }],
    ['arrayProperties.size', { arrayProperties: { size: 0 } }],
    ['dependsOn[0].jobId', { dependsOn: [{ jobId: '', type: 'SEQUENTIAL' }] }],
    ['retryStrategy.attempts', { retryStrategy: { attempts: 0, evaluateOnExit: [{ action: 'RETRY', onReason: '' }] } }],
    ['timeout.attemptDurationSeconds', { timeout: { attemptDurationSeconds: 0 } }],
    ['Command cannot be empty', { containerOverrides: { command: [''] } }],
    ['containerOverrides.instanceType', { containerOverrides: { instanceType: '' } }],
    ['containerOverrides.environment[0].name', { containerOverrides: { environment: [{ name: '', value: '' }] } }],
    ['GPU in resourceRequirement', { containerOverrides: { resourceRequirements: [{ type: 'GPU', value: '' }] } }],
    ['nodeOverrides', { nodeOverrides: { numNodes: 0, nodePropertyOverrides: [{ targetNodes: '' }] } }],
    ['eksPropertiesOverride', { eksPropertiesOverride: { podProperties: { containers: [{ name: '' }] } } }],
    ['ecsPropertiesOverride', { ecsPropertiesOverride: { taskProperties: [{ containers: [{ name: '' }] }] } }],
    [
      'consumableResourceList[0].consumableResource',
      { consumableResourcePropertiesOverride: { consumableResourceList: [{ consumableResource: '', quantity: 0 }] } },
    ],
  ]

  test.each(rows)('%s', (member, left, queue = ec2Queue) => {
    const outcome = submit(definition, request(left), queue)
    expect(isRefusal(outcome) ? [outcome.code, outcome.message] : outcome).toEqual([
      'ClientException',
      expect.stringContaining(member),
    ])
  })

  test('zeros for the old members of an old definition too', () => {
    expect(submit(define(legacy), overriding({ vcpus: 0 }), ec2Queue)).toEqual(
      refuseWrapped('vCPU must be at least 1, got 0. (containerOverrides.vcpus)'),
    )
  })

  test('what does no harm is taken: a parameter nobody refers to, an empty tag', () => {
    const job = resolved(
      definition,
      request({ parameters: { KeyName: '' }, tags: { KeyName: '' }, propagateTags: true }),
    )
    expect(job.tags).toEqual({ KeyName: '' })
    expect(job.spec.parameters).toEqual({ KeyName: '' })
  })
})

describe('rules of the operator', () => {
  const rules = { ...rulesOfAws, arraySizeMax: 20_000, dependenciesMax: 30, afterAny: true, backfill: false }
  const afterAny = { jobId: 'a', type: 'AFTER_ANY' as never }

  test('more children, more dependencies, and those met by any end', () => {
    const many = request({ arrayProperties: { size: 20_000 }, dependsOn: Array(30).fill(afterAny) })
    const outcome = submit(definition, many, ec2Queue, rules)
    expect(isRefusal(outcome) ? outcome.message : outcome.spec.dependsOn).toHaveLength(30)
  })

  test.each([
    [
      'Array size should be between 2 and 20000, got 20001 in arrayProperties.size.',
      request({ arrayProperties: { size: 20_001 } }),
    ],
    ['Job cannot have more than 30 dependencies', request({ dependsOn: Array(31).fill(afterAny) })],
    ['dependsOn[0].jobId is required unless type is SEQUENTIAL.', request({ dependsOn: [{ type: afterAny.type }] })],
  ])('%s', (text, submitted) => {
    expect(submit(definition, submitted, ec2Queue, rules)).toEqual(refuseWrapped(text))
  })

  test('without them, AWS holds', () => {
    expect(submit(definition, request({ dependsOn: [afterAny] }))).toEqual(
      refuseWrapped(
        'dependsOn[0].type AFTER_ANY is not one of AWS Batch, and the operator of this openbatch does not allow it.',
      ),
    )
  })
})

describe('a secret whose variable an override gives a value', () => {
  const text =
    "The secret name must be unique and not shared with any new or existing environment variables set on the container, such as 'TOKEN'."
  const environment = [{ name: 'TOKEN', value: 'mine' }]
  const { executionRoleArn: _, ...task } = withSecret
  const nodes = { numNodes: 2, mainNode: 0, nodeRangeProperties: [{ targetNodes: '0:1', container: withSecret }] }
  const rows: [kind: string, of: JobDefinition, submitted: SubmitJobRequest][] = [
    ['of a container', define(withSecret), overriding({ environment })],
    [
      'of a node',
      { ...ofNodes, nodeProperties: nodes },
      request({
        nodeOverrides: { nodePropertyOverrides: [{ targetNodes: '0:1', containerOverrides: { environment } }] },
      }),
    ],
    [
      'of a task',
      {
        ...ofTask,
        ecsProperties: {
          taskProperties: [
            { executionRoleArn: 'arn:aws:iam::1:role/e', containers: [{ ...task, image: 'ubuntu', name: 'main' }] },
          ],
        },
      },
      request({
        ecsPropertiesOverride: { taskProperties: [{ containers: [{ name: 'main', environment }] }] },
      }),
    ],
  ]

  test.each(rows)('%s', (_kind, of, submitted) => {
    expect(submit(of, submitted)).toEqual(refuseWrapped(text))
  })
})

test('what a job depends on is kept as it was submitted', () => {
  const dependsOn = [{ jobId: 'a' }, { jobId: 'b', type: 'N_TO_N' }, { type: 'SEQUENTIAL' }] as const
  expect(resolved(definition, request({ arrayProperties: { size: 2 }, dependsOn })).spec.dependsOn).toEqual(dependsOn)
})

describe('not built yet, said in plain words', () => {
  const containers: [what: string, container: Partial<ContainerProperties>][] = [
    [
      'EFS or S3 Files volumes (shared)',
      { volumes: [{ name: 'shared', efsVolumeConfiguration: { fileSystemId: 'fs-12345678' } }] },
    ],
  ]

  test.each(containers)('jobs with %s', (what, container) => {
    const of = define({ ...plain, ...container }, {})
    expect(submit(of, request(), ec2Queue)).toEqual(
      refuseWrapped(`Jobs with ${what} are not built in this version of openbatch`),
    )
  })
})

describe('resolved', () => {
  test('a submission that overrides nothing shows the definition', () => {
    expect(resolved(definition, request())).toStrictEqual({
      kind: 'resolved',
      tags: {},
      spec: {
        jobName: 'jdoe-test',
        jobDefinition: arn,
        parameters: {},
        platformCapabilities: [],
        resources: { vcpus: 1, memoryMib: 512, gpus: 0 },
        container: {
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
    })
  })

  test('empty overrides are none, as Airflow sends them', () => {
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

  test('what was submitted overlays what was registered', () => {
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
    expect(spec.container).toMatchObject({
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

  test("the definition's settings hold where the submission has none", () => {
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
    const { container } = resolved(
      definition,
      request({
        parameters: { x: '1' },
        containerOverrides: { command: ['run', 'Ref::x'], environment: [{ name: 'X', value: 'Ref::x' }] },
      }),
    ).spec
    expect(container.command).toEqual(['run', '1'])
    expect(container.environment).toContainEqual({ name: 'X', value: 'Ref::x' })
  })

  test('old members override old members', () => {
    const { container, resources } = resolved(define(legacy), overriding({ vcpus: 4, memory: 2048 })).spec
    expect(container).toMatchObject({ vcpus: 4, memory: 2048, resourceRequirements: [] })
    expect(resources).toEqual({ vcpus: 4, memoryMib: 2048, gpus: 0 })
  })

  test('a requirement overrides an old member, which then agrees with it', () => {
    const { container, resources } = resolved(
      define(legacy),
      overriding({ resourceRequirements: [{ type: 'VCPU', value: '8' }] }),
    ).spec
    expect(container).toMatchObject({ vcpus: 8, memory: 512, resourceRequirements: [{ type: 'VCPU', value: '8' }] })
    expect(resources).toEqual({ vcpus: 8, memoryMib: 512, gpus: 0 })
  })

  test('old members are not invented for a definition without', () => {
    const { container } = resolved(
      definition,
      overriding({ resourceRequirements: [{ type: 'VCPU', value: '8' }] }),
    ).spec
    expect(container).not.toHaveProperty('vcpus')
    expect(container).not.toHaveProperty('memory')
  })

  test('Fargate takes another of its sizes', () => {
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
    expect(job.spec.container.command).toEqual(['_toil_contained_executor', pickle])
  })
})
