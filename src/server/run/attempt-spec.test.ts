import { expect, test } from 'vitest'
import type { TaskContainer } from '../../core/workload/task-container.ts'
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
