/** Finds job queues by reference, and shows them. */
import type { JobQueueDetail } from '../../model/generated/batch.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import { nameInReference } from '../reference.ts'
import type { State } from '../state/state.ts'

export function findJobQueue(state: State, reference: string): JobQueue | undefined {
  const name = nameInReference(reference, 'job-queue', state.account)
  return name === undefined ? undefined : state.jobQueues.get(name)
}

/** As DescribeJobQueues shows it. */
export function describeJobQueue(jobQueue: JobQueue): JobQueueDetail {
  const { shape, state, status, statusReason, tags } = jobQueue
  return { ...shape, tags: { ...tags }, state, status, statusReason }
}
