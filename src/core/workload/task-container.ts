/** What one attempt runs, whichever kind of job it is of: nodes, and on each node its containers. */
import type { ContainerDetail } from '../../model/generated/batch.ts'
import type { Resources } from '../../model/resources.ts'

/** Nodes `from` to `to` (both included, 0 and 0 unless the job is multi-node) run the same containers. */
export interface NodeTask {
  readonly from: number
  readonly to: number
  /** A pod's init containers come before its others. */
  readonly containers: readonly TaskContainer[]
}

export interface TaskContainer {
  readonly name: string
  /** In the form of a single container's, whichever kind it came from. */
  readonly container: ContainerDetail
  /** The limits of this container by itself. */
  readonly resources: Resources
  /**
   * Whether the task ends with it, the others being stopped: an essential container's end always, an init container's when it
   * failed. A task also ends when every container has ended.
   */
  readonly endsTask: 'always' | 'onFailure' | 'never'
  /**
   * Whether the task fails when it does. Where a container ended the task, its own outcome is the task's; otherwise the task failed
   * if any of these did, as a pod does.
   */
  readonly mustSucceed: boolean
  readonly dependsOn: readonly ContainerDependency[]
  /** Takes the place of the image's ENTRYPOINT. */
  readonly entryPoint?: readonly string[]
  readonly noNewPrivileges?: boolean
  /** How long those that depend on it wait for it (ECS counts it here, not there); then they never start and the task fails. */
  readonly startTimeoutSeconds?: number
  /** Between SIGTERM and SIGKILL. */
  readonly stopTimeoutSeconds?: number
}

export interface ContainerDependency {
  readonly containerName: string
  readonly condition: 'START' | 'COMPLETE' | 'SUCCESS'
}

/** The name AWS gives the container of a job that has only one. */
export const defaultContainerName = 'default'
