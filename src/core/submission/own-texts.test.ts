/** Refusals of submissions whose texts are ours, where AWS's was not captured. */

import { describe, expect, test } from 'vitest'
import type { JobDefinition, SubmitJobRequest, Volume } from '../../model/generated/batch.ts'
import type { HostPathMap } from '../../model/host-path-map.ts'
import { isRefusal, refuseWrapped } from '../../model/refusal.ts'
import { rulesOfAws } from '../state/state.ts'
import {
  define,
  definition,
  fairQueue,
  legacy,
  ofNodes,
  ofTask,
  overriding,
  plain,
  type Row,
  withSecret,
} from './definitions.testing.ts'
import type { QueueTraits } from './request.ts'
import { ec2Queue, request, resolved, submit } from './resolve.testing.ts'

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

describe('members left over from the CLI skeleton are named', () => {
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

  test('also zeros for the old members of an old definition', () => {
    expect(submit(define(legacy), overriding({ vcpus: 0 }), ec2Queue)).toEqual(
      refuseWrapped('vCPU must be at least 1, got 0. (containerOverrides.vcpus)'),
    )
  })

  test('harmless leftovers are accepted: a parameter that nobody refers to, an empty tag', () => {
    const job = resolved(
      definition,
      request({ parameters: { KeyName: '' }, tags: { KeyName: '' }, propagateTags: true }),
    )
    expect(job.tags).toEqual({ KeyName: '' })
    expect(job.spec.parameters).toEqual({ KeyName: '' })
  })
})

describe('the operator’s rules', () => {
  const rules = { ...rulesOfAws, arraySizeMax: 20_000, dependenciesMax: 30, afterAny: true, backfill: false }
  const afterAny = { jobId: 'a', type: 'AFTER_ANY' as never }

  test('allow more children, more dependencies, and those met by any end', () => {
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

  test('otherwise AWS’s limits hold', () => {
    expect(submit(definition, request({ dependsOn: [afterAny] }))).toEqual(
      refuseWrapped(
        'dependsOn[0].type AFTER_ANY is not one of AWS Batch, and the operator of this openbatch does not allow it.',
      ),
    )
  })
})

describe('a secret whose variable an override sets', () => {
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

test('dependencies are kept as they were submitted', () => {
  const dependsOn = [{ jobId: 'a' }, { jobId: 'b', type: 'N_TO_N' }, { type: 'SEQUENTIAL' }] as const
  expect(resolved(definition, request({ arrayProperties: { size: 2 }, dependsOn })).spec.dependsOn).toEqual(dependsOn)
})

describe('a volume that cannot be mounted is refused by name', () => {
  const volumes: [why: string, volume: Volume][] = [
    [
      'EFS file system fs-12345678 is mapped to no directory (fileSystems)',
      { efsVolumeConfiguration: { fileSystemId: 'fs-12345678' } },
    ],
    ['The host path /srv/old/data is refused here: the disk is gone', { host: { sourcePath: '/srv/old/data' } }],
  ]

  test.each(volumes)('%s', (why, volume) => {
    const of = define({ ...plain, volumes: [{ name: 'shared', ...volume }] }, {})
    const hostPaths: HostPathMap = new Map([['/srv/old', { kind: 'refused', why: 'the disk is gone' }]])
    expect(submit(of, request(), ec2Queue, { ...rulesOfAws, hostPaths })).toEqual(
      refuseWrapped(`Volume shared cannot be mounted. ${why}.`),
    )
  })
})
