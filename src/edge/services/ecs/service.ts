/** ECS on the wire: JSON 1.1. Attempts are its tasks, and hosts its container instances. */
import { ecsOperations as shapes } from '../../generated/operations.ts'
import { jsonService } from '../json-service.ts'
import { describeContainerInstances } from './describe-container-instances.ts'
import { describeTasks } from './describe-tasks.ts'

export const ecs = jsonService({
  name: 'ecs',
  title: 'ECS',
  targetPrefix: 'AmazonEC2ContainerServiceV20141113.',
  operations: [describeTasks, describeContainerInstances],
  shapes,
})
