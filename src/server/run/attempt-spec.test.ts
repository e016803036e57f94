import { expect, test } from 'vitest'
import type { TaskContainer } from '../../core/workload/task-container.ts'
import type { Job, LiveAttempt } from '../../model/job.ts'
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
const settings = { region: 'us-west-2', endpoint: undefined, fargate: false }

function jobOf(more: Partial<Job['spec']>): Job {
  const spec = {
    jobName: 'j',
    jobQueue: 'q',
    jobDefinition: 'd',
    createdAtMs: 0,
    owner: 'ada',
    container: {},
    resources: { vcpus: 1, memoryMib: 64, gpus: 0 },
    parameters: {},
    platformCapabilities: [],
    ...more,
  }
  return { jobId: 'j', seq: 1, spec, state: { status: 'RUNNABLE', sinceMs: 0 }, attempts: [], tags: {} }
}

test("a pod's command and args know the variables of their container, as Kubernetes has it", () => {
  const command = ['$(WHO)-$(AWS_BATCH_JOB_ID)', '$$(WHO)', '$(NOBODY)', '$(constructor)', '$WHO', '$(WHO)$(WHO)']
  const container: TaskContainer = {
    name: 'main',
    container: { environment: [{ name: 'WHO', value: 'ada' }], command },
    entryPoint: ['/bin/$(WHO)'],
    resources: { vcpus: 1, memoryMib: 64, gpus: 0 },
    endsTask: 'always',
    mustSucceed: true,
    dependsOn: [],
  }
  const spec = attemptSpec(jobOf({ eksProperties: {} }), attempt, settings, {
    part: { node: 0, container: 0 },
    container,
  })
  expect(spec.command).toEqual(['ada-j', '$(WHO)', '$(NOBODY)', '$(constructor)', '$WHO', 'adaada'])
  expect(spec.entryPoint).toEqual(['/bin/ada'])
})

test('the command of any other job is left as it is', () => {
  const container = { command: ['$(WHO)'], environment: [{ name: 'WHO', value: 'ada' }] }
  expect(attemptSpec(jobOf({ container }), attempt, settings).command).toEqual(['$(WHO)'])
})
