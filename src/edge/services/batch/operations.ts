/**
 * The Batch operations that are built. The others answer that they are not built (see
 * `service.ts`).
 */
import type { Operation } from '../../operation.ts'
import { cancelJob } from './cancel-job.ts'
import { cancelJobs } from './cancel-jobs.ts'
import { createComputeEnvironment } from './create-compute-environment.ts'
import { createConsumableResource } from './create-consumable-resource.ts'
import { createJobQueue } from './create-job-queue.ts'
import { createQuotaShare } from './create-quota-share.ts'
import { createSchedulingPolicy } from './create-scheduling-policy.ts'
import { createServiceEnvironment } from './create-service-environment.ts'
import { deleteComputeEnvironment } from './delete-compute-environment.ts'
import { deleteConsumableResource } from './delete-consumable-resource.ts'
import { deleteJobQueue } from './delete-job-queue.ts'
import { deleteQuotaShare } from './delete-quota-share.ts'
import { deleteSchedulingPolicy } from './delete-scheduling-policy.ts'
import { deleteServiceEnvironment } from './delete-service-environment.ts'
import { deregisterJobDefinition } from './deregister-job-definition.ts'
import { describeComputeEnvironments } from './describe-compute-environments.ts'
import { describeConsumableResource } from './describe-consumable-resource.ts'
import { describeJobDefinitions } from './describe-job-definitions.ts'
import { describeJobQueues } from './describe-job-queues.ts'
import { describeJobs } from './describe-jobs.ts'
import { describeQuotaShare } from './describe-quota-share.ts'
import { describeSchedulingPolicies } from './describe-scheduling-policies.ts'
import { describeServiceEnvironments } from './describe-service-environments.ts'
import { describeServiceJob } from './describe-service-job.ts'
import { getJobQueueSnapshot } from './get-job-queue-snapshot.ts'
import { listConsumableResources } from './list-consumable-resources.ts'
import { listJobs } from './list-jobs.ts'
import { listJobsByConsumableResource } from './list-jobs-by-consumable-resource.ts'
import { listQuotaShares } from './list-quota-shares.ts'
import { listSchedulingPolicies } from './list-scheduling-policies.ts'
import { listServiceJobs } from './list-service-jobs.ts'
import { listTagsForResource } from './list-tags-for-resource.ts'
import { registerJobDefinition } from './register-job-definition.ts'
import { submitJob } from './submit-job.ts'
import { submitServiceJob } from './submit-service-job.ts'
import { tagResource } from './tag-resource.ts'
import { terminateJob } from './terminate-job.ts'
import { terminateJobs } from './terminate-jobs.ts'
import { terminateServiceJob } from './terminate-service-job.ts'
import { terminateServiceJobs } from './terminate-service-jobs.ts'
import { untagResource } from './untag-resource.ts'
import { updateComputeEnvironment } from './update-compute-environment.ts'
import { updateConsumableResource } from './update-consumable-resource.ts'
import { updateJobQueue } from './update-job-queue.ts'
import { updateQuotaShare } from './update-quota-share.ts'
import { updateSchedulingPolicy } from './update-scheduling-policy.ts'
import { updateServiceEnvironment } from './update-service-environment.ts'
import { updateServiceJob } from './update-service-job.ts'

export const batchOperations: readonly Operation[] = [
  cancelJob,
  cancelJobs,
  createComputeEnvironment,
  createConsumableResource,
  createJobQueue,
  createQuotaShare,
  createSchedulingPolicy,
  createServiceEnvironment,
  deleteComputeEnvironment,
  deleteConsumableResource,
  deleteJobQueue,
  deleteQuotaShare,
  deleteSchedulingPolicy,
  deleteServiceEnvironment,
  deregisterJobDefinition,
  describeComputeEnvironments,
  describeConsumableResource,
  describeJobDefinitions,
  describeJobQueues,
  describeJobs,
  describeQuotaShare,
  describeSchedulingPolicies,
  describeServiceEnvironments,
  describeServiceJob,
  listConsumableResources,
  getJobQueueSnapshot,
  listJobs,
  listJobsByConsumableResource,
  listQuotaShares,
  listSchedulingPolicies,
  listServiceJobs,
  listTagsForResource,
  registerJobDefinition,
  submitJob,
  submitServiceJob,
  tagResource,
  terminateJob,
  terminateJobs,
  terminateServiceJob,
  terminateServiceJobs,
  untagResource,
  updateComputeEnvironment,
  updateConsumableResource,
  updateJobQueue,
  updateQuotaShare,
  updateSchedulingPolicy,
  updateServiceEnvironment,
  updateServiceJob,
]
