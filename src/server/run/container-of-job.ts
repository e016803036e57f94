/** A live container, as it asks for its credentials. */
import type { ContainerOfJob } from '../../access/job-credentials/job-credentials.ts'
import type { LiveContainer } from '../../core/job/live-container.ts'

export function containerOfJob(found: Omit<LiveContainer, 'part'>): ContainerOfJob {
  const { job, attempt, container, place, taskArn } = found
  const { owner, createdAtMs } = job.spec
  const { jobRoleArn } = container.container
  return {
    ...{ jobId: job.jobId, attempt: attempt.number, owner, createdAtMs, taskId: place.taskId, taskArn },
    ...(jobRoleArn && { roleArn: jobRoleArn }),
  }
}
