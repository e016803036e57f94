/**
 * What one attempt runs, whatever kind of job it belongs to: nodes, and on each node its
 * containers.
 */
import type { ContainerDetail } from '../../model/generated/batch.ts'
import type { Resources } from '../../model/resources.ts'

/**
 * Nodes `from` to `to` (both included, 0 and 0 unless the job is multi-node) run the same
 * containers.
 */
export interface NodeTask {
  readonly from: number
  readonly to: number
  /** A pod's init containers come before its other containers. */
  readonly containers: readonly TaskContainer[]
}

export interface TaskContainer {
  readonly name: string
  /** In the form of a single container, whatever kind it came from. */
  readonly container: ContainerDetail
  /** The limits of this container by itself. */
  readonly resources: Resources
  /**
   * Whether the task ends with this container, and the others are stopped: always for an essential
   * container, and on failure for an init container. A task also ends when every container has
   * ended.
   */
  readonly endsTask: 'always' | 'onFailure' | 'never'
  /**
   * Whether the task fails when this container does. If a container ended the task, its outcome is
   * the task's. Otherwise the task failed if any of these did, as a pod does.
   */
  readonly mustSucceed: boolean
  readonly dependsOn: readonly ContainerDependency[]
  /** Replaces the image's ENTRYPOINT. */
  readonly entryPoint?: readonly string[]
  readonly noNewPrivileges?: boolean
  /**
   * How long its dependants wait for it (ECS counts the time here, not there). After that they
   * never start, and the task fails.
   */
  readonly startTimeoutSeconds?: number
  /** Time between SIGTERM and SIGKILL. */
  readonly stopTimeoutSeconds?: number
}

export interface ContainerDependency {
  readonly containerName: string
  readonly condition: 'START' | 'COMPLETE' | 'SUCCESS'
}

/** The name that AWS gives a job's only container. */
export const defaultContainerName = 'default'
