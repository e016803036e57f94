/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html */
import { ecsTask, endedTask, type FoundTask, liveTasks } from '../../../core/job/ecs-task.ts'
import type { Account } from '../../../model/arn.ts'
import type { Failure, Task } from '../../../model/generated/ecs.ts'
import { isRefusal } from '../../../model/refusal.ts'
import type { RequestContext } from '../../context.ts'
import { defineOperation } from '../../operation.ts'
import { sightOf } from '../../sight.ts'
import { findJobs } from '../batch/find-jobs.ts'
import { arnsIn, clusterArn, complainOfNumber, environmentAsked, resourcesIn } from './cluster.ts'

/** Tasks that ended a while ago are MISSING, as on AWS; so are those that the caller may not know of. */
export const describeTasks = defineOperation('ecs', 'DescribeTasks', {
  resource: ({ cluster, tasks }, { backend }) => resourcesIn(backend, 'task', cluster, tasks),
  handle({ cluster, tasks: names }, context) {
    const { backend } = context
    const wrong = complainOfNumber('Tasks', names)
    if (wrong) return wrong
    const environment = environmentAsked(context, cluster)
    if (isRefusal(environment)) return environment
    const { state } = backend.loop
    const arns = arnsIn(backend, 'task', cluster, names)
    if (isRefusal(arns)) return arns
    const ids = new Map(arns.map((arn) => [arn, idOf(arn, backend)]))
    const live = liveTasks(state, new Set([...ids.values()].filter((id) => id !== undefined)))
    const tasks: Task[] = []
    const failures: Failure[] = []
    for (const arn of arns) {
      const id = ids.get(arn)
      const found = id === undefined ? undefined : (live.get(id) ?? endedOf(id, context))
      const isHere = found?.attempt.computeEnvironment === environment.name
      if (found && isHere && sightOf(context).sees(found.job.spec.owner))
        tasks.push(ecsTask(state, found, clusterArn(backend, environment)))
      else failures.push({ arn, reason: 'MISSING' })
    }
    return { tasks, failures }
  },
})

function endedOf(taskId: string, context: RequestContext): FoundTask | undefined {
  const jobId = context.backend.endedTasks.jobOf(taskId)
  const [job] = jobId === undefined ? [] : findJobs(context, [jobId])
  return job && endedTask(job, taskId)
}

/** Undefined for the task of another account. */
function idOf(arn: string, { account }: Account): string | undefined {
  return arn.split(':')[4] === account ? arn.slice(arn.lastIndexOf('/') + 1) : undefined
}
