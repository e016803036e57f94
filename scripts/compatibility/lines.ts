/** All lines, by service, structure and member. */
import type { Lines } from './line.ts'
import { computeEnvironmentLines } from './lines/compute-environments.ts'
import { consumableResourceLines } from './lines/consumable-resources.ts'
import { containerLines } from './lines/containers.ts'
import { jobDefinitionLines } from './lines/job-definitions.ts'
import { jobQueueLines } from './lines/job-queues.ts'
import { jobLines } from './lines/jobs.ts'
import { logsLines } from './lines/logs.ts'
import { nodeLines } from './lines/nodes.ts'
import { podLines } from './lines/pods.ts'
import { schedulingPolicyLines } from './lines/scheduling-policies.ts'
import { serviceJobLines } from './lines/service-jobs.ts'
import { tagLines } from './lines/tags.ts'
import { taskLines } from './lines/tasks.ts'

export const lines: Readonly<Record<'batch' | 'logs', Lines>> = {
  batch: {
    ...computeEnvironmentLines,
    ...jobQueueLines,
    ...jobDefinitionLines,
    ...containerLines,
    ...taskLines,
    ...podLines,
    ...nodeLines,
    ...jobLines,
    ...schedulingPolicyLines,
    ...consumableResourceLines,
    ...serviceJobLines,
    ...tagLines,
  },
  logs: logsLines,
}
