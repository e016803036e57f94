import { describe, expect, test } from 'vitest'
import type { EcsTaskProperties, EksPodProperties, RegisterJobDefinitionRequest } from '../../model/generated/batch.ts'
import type { JobSpec } from '../../model/job.ts'
import { workloadOf } from '../../model/workload.testing.ts'
import { register, request, resolved } from '../submission/resolve.testing.ts'
import { hasParts, tasksOf } from './tasks.ts'

function specOf(members: Partial<RegisterJobDefinitionRequest>): JobSpec {
  return { ...resolved(register(members), request()).spec, jobQueue: 'default', createdAtMs: 0, owner: 'doe' }
}

const needs = [
  { type: 'VCPU', value: '2' },
  { type: 'MEMORY', value: '512' },
] as const
const resources = { vcpus: 2, memoryMib: 512, gpus: 0 }
const container = { image: 'align', resourceRequirements: needs }

test('a job of one container is one task of one container, its own', () => {
  const spec = specOf({ containerProperties: container })
  expect(hasParts(spec)).toBe(false)
  expect(tasksOf(spec)).toEqual([
    {
      from: 0,
      to: 0,
      containers: [
        {
          name: 'default',
          container: workloadOf(spec, 'container').properties,
          resources,
          endsTask: 'always',
          mustSucceed: true,
          dependsOn: [],
        },
      ],
    },
  ])
})

describe('several containers', () => {
  const task = (members: Partial<EcsTaskProperties>): JobSpec =>
    specOf({ ecsProperties: { taskProperties: [{ containers: [{ ...container, name: 'main' }], ...members }] } })

  test('an essential container ends the task, another does not', () => {
    const spec = task({
      containers: [
        { ...container, name: 'main', dependsOn: [{ containerName: 'side', condition: 'COMPLETE' }] },
        { ...container, name: 'side', essential: false, startTimeout: 20, stopTimeout: 5 },
        { ...container, name: 'other', essential: true },
      ],
    })
    expect(hasParts(spec)).toBe(true)
    expect(tasksOf(spec)).toMatchObject([
      {
        from: 0,
        to: 0,
        containers: [
          {
            name: 'main',
            resources,
            endsTask: 'always',
            mustSucceed: true,
            dependsOn: [{ containerName: 'side', condition: 'COMPLETE' }],
          },
          {
            name: 'side',
            endsTask: 'never',
            mustSucceed: false,
            dependsOn: [],
            startTimeoutSeconds: 20,
            stopTimeoutSeconds: 5,
          },
          { name: 'other', endsTask: 'always', mustSucceed: true },
        ],
      },
    ])
    const [main] = tasksOf(spec)[0]!.containers
    expect(main).not.toHaveProperty('startTimeoutSeconds')
    expect(main).not.toHaveProperty('entryPoint')
  })

  test('each has the volumes and roles of the task, and nothing of another container', () => {
    const spec = task({
      taskRoleArn: 'arn:role',
      executionRoleArn: 'arn:execution',
      volumes: [{ name: 'data', host: { sourcePath: '/data' } }, { name: 'scratch' }],
      containers: [
        {
          ...container,
          name: 'main',
          mountPoints: [{ sourceVolume: 'data', containerPath: '/data', readOnly: true }],
          user: '1000',
          ulimits: [{ name: 'nofile', softLimit: 1, hardLimit: 2 }],
        },
        { ...container, name: 'side', essential: false, environment: [{ name: 'A', value: '1' }] },
      ],
    })
    const [main, side] = tasksOf(spec)[0]!.containers.map((it) => it.container)
    const ofTask = {
      volumes: [{ name: 'data', host: { sourcePath: '/data' } }, { name: 'scratch' }],
      jobRoleArn: 'arn:role',
      executionRoleArn: 'arn:execution',
    }
    expect(main).toEqual({
      ...ofTask,
      image: 'align',
      command: [],
      environment: [],
      mountPoints: [{ sourceVolume: 'data', containerPath: '/data', readOnly: true }],
      user: '1000',
      ulimits: [{ name: 'nofile', softLimit: 1, hardLimit: 2 }],
      resourceRequirements: needs,
      secrets: [],
      networkInterfaces: [],
    })
    expect(side).toMatchObject({ ...ofTask, mountPoints: [], environment: [{ name: 'A', value: '1' }] })
    expect(side).not.toHaveProperty('user')
  })

  test('a single container without a name has AWS’s name', () => {
    expect(tasksOf(task({ containers: [container] }))[0]!.containers[0]!.name).toBe('default')
  })
})

describe('a pod', () => {
  const small = { limits: { cpu: '0.5', memory: '256Mi' } }
  const main = { name: 'main', image: 'align', resources: small }
  const pod = (podProperties: EksPodProperties): JobSpec => specOf({ eksProperties: { podProperties } })
  const containersOf = (podProperties: EksPodProperties) => tasksOf(pod(podProperties))[0]!.containers

  test('init containers run one after the other, then the others together; all must succeed, and a failed init container ends the pod', () => {
    const containers = containersOf({
      initContainers: [
        { ...main, name: 'fetch' },
        { ...main, name: 'unpack' },
      ],
      containers: [main, { ...main, name: 'side' }],
    })
    const after = (containerName: string) => [{ containerName, condition: 'SUCCESS' }]
    expect(containers).toMatchObject([
      { name: 'fetch', endsTask: 'onFailure', mustSucceed: true, dependsOn: [] },
      { name: 'unpack', endsTask: 'onFailure', mustSucceed: true, dependsOn: after('fetch') },
      { name: 'main', endsTask: 'never', mustSucceed: true, dependsOn: after('unpack') },
      { name: 'side', endsTask: 'never', mustSucceed: true, dependsOn: after('unpack') },
    ])
  })

  test('command is the entry point, args the command', () => {
    const [both, argsOnly] = containersOf({
      containers: [
        { ...main, command: ['sh', '-c'], args: ['echo'] },
        { ...main, name: 'args', args: ['x'] },
      ],
    })
    expect(both).toMatchObject({ entryPoint: ['sh', '-c'], container: { command: ['echo'] } })
    expect(argsOnly).toMatchObject({ container: { command: ['x'] } })
    expect(argsOnly).not.toHaveProperty('entryPoint')
  })

  test('settings have a single container’s names', () => {
    const [first, second] = containersOf({
      volumes: [{ name: 'data', hostPath: { path: '/data' } }, { name: 'scratch', emptyDir: {} }, { name: 'plain' }],
      containers: [
        {
          ...main,
          env: [{ name: 'A', value: '1' }, { name: 'EMPTY' }],
          volumeMounts: [
            { name: 'data', mountPath: '/data', readOnly: true },
            { name: 'scratch', mountPath: '/tmp' },
          ],
          resources: { limits: { cpu: '1', memory: '512Mi', 'nvidia.com/gpu': '2' } },
          securityContext: {
            runAsUser: 1000,
            runAsGroup: 100,
            privileged: false,
            readOnlyRootFilesystem: true,
            allowPrivilegeEscalation: false,
          },
        },
        { ...main, name: 'side', securityContext: { runAsUser: 0, allowPrivilegeEscalation: true } },
      ],
    })
    expect(first).toMatchObject({ resources: { vcpus: 1, memoryMib: 512, gpus: 2 }, noNewPrivileges: true })
    expect(first!.container).toEqual({
      image: 'align',
      command: [],
      environment: [
        { name: 'A', value: '1' },
        { name: 'EMPTY', value: '' },
      ],
      volumes: [{ name: 'data', host: { sourcePath: '/data' } }, { name: 'scratch' }, { name: 'plain' }],
      mountPoints: [
        { sourceVolume: 'data', containerPath: '/data', readOnly: true },
        { sourceVolume: 'scratch', containerPath: '/tmp', readOnly: false },
      ],
      ulimits: [],
      secrets: [],
      resourceRequirements: [
        { type: 'VCPU', value: '1' },
        { type: 'MEMORY', value: '512' },
        { type: 'GPU', value: '2' },
      ],
      user: '1000:100',
      privileged: false,
      readonlyRootFilesystem: true,
    })
    expect(second!.container.user).toBe('0')
    expect(second).toMatchObject({ noNewPrivileges: false })
  })

  test('an init container without a request may use what is reserved for the pod, but no GPU', () => {
    const gpu = { limits: { cpu: '1', memory: '512Mi', 'nvidia.com/gpu': '1' } }
    const [init] = containersOf({
      initContainers: [{ image: 'fetch', name: 'fetch' }],
      containers: [main, { ...main, name: 'gpu', resources: gpu }],
    })
    expect(init!.resources).toEqual({ vcpus: 1.5, memoryMib: 768, gpus: 0 })
  })

  test('a container without a name has AWS’s name', () => {
    expect(containersOf({ containers: [{ image: 'align', resources: small }] })[0]!.name).toBe('Default')
  })
})

test('the nodes of a multi-node job use what their range says, of any kind, as their resources do', () => {
  const spec = specOf({
    nodeProperties: {
      numNodes: 6,
      mainNode: 0,
      nodeRangeProperties: [
        { targetNodes: '0:', container },
        { targetNodes: '2:3', ecsProperties: { taskProperties: [{ containers: [{ ...container, name: 'main' }] }] } },
      ],
    },
  })
  expect(hasParts(spec)).toBe(true)
  const tasks = tasksOf(spec)
  expect(tasks).toMatchObject([
    { from: 0, to: 1, containers: [{ name: 'default', endsTask: 'always', resources, container: { image: 'align' } }] },
    { from: 2, to: 3, containers: [{ name: 'main', endsTask: 'always', resources, container: { image: 'align' } }] },
    { from: 4, to: 5, containers: [{ name: 'default' }] },
  ])
  expect(workloadOf(spec, 'multiNode').nodes).toEqual(tasks.map(({ from, to }) => ({ from, to, resources })))
})
