/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html */
import { ecsTask, endedTask, type FoundTask, liveTasks } from '../../../core/job/ecs-task.ts'
import type { Failure, Task } from '../../../model/generated/ecs.ts'
import { isRefusal } from '../../../model/refusal.ts'
import type { RequestContext } from '../../context.ts'
import { defineOperation } from '../../operation.ts'
import { sightOf } from '../../sight.ts'
import { findJobs } from '../batch/find-jobs.ts'
import { arnsIn, clusterArn, complainOfNumber, environmentAsked } from './cluster.ts'

/** Tasks that ended a while ago are MISSING, as on AWS; so are those that the caller may not know of. */
export const describeTasks = defineOperation('ecs', 'DescribeTasks', {
  resource: ({ cluster, tasks }, { backend }) => orAny(arnsIn(backend, 'task', cluster, tasks)),
  handle({ cluster, tasks: names }, context) {
    const { backend } = context
    const wrong = complainOfNumber('Tasks', names)
    if (wrong) return wrong
    const environment = environmentAsked(context, cluster)
    if (isRefusal(environment)) return environment
    const { state } = backend.loop
    const arns = arnsIn(backend, 'task', cluster, names)
    const live = liveTasks(state, new Set(arns.map(idOf)))
    const tasks: Task[] = []
    const failures: Failure[] = []
    for (const arn of arns) {
      const found = live.get(idOf(arn)) ?? endedOf(idOf(arn), context)
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

function idOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1)
}

/** A request that names nothing is refused by the handler. */
function orAny(arns: readonly string[]): readonly string[] {
  return arns.length > 0 ? arns : ['*']
}
