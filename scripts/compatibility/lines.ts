/** All lines, by service, structure and member. */
import type { Lines } from './line.ts'
import { computeEnvironmentLines } from './lines/compute-environments.ts'
import { containerLines } from './lines/containers.ts'
import { jobDefinitionLines } from './lines/job-definitions.ts'
import { jobQueueLines } from './lines/job-queues.ts'
import { jobLines } from './lines/jobs.ts'
import { logsLines } from './lines/logs.ts'
import { tagLines } from './lines/tags.ts'

export const lines: Readonly<Record<'batch' | 'logs', Lines>> = {
  batch: {
    ...computeEnvironmentLines,
    ...jobQueueLines,
    ...jobDefinitionLines,
    ...containerLines,
    ...jobLines,
    ...tagLines,
  },
  logs: logsLines,
}
