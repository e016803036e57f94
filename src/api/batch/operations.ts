/** The Batch operations that are built. The others answer that they are not (see `routes.ts`). */
import type { Operation } from '../operation.ts'
import { cancelJob } from './cancel-job.ts'
import { createComputeEnvironment } from './create-compute-environment.ts'
import { createJobQueue } from './create-job-queue.ts'
import { deleteComputeEnvironment } from './delete-compute-environment.ts'
import { deleteJobQueue } from './delete-job-queue.ts'
import { deregisterJobDefinition } from './deregister-job-definition.ts'
import { describeComputeEnvironments } from './describe-compute-environments.ts'
import { describeJobDefinitions } from './describe-job-definitions.ts'
import { describeJobQueues } from './describe-job-queues.ts'
import { describeJobs } from './describe-jobs.ts'
import { listJobs } from './list-jobs.ts'
import { listTagsForResource } from './list-tags-for-resource.ts'
import { registerJobDefinition } from './register-job-definition.ts'
import { submitJob } from './submit-job.ts'
import { tagResource } from './tag-resource.ts'
import { terminateJob } from './terminate-job.ts'
import { untagResource } from './untag-resource.ts'
import { updateComputeEnvironment } from './update-compute-environment.ts'
import { updateJobQueue } from './update-job-queue.ts'

export const batchOperations: readonly Operation[] = [
  cancelJob,
  createComputeEnvironment,
  createJobQueue,
  deleteComputeEnvironment,
  deleteJobQueue,
  deregisterJobDefinition,
  describeComputeEnvironments,
  describeJobDefinitions,
  describeJobQueues,
  describeJobs,
  listJobs,
  listTagsForResource,
  registerJobDefinition,
  submitJob,
  tagResource,
  terminateJob,
  untagResource,
  updateComputeEnvironment,
  updateJobQueue,
]
