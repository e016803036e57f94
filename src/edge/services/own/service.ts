/**
 * openbatch's own pages: `/healthz`, `/metrics`, `/console/`, and the API under `/api/`. They have
 * no prefix.
 */
import type { BearerToken } from '../../../access/bearer-token.ts'
import type { Service } from '../../service.ts'
import { explainAccess } from './access/explain.ts'
import { readAudit } from './access/read-audit.ts'
import { describeObjectStore } from './buckets/object-store.ts'
import { rereadBuckets } from './buckets/reread.ts'
import { consoleRoutes, type Installation } from './console/start-page.ts'
import { pruneJobDefinitions } from './definitions/prune.ts'
import { listEnvironments } from './environments/list-environments.ts'
import { watchChanges } from './events/watch-changes.ts'
import { listHeldJobs } from './held/list-held-jobs.ts'
import { releaseJob } from './held/release-job.ts'
import { listImages } from './images/list.ts'
import { pruneImages } from './images/prune.ts'
import { pullImage } from './images/pull.ts'
import { interruptInstance } from './instances/interrupt.ts'
import { getInstance, listInstances } from './instances/list.ts'
import { getJob } from './jobs/get-job.ts'
import { getJobCounts } from './jobs/get-job-counts.ts'
import { searchJobs } from './jobs/search-jobs.ts'
import { tellStory } from './jobs/story.ts'
import { explainJob } from './jobs/why.ts'
import { health } from './machine/health.ts'
import { type MetricsSource, readMetrics } from './machine/metrics.ts'
import { type OwnOperation, routesOf } from './own-operation.ts'
import { getQueue, listQueues } from './queues/list-queues.ts'
import { createConsoleLink } from './session/create-console-link.ts'
import { describeSession } from './session/describe-session.ts'
import { type SignInOptions, signInRoutes } from './session/sign-in-routes.ts'
import { type TaskRoutesOptions, taskRoutes } from './task/task-routes.ts'

export interface OwnOptions {
  /** Absent: `/metrics` is empty. */
  readonly metrics?: MetricsSource | undefined
  /** Lets programs that cannot sign read the metrics. */
  readonly metricsToken?: Pick<BearerToken, 'accepts'> | undefined
  /** Absent: there is no `/console/`. */
  readonly installation?: Installation | undefined
  /** Absent: nobody signs in at a browser. */
  readonly signIn?: SignInOptions | undefined
  /** Absent: jobs ask for nothing. */
  readonly tasks?: TaskRoutesOptions | undefined
}

/** The API under `/api/`. */
export const ownOperations: readonly OwnOperation[] = [
  createConsoleLink,
  describeObjectStore,
  describeSession,
  explainAccess,
  explainJob,
  getInstance,
  getJob,
  getJobCounts,
  getQueue,
  interruptInstance,
  listEnvironments,
  listHeldJobs,
  listImages,
  listInstances,
  listQueues,
  pruneImages,
  pruneJobDefinitions,
  pullImage,
  readAudit,
  releaseJob,
  rereadBuckets,
  searchJobs,
  tellStory,
  watchChanges,
]

export function own({ metrics, metricsToken, installation, signIn, tasks }: OwnOptions = {}): Service {
  return {
    name: 'openbatch',
    title: 'openbatch’s own API',
    operations: [...ownOperations, readMetrics(metrics, metricsToken)],
    hasPage: (path) => /^\/(?:metrics|healthz|api\/|console\/|v2\/credentials\/|v4\/)/.test(path),
    routes: (offered) => [
      health,
      ...routesOf(offered),
      ...(installation ? consoleRoutes(installation) : []),
      ...(signIn ? signInRoutes(signIn) : []),
      ...(tasks ? taskRoutes(tasks) : []),
    ],
  }
}
