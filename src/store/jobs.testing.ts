/** Jobs as a store may receive them, made without the core. */
import { newChildren } from '../model/array-children.ts'
import type { Job, JobSpec, JobState, JobStatus, LiveAttempt } from '../model/job.ts'

export const atMs = 1_800_000_000_000

export function specOf(more: Partial<JobSpec> = {}): JobSpec {
  return {
    jobName: 'Sort',
    jobQueue: 'q',
    jobDefinition: 'arn:aws:batch:us-west-2:123456789012:job-definition/sort:1',
    createdAtMs: atMs,
    owner: 'ada',
    workload: {
      kind: 'container',
      properties: { image: 'busybox', command: ['echo', 'ünïcode "quoted" \u0000 \ud800'] },
    },
    resources: { vcpus: 0.25, memoryMib: 512, gpus: 0 },
    parameters: { in: 's3://b/k' },
    platformCapabilities: [],
    ...more,
  }
}

const attempt: LiveAttempt = {
  number: 2,
  name: 'openbatch-x-2',
  taskId: '0'.repeat(32),
  computeEnvironment: 'ce',
  driver: 'scripted',
  hostName: 'h1',
  instanceId: 'i-1',
  placedAtMs: atMs,
}

/** Makes a state of each status. */
export function stateOf(status: JobStatus): JobState {
  switch (status) {
    case 'SUBMITTED':
      return { status }
    case 'RUNNABLE':
      return { status, sinceMs: atMs }
    case 'PENDING':
      return { status, children: childrenOf(3) }
    case 'STARTING':
      return { status, attempt, stopping: { kind: 'terminated', reason: 'r' } }
    case 'RUNNING':
      return { status, attempt, startedAtMs: atMs + 1 }
    default:
      return { status, statusReason: 'because', startedAtMs: atMs, stoppedAtMs: atMs + 2 }
  }
}

/** Makes children as a store returns them: a store does not decide which of them may start. */
export function childrenOf(size: number) {
  return newChildren(size, atMs, () => 'PENDING')
}

/** Makes a job with `seq`, and an id derived from it. */
export function jobOf(
  seq: number,
  status: JobStatus,
  more: Partial<Job> & { readonly in?: Partial<JobSpec> } = {},
): Job {
  const { in: spec, ...rest } = more
  return {
    jobId: `job-${seq}`,
    seq,
    spec: specOf({ ...(status === 'PENDING' ? { arraySize: 3 } : {}), ...spec }),
    state: stateOf(status),
    attempts: [],
    tags: {},
    ...rest,
  }
}

export function childOf(parent: Job, index: number, seq: number, status: JobStatus, more: Partial<Job> = {}): Job {
  return {
    jobId: `${parent.jobId}:${index}`,
    seq,
    spec: parent.spec,
    arrayIndex: index,
    state: stateOf(status),
    attempts: [],
    tags: {},
    ...more,
  }
}
