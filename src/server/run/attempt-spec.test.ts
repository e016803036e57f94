import { expect, test } from 'vitest'
import type { TaskContainer } from '../../core/workload/task-container.ts'
import type { ContainerDetail } from '../../model/generated/batch.ts'
import { nothingOfTheHost } from '../../model/host-access.ts'
import type { Job, LiveAttempt } from '../../model/job.ts'
import type { Workload } from '../../model/workload.ts'
import { attemptSpec } from './attempt-spec.ts'

const attempt: LiveAttempt = {
  number: 1,
  name: 'openbatch-j-1',
  taskId: '0'.repeat(32),
  computeEnvironment: 'ce',
  driver: 'scripted',
  hostName: 'h',
  instanceId: 'i-1',
  placedAtMs: 0,
}
const settings = {
  ...{ region: 'us-west-2', endpoint: undefined, fargate: false, access: {}, mounts: [] },
  hostAccess: nothingOfTheHost,
}

const plain: Workload = { kind: 'container', properties: {} }

function jobOf(workload: Workload): Job {
  const spec = {
    jobName: 'j',
    jobQueue: 'q',
    jobDefinition: 'd',
    createdAtMs: 0,
    owner: 'ada',
    workload,
    resources: { vcpus: 1, memoryMib: 64, gpus: 0 },
    parameters: {},
    platformCapabilities: [],
  }
  return { jobId: 'j', seq: 1, spec, state: { status: 'RUNNABLE', sinceMs: 0 }, attempts: [], tags: {} }
}

function containerOf(more: Partial<TaskContainer>): TaskContainer {
  return {
    name: 'main',
    container: {},
    resources: { vcpus: 1, memoryMib: 64, gpus: 0 },
    endsTask: 'always',
    mustSucceed: true,
    dependsOn: [],
    ...more,
  }
}

test("a pod's command and args can use the variables of their container, as in Kubernetes", () => {
  const command = ['$(WHO)-$(AWS_BATCH_JOB_ID)', '$$(WHO)', '$(NOBODY)', '$(constructor)', '$WHO', '$(WHO)$(WHO)']
  const container = containerOf({
    container: { environment: [{ name: 'WHO', value: 'ada' }], command },
    entryPoint: ['/bin/$(WHO)'],
  })
  const spec = attemptSpec(jobOf({ kind: 'pod', properties: {} }), attempt, settings, {
    part: { node: 0, container: 0 },
    container,
  })
  expect(spec.command).toEqual(['ada-j', '$(WHO)', '$(NOBODY)', '$(constructor)', '$WHO', 'adaada'])
  expect(spec.entryPoint).toEqual(['/bin/ada'])
})

test('the command of any other job stays as it is', () => {
  const container = containerOf({
    container: { command: ['$(WHO)'], environment: [{ name: 'WHO', value: 'ada' }] },
  })
  expect(attemptSpec(jobOf(plain), attempt, settings, { container }).command).toEqual(['$(WHO)'])
})

test("the only container of an attempt has the attempt's name, and no group", () => {
  const spec = attemptSpec(jobOf(plain), attempt, settings, { container: containerOf({}) })
  expect([spec.name, spec.group, Object.keys(spec.labels)]).toEqual([
    'openbatch-j-1',
    undefined,
    ['openbatch.job', 'openbatch.queue', 'openbatch.owner'],
  ])
  const part = attemptSpec(jobOf({ kind: 'ecsTask', properties: {} }), attempt, settings, {
    container: containerOf({}),
    part: { node: 0, container: 1 },
  })
  expect([part.name, part.group]).toEqual(['openbatch-j-1.n0c1', { name: 'openbatch-j-1.n0', ownAddress: false }])
  expect(part.labels).toMatchObject({ 'openbatch.node': '0', 'openbatch.container': 'main' })
})

test('every service is at the server, unless the job or the operator names a common address', () => {
  const endpoint = 'http://10.0.0.1:8642'
  const addresses = (container: ContainerDetail, access: Record<string, string> = {}) => {
    const job = jobOf(plain)
    const of = { container: containerOf({ container }) }
    const { environment } = attemptSpec(job, attempt, { ...settings, endpoint, access }, of)
    return Object.fromEntries(Object.entries(environment).filter(([name]) => name.startsWith('AWS_ENDPOINT_URL')))
  }
  const all = ['', '_BATCH', '_CLOUDWATCH_LOGS', '_S3', '_STS'].map((it) => [`AWS_ENDPOINT_URL${it}`, endpoint])
  expect(addresses({})).toEqual(Object.fromEntries(all))
  expect(addresses({ environment: [{ name: 'AWS_ENDPOINT_URL_S3', value: 'http://own' }] })).toEqual({
    ...Object.fromEntries(all),
    AWS_ENDPOINT_URL_S3: 'http://own',
  })
  const common = { name: 'AWS_ENDPOINT_URL', value: 'http://own' }
  expect(addresses({ environment: [common] })).toEqual({ AWS_ENDPOINT_URL: 'http://own' })
  expect(addresses({ secrets: [{ name: 'AWS_ENDPOINT_URL', valueFrom: 'x' }] })).toEqual({})
  expect(addresses({}, { AWS_ENDPOINT_URL: 'http://operator' })).toEqual({ AWS_ENDPOINT_URL: 'http://operator' })
})

test('rights that a grant withholds are not those of a confined job, though it asks for them', () => {
  const withheld = { ...settings, hostAccess: { ...nothingOfTheHost, privileged: 'withheld' as const } }
  const job = jobOf(plain)
  const confined = { ...job, spec: { ...job.spec, confined: true as const } }
  const asks = { container: containerOf({ container: { privileged: true }, noNewPrivileges: false }) }

  expect(attemptSpec(confined, attempt, withheld, asks)).toMatchObject({ privileged: false })
  expect(attemptSpec(confined, attempt, withheld, asks)).not.toHaveProperty('noNewPrivileges')
  expect(attemptSpec(job, attempt, withheld, asks)).toMatchObject({ privileged: true, noNewPrivileges: false })
})
