/**
 * Stands in for a job that the caller may not know of. A command about it then does and answers what
 * it does and answers for an id that is not there.
 */
import type { RequestContext } from '../../context.ts'
import { sightOf } from '../../sight.ts'

/** No job has it: the ids of jobs are UUIDs of version 4. */
const absentJobId = '00000000-0000-0000-0000-000000000000'

export function orAbsent(context: RequestContext, jobId: string): string {
  return sightOf(context).hides(jobId) ? absentJobId : jobId
}
