/** Where an attempt ran, in ECS's terms. */
import { clusterName, containerInstanceArn, taskArn } from '../../model/arn.ts'
import type { State } from '../state/state.ts'

export interface Place {
  readonly computeEnvironment: string
  readonly taskId: string
  readonly instanceId: string
}

export function placeDetail(place: Place, state: State): { containerInstanceArn?: string; taskArn: string } {
  const { account } = state
  const environment = state.computeEnvironments.get(place.computeEnvironment)
  // The environment may have been deleted since.
  const cluster = clusterName({ name: place.computeEnvironment, uuid: environment?.uuid ?? 'deleted' })
  return {
    ...(environment?.fargate ? {} : { containerInstanceArn: containerInstanceArn(account, cluster, place.instanceId) }),
    taskArn: taskArn(account, cluster, place.taskId),
  }
}
